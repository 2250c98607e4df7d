import { beforeEach, describe, expect, it } from "vitest";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";
import { correlationTree, rowOf, treeRows, type Node } from "./tree";

const BEGIN = Date.UTC(2026, 0, 1);
const none: ReadonlyMap<string, boolean> = new Map();

describe("everything of one correlation", () => {
  let world: World;
  let room: string;
  beforeEach(() => {
    world = new World(() => BEGIN);
    room = world.createRoom("one").room_id;
  });
  const append = (type: string, more: object = {}) => world.append({ type, room, ...more });
  /** The tree as indented lines. */
  const drawn = (nodes: readonly Node[], depth = 0): string[] =>
    nodes.flatMap((node) => [
      `${" ".repeat(depth)}${node.kind === "run" ? node.key : node.event.event_type}`,
      ...drawn(node.children, depth + 1),
    ]);
  const tree = () => correlationTree(world.events.filter(({ event_type }) => event_type !== "room.created"));

  it("hangs each thing under what caused it", () => {
    const asked = append("message.created");
    append("approval.requested", { cause: asked.event_id });
    append("message.created");
    expect(drawn(tree())).toEqual(["message.created", " approval.requested", "message.created"]);
  });

  it("takes a run as one thing, and hangs what its parts led to under it", async () => {
    const asked = append("message.created");
    world.append({ type: "run.created", room, run: "run_1", cause: asked.event_id });
    const waiting = world.append({ type: "run.waiting", room, run: "run_1" });
    const requested = world.append({ type: "approval.requested", room, run: "run_1", cause: waiting.event_id });
    world.append({ type: "approval.decided", room, run: "run_1", cause: requested.event_id });
    world.append({ type: "run.approved", room, run: "run_1" });
    world.append({ type: "run.created", room, run: "run_2", cause: waiting.event_id });
    expect(drawn(tree())).toEqual([
      "message.created",
      " run:run_1",
      "  approval.requested",
      "   approval.decided",
      "  run:run_2",
    ]);
  });

  it("says how long after its cause something came", () => {
    const asked = append("message.created", { at: BEGIN });
    append("approval.requested", { cause: asked.event_id, at: BEGIN + 3000 });
    expect(tree()[0]?.children[0]?.afterMs).toBe(3000);
  });

  it("begins anew where the cause is not known, and knows that there is one", () => {
    append("message.created", { cause: "elsewhere" });
    expect(tree().map((node) => [node.kind, node.outside])).toEqual([["event", "elsewhere"]]);
  });

  it("keeps what belongs to a run with it when its cause is not loaded", () => {
    world.append({ type: "run.claimed", room, run: "run_1" });
    world.append({ type: "incident.opened", room, run: "run_1", cause: "elsewhere" });
    expect(drawn(tree())).toEqual(["run:run_1", " incident.opened"]);
  });

  it("loses nothing when causes would go in a circle", () => {
    const decided = world.append({ type: "approval.decided", room, run: "run_1", cause: "elsewhere" });
    world.append({ type: "run.approved", room, run: "run_1", cause: decided.event_id });
    expect(drawn(tree())).toEqual(["approval.decided", " run:run_1"]);
  });

  describe("as lines", () => {
    const past = async (exit: number) => {
      const run = world.createRun(room, "ls", ["ls"], BEGIN);
      await play(world, run, { stepMs: 100, exit, waitMs: 500, lines: [] }, BEGIN);
      return run.run_id;
    };
    const lines = (turned = none) => treeRows(tree(), turned).map((row) => `${" ".repeat(row.depth)}${row.kind}`);

    it("opens the only run, and of several those that failed", async () => {
      await past(0);
      expect(lines()).toContain(" span");
      const failed = await past(1);
      const rows = treeRows(tree(), none);
      expect(rows.filter((row) => row.kind === "run" && row.open).map((row) => row.key)).toEqual([`run:${failed}`]);
    });

    it("follows the reader", async () => {
      const run = await past(0);
      expect(lines(new Map([[`run:${run}`, false]]))).toEqual(["run"]);
    });

    it("finds the line of an event: its own, its part's, or its run's", async () => {
      const run = await past(0);
      const rows = treeRows(tree(), none);
      const of = (type: string) => rows[rowOf(rows, world.events.find((event) => event.event_type === type)?.event_id ?? "")];
      expect(of("tool.invoked")).toMatchObject({ kind: "span" });
      expect(of("run.completed")).toMatchObject({ kind: "run", key: `run:${run}` });
      expect(rowOf(rows, "unknown")).toBe(-1);
    });
  });
});

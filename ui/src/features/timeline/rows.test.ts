import { beforeEach, describe, expect, it } from "vitest";
import { World } from "../../mocks/world";
import { rowOfEvent, rowPx, timelineRows, type Row } from "./rows";

const NOON = new Date(2026, 0, 10, 12).getTime();
const DAY_MS = 86_400_000;

describe("rows of a timeline", () => {
  let world: World;
  let room: string;
  let thread: string;
  beforeEach(() => {
    world = new World(() => NOON);
    room = world.createRoom("one").room_id;
    thread = world.createThread(room, "General").thread_id;
    world.events.length = 0;
  });
  const inRun = (run: string, type: string, at = NOON) => world.append({ type, room, run, at, data: { text: "x\n" } });
  const kinds = (rows: readonly Row[]) => rows.map((row) => row.kind);
  const none = new Set<string>();

  it("puts a head before each day", () => {
    world.post(thread, "old", undefined, NOON - DAY_MS);
    world.post(thread, "new");
    world.post(thread, "newer");
    expect(kinds(timelineRows(world.events, none))).toEqual(["day", "event", "day", "event", "event"]);
  });

  it("gives each head a key of its own, also when something of an earlier day is told late", () => {
    world.post(thread, "new");
    world.post(thread, "told late", undefined, NOON - DAY_MS);
    world.post(thread, "newer");
    const rows = timelineRows(world.events, none);
    expect(kinds(rows)).toEqual(["day", "event", "day", "event", "day", "event"]);
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });

  it("gathers a run where it began, also when others come between", () => {
    inRun("run_a", "run.created");
    inRun("run_b", "run.created");
    inRun("run_a", "run.started");
    world.post(thread, "between");
    inRun("run_a", "run.completed");
    const rows = timelineRows(world.events, none);
    expect(rows.map((row) => row.key).slice(1)).toEqual(["run:run_a", "run:run_b", world.events[3]?.event_id]);
    expect(rows[1]).toMatchObject({ kind: "run", story: { status: "succeeded" } });
  });

  it("tells of one request to the gate in one row, found by each of its events", () => {
    const ask = (correlation: string, actor: string, types: string[], data: Record<string, unknown> = {}) =>
      types.map((type) => world.append({ type, room, correlation, actor: ["agent", actor], data }));
    const asked = ask("c1", "bob", ["egress.requested", "policy.requires_approval", "approval.requested", "egress.blocked"]);
    ask("c2", "bob", ["egress.requested", "approval.consumed", "egress.allowed"]);
    ask("c3", "eve", ["policy.denied", "egress.blocked"]);
    ask("c4", "bob", ["egress.requested", "policy.requires_approval", "egress.allowed"], { blocked: false });
    ask("c5", "bob", ["egress.requested", "egress.allowed"]);
    ask("c5", "bob", ["egress.requested", "egress.allowed"]);
    const rows = timelineRows(world.events, none);
    expect(rows.slice(1).map((row) => (row.kind === "event" ? `${row.event.event_type} +${row.lesser.length}` : row.kind))).toEqual([
      "approval.requested +3",
      "egress.allowed +2",
      "egress.blocked +1",
      // In shadow mode what was decided is not what happened.
      "egress.requested +0",
      "policy.requires_approval +0",
      "egress.allowed +0",
      "egress.allowed +1",
      "egress.allowed +1",
    ]);
    expect(asked.map((event) => rowOfEvent(rows, event.event_id, null))).toEqual([1, 1, 1, 1]);
  });

  it("opens a run into all its events, with neighbouring output as one block", () => {
    inRun("run_a", "run.created");
    inRun("run_a", "tool.output");
    inRun("run_a", "tool.output");
    inRun("run_a", "run.completed");
    // The window leaves out what happens inside runs.
    const window = world.events.filter((event) => event.event_type.startsWith("run."));
    const rows = timelineRows(window, new Set(["run_a"]), false, new Map([["run_a", world.events]]));
    expect(kinds(rows)).toEqual(["day", "run", "event", "output", "event"]);
    expect(rows[3]).toMatchObject({ chunks: [{ position: 2 }, { position: 3 }] });
    expect(rows.at(-1)).toMatchObject({ last: true });
  });

  it("opens a run into what the window holds while the rest is on its way", () => {
    inRun("run_a", "run.created");
    expect(kinds(timelineRows(world.events, new Set(["run_a"])))).toEqual(["day", "run", "event"]);
  });

  it("takes a message for as high as its text is long, and no higher than it is folded", () => {
    for (const text of ["one line", "two\nlines", "x".repeat(100), "long\n".repeat(500)]) world.post(thread, text);
    const [one, two, wrapped, folded] = timelineRows(world.events, none).slice(1).map(rowPx);
    expect(two).toBeGreaterThan(one ?? 0);
    expect(wrapped).toBe(two);
    expect(folded).toBeLessThan(400);
  });

  it("shows a message that a run wrote, an approval it waits for, and the incident it opened, by themselves", () => {
    inRun("run_a", "run.created");
    inRun("run_a", "message.created");
    inRun("run_a", "approval.requested");
    inRun("run_a", "incident.opened");
    expect(kinds(timelineRows(world.events, none))).toEqual(["day", "run", "event", "event", "event"]);
  });

  it("turns the order around, but never inside a run", () => {
    world.post(thread, "first");
    inRun("run_a", "run.created");
    inRun("run_a", "run.completed");
    world.post(thread, "last");
    const rows = timelineRows(world.events, new Set(["run_a"]), true);
    expect(rows.map((row) => (row.kind === "event" ? row.event.position : row.kind))).toEqual(["day", 4, "run", 2, 3, 1]);
  });

  it("keeps the keys of rows when the log grows", () => {
    inRun("run_a", "run.created");
    world.post(thread, "one");
    const before = timelineRows(world.events, none).map((row) => row.key);
    inRun("run_a", "run.started");
    world.post(thread, "two");
    expect(timelineRows(world.events, none).map((row) => row.key).slice(0, before.length)).toEqual(before);
  });

  it("finds the row that shows an event", () => {
    inRun("run_a", "run.created");
    const started = inRun("run_a", "run.started");
    expect(rowOfEvent(timelineRows(world.events, none), started.event_id, "run_a")).toBe(1);
    expect(rowOfEvent(timelineRows(world.events, new Set(["run_a"])), started.event_id, "run_a")).toBe(3);
    expect(rowOfEvent(timelineRows(world.events, none), "ev_printed", "run_a")).toBe(1);
    expect(rowOfEvent(timelineRows(world.events, none), "ev_other", null)).toBe(-1);
  });
});

import { describe, expect, it } from "vitest";
import { World } from "../../mocks/world";
import { filtered, named, step, type Columns } from "./board";

const { board } = new World();
const sweep = board.create("Sweep the hall", { context: { where: "north" }, ch: "jobs" });
const dig = board.create("Dig", { status: "claimed", claimed_by: "agent.bob" });
const wash = board.create("Wash", { assigned_to: "agent.bob" });
const all = [sweep, dig, wash];
const titles = (found: readonly { title: string }[]) => found.map(({ title }) => title);

describe("the filter of the board", () => {
  it.each([
    [{}, ["Sweep the hall", "Dig", "Wash"]],
    [{ channel: "jobs" }, ["Sweep the hall"]],
    [{ holder: "agent.bob" }, ["Dig", "Wash"]],
    [{ holder: "agent.bob", q: "wash" }, ["Wash"]],
    [{ q: "HALL north" }, ["Sweep the hall"]],
    [{ q: "hall south" }, []],
    [{ q: "  " }, ["Sweep the hall", "Dig", "Wash"]],
  ])("%j leaves %j", (search, left) => {
    expect(titles(filtered(all, search))).toEqual(left);
  });

  it("offers each name once, in order", () => {
    expect(named(["b", null, "a", "b"])).toEqual(["a", "b"]);
  });
});

describe("a step on the board", () => {
  const columns: Columns = { open: [sweep, wash], claimed: [], done: [dig] };

  it.each([
    ["nowhere", null, "down", sweep.id],
    ["a task that is gone", "task_gone", "left", sweep.id],
    ["the first", sweep.id, "down", wash.id],
    ["the last, at the edge", wash.id, "down", wash.id],
    ["the first, at the edge", sweep.id, "up", sweep.id],
    ["the left, past an empty column, to the nearest row", wash.id, "right", dig.id],
    ["the right", dig.id, "left", sweep.id],
    ["the right, at the edge", dig.id, "right", dig.id],
  ] as const)("from %s", (_where, from, direction, to) => {
    expect(step(columns, from, direction)).toBe(to);
  });

  it("leads nowhere on an empty board", () => {
    expect(step({ open: [], claimed: [], done: [] }, null, "down")).toBeNull();
  });
});

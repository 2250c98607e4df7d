import { describe, expect, it } from "vitest";
import { ACTION_IDS, clash, keysOf } from "./actions";

describe("the keys of actions", () => {
  it("are their own by default", () => {
    expect(ACTION_IDS.filter((id) => clash(id, {}) !== undefined)).toEqual([]);
  });

  it("never begin with the whole of another: the shorter one would always win", () => {
    const all = ACTION_IDS.map((id) => keysOf(id, {}));
    expect(all.filter((keys) => all.some((other) => keys !== other && keys.startsWith(`${other} `)))).toEqual([]);
  });

  it("are those a person chose, and say with which others they clash", () => {
    expect(keysOf("list.next", { "list.next": "n" })).toBe("n");
    expect(clash("list.next", { "list.next": "k" })).toBe("list.previous");
  });
});

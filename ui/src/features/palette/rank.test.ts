import { describe, expect, it } from "vitest";
import { fit, rankCommands } from "./rank";

const command = (label: string, group = "go") => ({ label, group });

describe("finding in the palette", () => {
  it("needs every word", () => {
    expect(fit("Open diagnostics", "dia open")).not.toBeNull();
    expect(fit("Open diagnostics", "dia close")).toBeNull();
  });

  it("prefers the beginning of a word", () => {
    expect(rankCommands([command("Return"), command("Turn")], "tur").map((each) => each.label)).toEqual(["Turn", "Return"]);
  });

  it("keeps groups together, the best one first", () => {
    const found = rankCommands([command("a run", "x"), command("runs", "y"), command("last run", "y")], "run");
    expect(found.map((each) => each.group)).toEqual(["y", "y", "x"]);
  });

  it("shows everything in order when nothing is typed", () => {
    expect(rankCommands([command("b"), command("a")], " ").map((each) => each.label)).toEqual(["b", "a"]);
  });
});

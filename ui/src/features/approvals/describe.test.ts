import { describe, expect, it } from "vitest";
import { contentLines } from "./describe";

describe("the content of a request", () => {
  it("leaves nothing out that is not said already: variables of a command, whatever stands beside a body", () => {
    expect(contentLines({ argv: ["ls"], cwd: "/srv", env: { LD_PRELOAD: "/tmp/x.so" }, timeout_seconds: 9 }, false)).toEqual([
      ["env.LD_PRELOAD", "/tmp/x.so"],
      ["timeout_seconds", "9"],
    ]);
    expect(contentLines({ method: "POST", payload: { text: "hello" }, context: { to: ["all"] } }, true)).toEqual([
      ["payload.text", "hello"],
      ["context.to", '["all"]'],
    ]);
    expect(contentLines({ command: { argv: ["ls"], cwd: "/a", stdin: "y" }, cwd: "/b" }, false)).toEqual([
      ["command.cwd", "/a"],
      ["command.stdin", "y"],
    ]);
  });

  it("shows what is no object as it is, and says nothing of what is empty", () => {
    expect(contentLines("as it is", false)).toEqual([["Content", "as it is"]]);
    expect(contentLines(["a", 1], false)).toEqual([["Content", '["a",1]']]);
    expect(contentLines({ env: {}, timeout_seconds: null, dry: false }, false)).toEqual([["dry", "false"]]);
    expect(contentLines(null, false)).toEqual([]);
  });

  it("keeps a method where no target says it", () => {
    expect(contentLines({ method: "POST" }, false)).toEqual([["method", "POST"]]);
  });
});

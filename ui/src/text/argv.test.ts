import { describe, expect, it } from "vitest";
import { formatArgv, parseArgv } from "./argv";

describe("a typed command", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["  git   status  ", ["git", "status"]],
    [`git commit -m "two words"`, ["git", "commit", "-m", "two words"]],
    [`echo 'it''s' "a\\"b" c\\ d`, ["echo", "its", 'a"b', "c d"]],
    [`printf '%s\\n' ''`, ["printf", "%s\\n", ""]],
    [`sh -c 'a | b > c; d & e'`, ["sh", "-c", "a | b > c; d & e"]],
    ["echo $HOME *.rs ~", ["echo", "$HOME", "*.rs", "~"]],
    [`echo "a\\nb"`, ["echo", "a\\nb"]],
    [`a""b`, ["ab"]],
  ])("%j", (line, argv) => {
    expect(parseArgv(line)).toEqual({ argv, problem: null });
  });

  it("says which quote is not closed", () => {
    expect(parseArgv(`echo "abc`).problem).toEqual({ kind: "unclosed", quote: '"' });
  });

  it.each(["|", ">", "&", ";"])("refuses an unquoted %s instead of passing it on", (operator) => {
    expect(parseArgv(`ls ${operator} x`).problem).toEqual({ kind: "operator", operator });
  });

  it.each([[["a b", "it's", "", "$x", "--flag=1"]], [["ls"]], [['"', "\\", "\n"]]])(
    "is read back as the same words: %j",
    (argv) => {
      expect(parseArgv(formatArgv(argv)).argv).toEqual(argv);
    },
  );
});

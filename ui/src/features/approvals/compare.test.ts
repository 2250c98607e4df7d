import { describe, expect, it } from "vitest";
import type { Approval } from "../../api/approvals";
import { World } from "../../mocks/world";
import { differences, earlierLike, lineChanges } from "./compare";

const world = new World();
const NOON = Date.parse("2026-03-14T12:00:00Z");
let minutes = 0;
function request(wish: Partial<Approval> = {}): Approval {
  minutes += 1;
  return world.gate.request(wish, NOON + minutes * 60_000);
}
function decided(wish: Partial<Approval> = {}): Approval {
  const approval = request(wish);
  return world.gate.decide(approval.approval_id, { decision: "approve" }) ?? approval;
}

describe("the request that one is compared with", () => {
  it("is the last decided one of its action and target, whoever asked", () => {
    const first = decided({ requested_by_id: "other" });
    const second = decided({ requested_by_id: "other" });
    const elsewhere = decided({ target: "press@example.com" });
    const waiting = request();
    const asked = request();
    expect(earlierLike(asked, [waiting, elsewhere, second, first, asked])).toBe(second);
  });

  it("is the last one of the same requester where nobody asked for the target", () => {
    const foreign = decided({ target: "a@example.com", requested_by_id: "other" });
    const own = decided({ target: "b@example.com" });
    const asked = request({ target: "c@example.com" });
    expect(earlierLike(asked, [foreign, own])).toBe(own);
    expect(earlierLike(asked, [foreign])).toBeNull();
  });

  it("is never of another action, a later one, or one that nobody decided", () => {
    const asked = request();
    const expired = request({ status: "expired" });
    expect(earlierLike(asked, [decided({ action: "payment.send" }), decided(), expired])).toBeNull();
  });
});

describe("what is different", () => {
  it("names what changed, what came and what went, and nothing else", () => {
    const before = request({ payload: { subject: "Hello", to: ["a"], cc: ["b"] } });
    const after = request({ target: "all@example.com", payload: { subject: "Hello", to: ["a", "c"], retries: 2 } });
    expect(differences(before, after)).toEqual([
      { name: "Target", lines: [{ kind: "gone", text: "team@example.com" }, { kind: "new", text: "all@example.com" }] },
      { name: "to", lines: [{ kind: "gone", text: '["a"]' }, { kind: "new", text: '["a","c"]' }] },
      { name: "retries", lines: [{ kind: "new", text: "2" }] },
      { name: "cc", lines: [{ kind: "gone", text: '["b"]' }] },
    ]);
  });

  it("compares commands by their words", () => {
    const payload = (argv: string[]) => ({ argv, cwd: "/src" });
    const [only, ...rest] = differences(request({ payload: payload(["git", "push"]) }), request({ payload: payload(["git", "push", "--force"]) }));
    expect(only?.name).toBe("Command");
    expect(only?.lines.at(-1)).toEqual({ kind: "new", text: "git push --force" });
    expect(rest).toEqual([]);
  });
});

describe("lines of a text", () => {
  const signs = (before: string | null, after: string | null) =>
    lineChanges(before, after).map(({ kind, text }) => `${{ same: " ", gone: "-", new: "+" }[kind]}${text}`);

  it.each([
    ["a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]],
    ["a\nb", "a\nb\nc", [" a", " b", "+c"]],
    ["a\nb", "b", ["-a", " b"]],
    ["", "", [" "]],
    [null, "a\nb", ["+a", "+b"]],
    ["a", null, ["-a"]],
  ])("of %j and %j", (before, after, lines) => {
    expect(signs(before, after)).toEqual(lines);
  });

  it("shows both texts whole when they are too long to be matched", () => {
    const long = Array.from({ length: 301 }, (_, at) => `line ${at}`).join("\n");
    const lines = lineChanges(long, `${long}\nmore`);
    expect(lines.filter(({ kind }) => kind === "gone")).toHaveLength(301);
    expect(lines.filter(({ kind }) => kind === "new")).toHaveLength(302);
  });
});

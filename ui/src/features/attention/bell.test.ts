/** When the desktop is told: text in, text out. */
import { describe, expect, it } from "vitest";
import { hear, nextAt, ring, silent, snooze, type Bell, type Surroundings } from "./bell";
import type { Matter } from "./matters";
import { noteOf } from "./notes";

const matterOf = (name: string): Matter => ({
  href: name,
  reason: name.startsWith("run") ? "failed" : "blocked",
  title: name,
  body: "",
  runId: null,
});

/**
 * Plays a script, one line for what happens at a second: `0 a` arises, `1 -a` settles, `1 ~a` is put off,
 * `1 eye a` is looked at, `1 quiet 9` is quiet until then. Says what rang when.
 */
function play(script: string): string[] {
  let bell: Bell = silent;
  let eye: string | null = null;
  let quiet: number | null = null;
  const rang: string[] = [];
  const surroundings = (now: number): Surroundings => ({
    sees: (matter) => matter.href === eye,
    quietUntil: quiet !== null && quiet > now ? quiet : null,
  });
  const strikeUntil = (end: number, now: number) => {
    let time = now;
    for (;;) {
      const at = nextAt(bell, surroundings(time));
      if (at === null || at > end) return;
      time = Math.max(at, time);
      const [after, rings] = ring(bell, surroundings(time), time);
      bell = after;
      for (const each of rings) {
        const names = each.kind === "one" ? each.matter.href : each.matters.map(({ href }) => href).join("+");
        rang.push(`${time / 1000} ${names}`);
      }
    }
  };
  let now = 0;
  for (const line of script.split("\n").map((each) => each.trim()).filter(Boolean)) {
    const [second = "", what = "", more] = line.split(" ");
    const next = Number(second) * 1000;
    strikeUntil(next, now);
    now = next;
    if (what === "eye") eye = more ?? null;
    else if (what === "quiet") quiet = Number(more) * 1000;
    else if (what.startsWith("-")) bell = hear(bell, { kind: "settles", href: what.slice(1) }, now);
    else if (what.startsWith("~")) bell = snooze(bell, what.slice(1), now);
    else bell = hear(bell, { kind: "arises", matter: matterOf(what) }, now);
  }
  strikeUntil(Number.POSITIVE_INFINITY, now);
  return rang;
}

describe("the bell", () => {
  it.each([
    ["rings once what stays", "0 a", ["2 a"]],
    ["does not ring what settles at once", "0 a\n1.9 -a", []],
    ["rings the others", "0 a\n0 b\n1 -a", ["2 b"]],
    ["rings each thing once", "0 a\n0.5 a\n20 a", ["2 a"]],
    ["does not ring again what came back after it settled", "0 a\n3 -a\n20 a", ["2 a"]],
    ["rings two that come together one by one, at once", "0 a\n1 b", ["3 a", "3 b"]],
    ["tells three that come together as one", "0 a\n0.5 b\n1 run1", ["3 a+b+run1"]],
    ["gathers what goes on arriving, but not for ever", "0 a\n1 b\n2.5 c\n4 d\n5.5 e\n7 f\n8.5 g\n10 h\n11.5 i", ["12 a+b+c+d+e+f+g+h", "22 i"]],
    ["is still for a while after a ring", "0 a\n3 b", ["2 a", "12 b"]],
    ["makes one of what came in that while", "0 a\n3 b\n4 c\n9 d", ["2 a", "12 b+c+d"]],
    ["is quiet about what is before the eyes", "0 eye a\n0 a\n0 b", ["2 b"]],
    ["does not ring later what was seen", "0 eye a\n0 a\n5 eye b", []],
    ["does not pause after what was seen", "0 eye a\n0 a\n3 eye x\n3 b", ["5 b"]],
    ["looks when it rings, not when it hears", "0 eye a\n0 a\n1 eye b", ["2 a"]],
    ["holds back in quiet hours, and rings what still waits at their end", "0 quiet 100\n0 a\n1 b\n50 -a", ["100 b"]],
    ["makes one of a night", "0 quiet 100\n0 a\n20 b\n60 run1", ["100 a+b+run1"]],
    ["rings again what was put off", "0 a\n5 ~a", ["2 a", "905 a"]],
    ["does not ring again what settled meanwhile", "0 a\n5 ~a\n60 -a", ["2 a"]],
    ["does not let what was put off hold up the rest", "0 a\n5 ~a\n20 b", ["2 a", "22 b", "905 a"]],
    ["puts off only what it told", "0 ~a", []],
  ])("%s", (_, script, expected) => expect(play(script)).toEqual(expected));

  it("lets go of the oldest when there are too many to keep", () => {
    let bell = silent;
    for (let index = 0; index < 1200; index += 1) bell = hear(bell, { kind: "arises", matter: matterOf(`m${index}`) }, 0);
    expect(bell.waiting.size).toBe(1000);
    expect(bell.waiting.has("m1199")).toBe(true);
    const [after] = ring(bell, { sees: () => false, quietUntil: null }, 60_000);
    expect([after.waiting.size, after.told.size]).toEqual([0, 1000]);
  });
});

describe("a notification", () => {
  it("opens what it is about, and can be put off, and no more", () => {
    const note = noteOf({ kind: "one", matter: { ...matterOf("/runs/run_1"), body: "exit 1", runId: "run_1" } }, () => "make");
    expect(note).toMatchObject({ id: "/runs/run_1", body: "make\nexit 1", open: "Open" });
    expect(note.buttons.map(({ id }) => id)).toEqual(["later"]);
  });

  it.each([
    [["a", "b", "c"], "3 things need you", "3 approvals", "/approvals"],
    [["a", "b", "run1"], "3 things need you", "2 approvals, 1 failure", "/approvals"],
    [["run1", "run2", "run3"], "3 things need you", "3 failures", "/runs?status=failed"],
  ])("of %s stands for all", (names, title, body, id) => {
    const note = noteOf({ kind: "digest", matters: names.map(matterOf) }, () => null);
    expect(note).toMatchObject({ title, body, id, buttons: [] });
  });
});

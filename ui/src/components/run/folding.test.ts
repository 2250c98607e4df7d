import { describe, expect, it } from "vitest";
import { initiallyClosed, parents, shownSpans } from "./folding";
import type { RunSpan, SpanState } from "./spans";

const span = (key: string, depth: number, state: SpanState = "succeeded"): RunSpan => ({
  key,
  kind: depth === 0 ? "run" : "step",
  depth,
  label: key,
  code: false,
  state,
  startMs: 0,
  endMs: 1,
  note: null,
  waitFor: null,
  eventId: key,
});

const step = (key: string, state: SpanState, tools: number): RunSpan[] => [
  span(key, 1, state === "failed" ? "succeeded" : state),
  ...Array.from({ length: tools }, (_, at) => span(`${key}.${at}`, 2, at === tools - 1 ? state : "succeeded")),
];

describe("which parts of a run show", () => {
  const small = [span("run", 0), ...step("a", "succeeded", 2)];
  const large = [span("run", 0, "failed"), ...step("a", "succeeded", 20), ...step("b", "failed", 5), ...step("c", "open", 2)];
  const keys = (spans: readonly RunSpan[], closed: ReadonlySet<string>) => shownSpans(spans, closed).map(({ key }) => key);

  it("knows what holds others", () => {
    expect([...parents(small)]).toEqual(["run", "a"]);
  });

  it("shows all of a small run", () => {
    expect(keys(small, initiallyClosed(small))).toEqual(["run", "a", "a.0", "a.1"]);
  });

  it("opens of a large one the path to what failed and to what goes on", () => {
    expect([...initiallyClosed(large)]).toEqual(["a"]);
    expect(keys(large, initiallyClosed(large))).toEqual(["run", "a", "b", "b.0", "b.1", "b.2", "b.3", "b.4", "c", "c.0", "c.1"]);
  });

  it("hides everything inside what is closed, however deep", () => {
    expect(keys([...small, span("a.1.x", 3)], new Set(["a"]))).toEqual(["run", "a"]);
  });
});

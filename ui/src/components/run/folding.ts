/** Which parts of a run's tree are shown: all of a small one; of a large one what goes on and what failed. */
import type { RunSpan } from "./spans";

/** A tree of so few rows is read at a glance. */
const WHOLE_ROWS = 24;

/** The spans that others lie in. The list is depth first, so a child follows its parent. */
export function parents(spans: readonly RunSpan[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [index, span] of spans.entries()) {
    if ((spans[index + 1]?.depth ?? -1) > span.depth) found.add(span.key);
  }
  return found;
}

/** What starts closed: in a large tree every part in which nothing failed and nothing goes on. */
export function initiallyClosed(spans: readonly RunSpan[]): ReadonlySet<string> {
  const closed = new Set<string>();
  if (spans.length <= WHOLE_ROWS) return closed;
  const holders = parents(spans);
  for (const [index, span] of spans.entries()) {
    if (span.kind === "run" || !holders.has(span.key)) continue;
    const inside = spans.slice(index, endOf(spans, index));
    if (inside.every(({ state }) => state !== "failed" && state !== "open")) closed.add(span.key);
  }
  return closed;
}

/** Where the part that begins at an index ends. */
function endOf(spans: readonly RunSpan[], index: number): number {
  const depth = spans[index]?.depth ?? 0;
  const next = spans.findIndex((span, at) => at > index && span.depth <= depth);
  return next < 0 ? spans.length : next;
}

/** The spans that show while some are closed. */
export function shownSpans(spans: readonly RunSpan[], closed: ReadonlySet<string>): RunSpan[] {
  const shown: RunSpan[] = [];
  let below: number | null = null;
  for (const span of spans) {
    if (below !== null && span.depth > below) continue;
    below = closed.has(span.key) ? span.depth : null;
    shown.push(span);
  }
  return shown;
}

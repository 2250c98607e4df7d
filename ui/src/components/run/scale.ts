/** Moments as places on one line: the beginning of everything is its left end. */

interface Stretch {
  startMs: number;
  /** `null` while it goes on. */
  endMs: number | null;
}

export interface Scale {
  beginMs: number;
  endMs: number;
  left(ms: number): string;
  /** Never so narrow that it cannot be seen. */
  width(fromMs: number, toMs: number): string;
  /** Where a stretch ends, or has come to. */
  end(stretch: Stretch): number;
}

export function scaleOf(stretches: readonly Stretch[], now: number): Scale {
  let beginMs = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let live = false;
  for (const { startMs, endMs } of stretches) {
    beginMs = Math.min(beginMs, startMs);
    latest = Math.max(latest, endMs ?? startMs);
    live ||= endMs === null;
  }
  // The clock ticks once a second: what has already happened may be later than it.
  const openEnd = Math.max(now, latest);
  const endMs = Math.max(live ? openEnd : latest, beginMs + 1);
  const share = (ms: number) => ((100 * ms) / (endMs - beginMs)).toFixed(3);
  return {
    beginMs,
    endMs,
    left: (ms) => `min(${share(ms - beginMs)}%, 100% - 3px)`,
    width: (from, to) => `max(3px, ${share(to - from)}%)`,
    end: (stretch) => stretch.endMs ?? openEnd,
  };
}

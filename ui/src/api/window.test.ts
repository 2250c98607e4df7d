import { describe, expect, it } from "vitest";
import type { LogEvent } from "./types";
import {
  EMPTY_WINDOW,
  fromMiddle,
  fromNewest,
  fromOldest,
  WINDOW_EVENTS,
  withLive,
  withNewer,
  withNewest,
  withOlder,
} from "./window";

const LIMIT = 5;
const event = (position: number) => ({ position, event_id: `ev_${position}` }) as LogEvent;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
const positions = (window: { events: readonly LogEvent[] }) => window.events.map((each) => each.position);

describe("a window on the log", () => {
  it("opens at the newest and knows whether there is more before", () => {
    const window = fromNewest(range(6, 10).toReversed(), LIMIT);
    expect(positions(window)).toEqual([6, 7, 8, 9, 10]);
    expect(window.older).toBe(true);
    expect(fromNewest(range(1, 3).toReversed(), LIMIT).older).toBe(false);
  });

  it("joins a page with what arrived meanwhile, each once", () => {
    const window = fromNewest(range(6, 10).toReversed(), LIMIT);
    expect(positions(withLive(window, range(9, 12), true))).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  it("grows backwards without doubling", () => {
    const window = withOlder(fromNewest(range(6, 10).toReversed(), LIMIT), range(2, 6).toReversed(), LIMIT);
    expect(positions(window)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(withOlder(window, [event(1)], LIMIT).older).toBe(false);
  });

  it("grows forwards from the beginning until it reaches the end", () => {
    let window = fromOldest(range(1, 5), LIMIT);
    expect(window).toMatchObject({ older: false, newer: true });
    window = withNewer(window, range(6, 8), LIMIT);
    expect(positions(window)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(window.newer).toBe(false);
  });

  it("opens around an event", () => {
    const window = fromMiddle(range(3, 7).toReversed(), range(8, 9), LIMIT);
    expect(positions(window)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(window).toMatchObject({ older: true, newer: false });
  });

  it("counts what a reader elsewhere has not seen, and keeps it", () => {
    const window = withLive(fromNewest(range(1, 3).toReversed(), LIMIT), range(4, 5), false);
    expect(positions(window)).toEqual([1, 2, 3, 4, 5]);
    expect(window.unseen).toBe(2);
    expect(withLive(window, [event(6)], true).unseen).toBe(0);
  });

  it("takes nothing at an end it has not reached", () => {
    const window = withLive(fromOldest(range(1, 5), LIMIT), [event(99)], false);
    expect(positions(window)).toEqual([1, 2, 3, 4, 5]);
    expect(window.unseen).toBe(1);
  });

  it("stays bounded: a follower loses the oldest, a reader lets go of the end", () => {
    const full = { ...EMPTY_WINDOW, events: range(1, WINDOW_EVENTS) };
    const followed = withLive(full, [event(WINDOW_EVENTS + 1)], true);
    expect(followed.events).toHaveLength(WINDOW_EVENTS);
    expect(followed.events[0]?.position).toBe(2);
    expect(followed.older).toBe(true);
    const read = withLive(full, [event(WINDOW_EVENTS + 1)], false);
    expect(read.events[0]?.position).toBe(1);
    expect(read).toMatchObject({ newer: true, unseen: 1 });
  });

  it("drops the far end when it grows backwards past its bound", () => {
    const full = { ...EMPTY_WINDOW, events: range(101, 100 + WINDOW_EVENTS), older: true };
    const window = withOlder(full, range(96, 100).toReversed(), LIMIT);
    expect(window.events).toHaveLength(WINDOW_EVENTS);
    expect(window.events[0]?.position).toBe(96);
    expect(window.newer).toBe(true);
  });

  describe("after a gap", () => {
    const window = fromNewest(range(6, 10).toReversed(), LIMIT);
    it("joins when the newest page still meets it", () => {
      expect(positions(withNewest(window, range(9, 13).toReversed(), LIMIT, false))).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
    });
    it("moves a follower to the newest page", () => {
      expect(positions(withNewest(window, range(50, 54).toReversed(), LIMIT, true))).toEqual([50, 51, 52, 53, 54]);
    });
    it("leaves a reader where they are and marks the end as away", () => {
      const kept = withNewest(window, range(50, 54).toReversed(), LIMIT, false);
      expect(positions(kept)).toEqual([6, 7, 8, 9, 10]);
      expect(kept.newer).toBe(true);
    });
    it("begins anew when the log is another, shorter one", () => {
      expect(positions(withNewest(window, range(1, 2).toReversed(), LIMIT, false))).toEqual([1, 2]);
    });
  });
});

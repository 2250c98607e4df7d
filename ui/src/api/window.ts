/**
 * A window on the log: a contiguous stretch of events in order of position, bounded in length.
 * Pure functions; `eventWindow.ts` does the fetching.
 */
import type { LogEvent } from "./types";

/** Longer windows drop what is farthest from where new events are added. */
export const WINDOW_EVENTS = 3000;

export interface EventWindow {
  /** Ascending by position, each position once. */
  events: readonly LogEvent[];
  /** There may be events before the first. */
  older: boolean;
  /** There are events after the last: the window is not at the log's end. */
  newer: boolean;
  /** Arrived since the reader last stood at the end. */
  unseen: number;
}

export const EMPTY_WINDOW: EventWindow = { events: [], older: false, newer: false, unseen: 0 };

/** A first page, given newest first; a full page means there may be more before it. */
export function fromNewest(page: readonly LogEvent[], limit: number): EventWindow {
  return { events: page.toReversed(), older: page.length >= limit, newer: false, unseen: 0 };
}

/** A first page, given oldest first, from the very beginning. */
export function fromOldest(page: readonly LogEvent[], limit: number): EventWindow {
  return { events: [...page], older: false, newer: page.length >= limit, unseen: 0 };
}

/** Both sides of a position: `before` newest first, `after` oldest first. */
export function fromMiddle(before: readonly LogEvent[], after: readonly LogEvent[], limit: number): EventWindow {
  return {
    events: [...before.toReversed(), ...after],
    older: before.length >= limit,
    newer: after.length >= limit,
    unseen: 0,
  };
}

export function withOlder(window: EventWindow, page: readonly LogEvent[], limit: number): EventWindow {
  const first = window.events[0]?.position ?? Number.POSITIVE_INFINITY;
  const added = page.filter((event) => event.position < first).toReversed();
  const events = [...added, ...window.events];
  const over = events.length - WINDOW_EVENTS;
  return {
    ...window,
    events: over > 0 ? events.slice(0, WINDOW_EVENTS) : events,
    older: page.length >= limit,
    newer: window.newer || over > 0,
  };
}

export function withNewer(window: EventWindow, page: readonly LogEvent[], limit: number): EventWindow {
  const last = window.events.at(-1)?.position ?? 0;
  const added = page.filter((event) => event.position > last);
  const events = [...window.events, ...added];
  const over = events.length - WINDOW_EVENTS;
  return {
    ...window,
    events: over > 0 ? events.slice(over) : events,
    older: window.older || over > 0,
    newer: page.length >= limit,
  };
}

/** Live events. A reader who is elsewhere keeps what is on screen; only the count grows. */
export function withLive(window: EventWindow, batch: readonly LogEvent[], following: boolean): EventWindow {
  const last = window.events.at(-1)?.position ?? 0;
  const added = batch.filter((event) => event.position > last);
  if (added.length === 0) return window;
  const unseen = following ? 0 : window.unseen + added.length;
  if (window.newer) return { ...window, unseen: window.unseen + added.length };
  const events = [...window.events, ...added];
  const over = events.length - WINDOW_EVENTS;
  if (over <= 0) return { ...window, events, unseen };
  // Dropping the oldest under a reader's eyes would move the page: let go of the end instead.
  if (!following) return { ...window, newer: true, unseen };
  return { ...window, events: events.slice(over), older: true, unseen };
}

/** After a gap in the live stream: the newest page again, newest first. */
export function withNewest(
  window: EventWindow,
  page: readonly LogEvent[],
  limit: number,
  following: boolean,
): EventWindow {
  const last = window.events.at(-1);
  const whole = page.length < limit;
  const meets = last !== undefined && page.some((event) => event.event_id === last.event_id);
  if (meets || (whole && last === undefined)) return withLive(window, page.toReversed(), following);
  if (following || last === undefined || (page[0]?.position ?? 0) < last.position) return fromNewest(page, limit);
  // What lies between is unknown: the reader stays, and reaches the end through `withNewer`.
  return { ...window, newer: true, unseen: window.unseen + page.length };
}

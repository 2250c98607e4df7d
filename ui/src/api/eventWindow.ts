import { useEffect, useState, useSyncExternalStore } from "react";
import type { Api } from "./client";
import { useApi, useLive } from "./context";
import { EVENT_TYPES, type EventType } from "./eventTypes";
import type { LiveStream } from "./live";
import { EVENTS_PAGE } from "./queries";
import { sentAll, type LogEvent } from "./types";
import {
  EMPTY_WINDOW,
  fromMiddle,
  fromNewest,
  fromOldest,
  withLive,
  withNewer,
  withNewest,
  withOlder,
  type EventWindow,
} from "./window";

/** Which events are looked at. The server filters history, `matches` filters what arrives live. */
export interface EventFilter {
  roomId?: string;
  /** Several rooms together, instead of one. Each is asked for its own page, so they are few. */
  roomIds?: readonly string[];
  threadId?: string;
  /** The stream of a channel that is no room. */
  channel?: string;
  runId?: string;
  correlationId?: string;
  /** What this event led to. */
  causationId?: string;
  types?: readonly string[];
  /** Every type but these. Live, that includes types this version does not know. */
  without?: readonly EventType[];
  actorId?: string;
}

/** How many events around a position are fetched on each side. */
const AROUND_EVENTS = 100;

export function matches(filter: EventFilter, event: LogEvent): boolean {
  return (
    (filter.roomId === undefined || event.room_id === filter.roomId) &&
    (filter.roomIds === undefined || (event.room_id !== null && filter.roomIds.includes(event.room_id))) &&
    (filter.threadId === undefined || event.thread_id === filter.threadId) &&
    (filter.channel === undefined || (event.stream_type === "channel" && event.stream_id === filter.channel)) &&
    (filter.runId === undefined || event.run_id === filter.runId) &&
    (filter.correlationId === undefined || event.correlation_id === filter.correlationId) &&
    (filter.causationId === undefined || event.causation_id === filter.causationId) &&
    (filter.types === undefined || filter.types.includes(event.event_type)) &&
    !filter.without?.some((type) => type === event.event_type) &&
    (filter.actorId === undefined || event.actor_id === filter.actorId)
  );
}

/** The types to ask history for; `undefined` for all. */
export function typesOf({ types, without }: EventFilter): string[] | undefined {
  if (types) return [...types];
  return without ? EVENT_TYPES.filter((type) => !without.includes(type)) : undefined;
}

/** The page of all of them from the page of each: whatever belongs to it is on one of those. */
export function mergedPage(pages: readonly LogEvent[][], { order, limit }: Pick<Page, "order" | "limit">): LogEvent[] {
  const step = order === "asc" ? 1 : -1;
  return pages
    .flat()
    .toSorted((a, b) => step * (a.position - b.position))
    .slice(0, limit);
}

/** Where a window was opened. */
export type Opening = "newest" | "oldest" | "event" | "date";

export interface WindowSnapshot extends EventWindow {
  /** How often it was opened, and where: another number is another place to begin to read. */
  opened: { count: number; at: Opening; event?: LogEvent };
  status: "loading" | "ready" | "failed";
  problem: unknown;
  /** Which end is being extended right now. */
  extending: "older" | "newer" | null;
}

interface Page {
  order: "asc" | "desc";
  limit: number;
  before_position?: number;
  after_position?: number;
  /** RFC 3339. */
  from?: string;
}

/** History joined with the live stream: no gap, no event twice, whichever arrives first. */
export class EventWindowStore {
  #snapshot: WindowSnapshot = {
    ...EMPTY_WINDOW,
    opened: { count: 0, at: "newest" },
    status: "loading",
    problem: null,
    extending: null,
  };
  #watchers = new Set<() => void>();
  #following = true;
  /** Live events that came while a page was on its way; `null` while none is. */
  #held: LogEvent[] | null = null;
  /** Answers to an older question are dropped. */
  #question = 0;

  constructor(
    private readonly api: Api,
    private readonly live: LiveStream,
    private readonly filter: EventFilter,
  ) {}

  /** Begins listening, then opens at the newest; the returned function ends it. */
  open(start?: () => Promise<void>): () => void {
    const stop = this.live.listen({
      events: (batch) => this.#arrive(batch.filter((event) => matches(this.filter, event))),
      gap: () => void this.#refetch(),
      connected: () => {
        if (this.#snapshot.status === "failed") void this.toNewest();
      },
    });
    void (start ?? this.toNewest)();
    return () => {
      this.#question += 1;
      stop();
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  snapshot = (): WindowSnapshot => this.#snapshot;

  /** Says whether the reader stands at the end, where new events are seen as they come. */
  follow(following: boolean): void {
    this.#following = following;
    if (following && !this.#snapshot.newer && this.#snapshot.unseen > 0) this.#set({ unseen: 0 });
  }

  toNewest = (): Promise<void> => {
    this.#following = true;
    return this.#openAt("newest", async () =>
      fromNewest(await this.#page({ order: "desc", limit: EVENTS_PAGE }), EVENTS_PAGE),
    );
  };

  toOldest = (): Promise<void> => {
    this.#following = false;
    return this.#openAt("oldest", async () =>
      fromOldest(await this.#page({ order: "asc", limit: EVENTS_PAGE }), EVENTS_PAGE),
    );
  };

  /** Opens with an event in the middle. */
  around = (eventId: string): Promise<void> => {
    this.#following = false;
    return this.#openAt("event", async () => {
      const { position } = (
        await this.api.call((client) =>
          client.GET("/v1/events/{event_id}", { params: { path: { event_id: eventId } } }),
        )
      ).event;
      const [before, after] = await Promise.all([
        this.#page({ order: "desc", limit: AROUND_EVENTS, before_position: position + 1 }),
        this.#page({ order: "asc", limit: AROUND_EVENTS, after_position: position }),
      ]);
      return fromMiddle(before, after, AROUND_EVENTS);
    });
  };

  /** Opens with the first event at or after a moment, what led to it before; at the newest when all is earlier. */
  toDate = (from: string): Promise<void> => {
    this.#following = false;
    return this.#openAt("date", async () => {
      const after = await this.#page({ order: "asc", limit: EVENTS_PAGE, from });
      const first = after[0];
      if (!first) return fromNewest(await this.#page({ order: "desc", limit: EVENTS_PAGE }), EVENTS_PAGE);
      const before = await this.#page({ order: "desc", limit: EVENTS_PAGE, before_position: first.position });
      return { ...fromMiddle(before, after, EVENTS_PAGE), at: first };
    });
  };

  loadOlder = async (): Promise<void> => {
    const first = this.#snapshot.events[0];
    if (!first || !this.#snapshot.older) return;
    await this.#extend("older", { order: "desc", limit: EVENTS_PAGE, before_position: first.position }, withOlder);
  };

  loadNewer = async (): Promise<void> => {
    const last = this.#snapshot.events.at(-1);
    if (!last || !this.#snapshot.newer) return;
    await this.#extend("newer", { order: "asc", limit: EVENTS_PAGE, after_position: last.position }, withNewer);
  };

  async #page(query: Page): Promise<LogEvent[]> {
    const { roomId, roomIds } = this.filter;
    if (!roomIds) return this.#pageOf(query, roomId);
    return mergedPage(await Promise.all(roomIds.map((each) => this.#pageOf(query, each))), query);
  }

  async #pageOf(query: Page, roomId: string | undefined): Promise<LogEvent[]> {
    const { threadId, channel, runId, actorId, correlationId, causationId } = this.filter;
    const answer = await this.api.call((client) =>
      client.GET("/v1/events", {
        params: {
          query: {
            ...query,
            room_id: roomId,
            thread_id: threadId,
            stream_type: channel === undefined ? undefined : "channel",
            stream_id: channel,
            run_id: runId,
            correlation_id: correlationId,
            causation_id: causationId,
            actor_id: actorId,
            event_types: typesOf(this.filter),
          },
        },
      }),
    );
    return sentAll(answer.events);
  }

  async #openAt(at: Opening, fetch: () => Promise<EventWindow & { at?: LogEvent }>): Promise<void> {
    const question = (this.#question += 1);
    this.#set({ status: this.#snapshot.events.length > 0 ? "ready" : "loading", problem: null, extending: null });
    this.#held = [];
    try {
      const { at: event, ...window } = await fetch();
      if (question === this.#question) {
        // Nothing is that late: the newest is as close as it gets.
        const opened = { count: this.#snapshot.opened.count + 1, at: at === "date" && !event ? "newest" as const : at, event };
        this.#set({ ...withLive(window, this.#release(), true), opened, status: "ready" });
      }
    } catch (problem) {
      if (question === this.#question) this.#set({ status: "failed", problem });
    }
  }

  async #extend(
    end: "older" | "newer",
    query: Page,
    join: (window: EventWindow, page: readonly LogEvent[], limit: number) => EventWindow,
  ): Promise<void> {
    if (this.#snapshot.extending !== null || this.#snapshot.status !== "ready") return;
    const question = this.#question;
    this.#held = [];
    this.#set({ extending: end });
    try {
      const page = await this.#page(query);
      if (question !== this.#question) return;
      const joined = join(this.#snapshot, page, query.limit);
      // Held events are later than the page; they belong at the end only if the page reached it.
      const held = this.#release();
      this.#set({ ...(joined.newer ? joined : withLive(joined, held, this.#following)), extending: null });
    } catch (problem) {
      if (question !== this.#question) return;
      this.#set({ ...withLive(this.#snapshot, this.#release(), this.#following), extending: null, problem });
    }
  }

  #release(): LogEvent[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }

  async #refetch(): Promise<void> {
    if (this.#snapshot.status !== "ready") return;
    const question = this.#question;
    try {
      const page = await this.#page({ order: "desc", limit: EVENTS_PAGE });
      if (question !== this.#question) return;
      this.#set(withNewest(this.#snapshot, page, EVENTS_PAGE, this.#following));
    } catch {
      // The connection was lost again; its return brings the next gap.
    }
  }

  #arrive(batch: readonly LogEvent[]): void {
    if (batch.length === 0) return;
    if (this.#held) this.#held.push(...batch);
    else if (this.#snapshot.status === "ready") this.#set(withLive(this.#snapshot, batch, this.#following));
  }

  #set(change: Partial<WindowSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const watcher of this.#watchers) watcher();
  }
}

/**
 * A window that lives as long as the component; another filter is another window. With `at`, it
 * opens around that event instead of at the end that `begin` says.
 */
export function useEventWindow(
  filter: EventFilter,
  at?: string,
  begin: "newest" | "oldest" = "newest",
): [WindowSnapshot, EventWindowStore] {
  const api = useApi();
  const live = useLive();
  const key = JSON.stringify(filter);
  const make = () => ({ key, store: new EventWindowStore(api, live, filter) });
  const [held, setHeld] = useState(make);
  let current = held;
  if (held.key !== key) {
    current = make();
    setHeld(current);
  }
  const { store } = current;
  const [start] = useState(at);
  useEffect(
    () => store.open(start === undefined ? (begin === "oldest" ? store.toOldest : undefined) : () => store.around(start)),
    [store, start, begin],
  );
  return [useSyncExternalStore(store.watch, store.snapshot), store];
}

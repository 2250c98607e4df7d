import type { Api } from "./client";
import { asProblem } from "./problem";
import { FrameParser, type Frame } from "./sse";
import type { LogEvent } from "./types";

/** First wait after a lost connection; doubles up to the last. */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_LAST_MS = 10_000;
/** The server sends a comment every 15 s; two missed ones mean the line is dead. */
const SILENCE_MS = 40_000;
/** Events that arrive within this time are handed over together: one render, not hundreds. */
const BATCH_MS = 60;
/** A reader further behind than this refetches instead of replaying everything it missed. */
const REPLAY_LIMIT_EVENTS = 5000;
/** The server's word for "I dropped you, come back with Last-Event-ID". */
const RESUME_EVENT = "signalbox.resume";

export type LivePhase = "connecting" | "live" | "waiting" | "stopped";

export interface LiveState {
  phase: LivePhase;
  /** When the next attempt is made, milliseconds since the epoch; only while waiting. */
  retryAt: number | null;
}

export interface LiveListener {
  /** New events in order of position, each exactly once. */
  events?(batch: readonly LogEvent[]): void;
  /** The connection stands, again or for the first time: what failed meanwhile may be asked once more. */
  connected?(): void;
  /** Events were skipped, or the log is another one: what is on screen must be fetched again. */
  gap?(): void;
}

/** The single live connection of the page: the workspace's events from now on, resumed after a loss. */
export class LiveStream {
  #listeners = new Set<LiveListener>();
  #watchers = new Set<() => void>();
  #state: LiveState = { phase: "stopped", retryAt: null };
  #cursor: number | null = null;
  #stop: AbortController | null = null;
  #pending: LogEvent[] = [];
  #flush: ReturnType<typeof setTimeout> | null = null;
  #wake: (() => void) | null = null;

  constructor(private readonly api: Api) {}

  /** The position up to which everything has been handed over; `null` before the first connection. */
  get cursor(): number | null {
    return this.#cursor;
  }

  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watchState = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  state = (): LiveState => this.#state;

  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#keepConnected(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#deliver();
    this.#enter({ phase: "stopped", retryAt: null });
  }

  /** Ends a wait early: the network or the runtime just came back. */
  retryNow = (): void => this.#wake?.();

  async #keepConnected(signal: AbortSignal): Promise<void> {
    let backoff = BACKOFF_FIRST_MS;
    while (!signal.aborted) {
      this.#enter({ phase: "connecting", retryAt: null });
      const opened = { yes: false };
      try {
        await this.#connect(signal, opened);
      } catch {
        // Why it failed does not change what to do; the runtime badge says what is wrong.
      }
      this.#deliver();
      if (signal.aborted) return;
      backoff = opened.yes ? BACKOFF_FIRST_MS : Math.min(backoff * 2, BACKOFF_LAST_MS);
      this.#enter({ phase: "waiting", retryAt: Date.now() + backoff });
      await this.#pause(backoff, signal);
    }
  }

  async #connect(outer: AbortSignal, opened: { yes: boolean }): Promise<void> {
    const { url, headers } = await this.api.reach();
    await this.#settleCursor();
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    outer.addEventListener("abort", abort);
    let silence = setTimeout(abort, SILENCE_MS);
    try {
      const response = await fetch(`${url}/v1/streams/workspace?from_position=${this.#cursor}`, {
        headers: { ...headers, accept: "text/event-stream", "last-event-id": String(this.#cursor) },
        credentials: "same-origin",
        cache: "no-store",
        signal: attempt.signal,
      });
      if (!response.ok || !response.body) throw asProblem(await response.json().catch(() => null));
      opened.yes = true;
      this.#enter({ phase: "live", retryAt: null });
      for (const listener of this.#listeners) listener.connected?.();
      const parser = new FrameParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(abort, SILENCE_MS);
        for (const frame of parser.push(value)) this.#receive(frame);
      }
    } finally {
      clearTimeout(silence);
      outer.removeEventListener("abort", abort);
      attempt.abort();
    }
  }

  /** Decides where to go on from: at the head the first time, where we stopped every other time. */
  async #settleCursor(): Promise<void> {
    const { events } = await this.api.call((client) =>
      client.GET("/v1/events", { params: { query: { order: "desc", limit: 1 } } }),
    );
    const head = events[0]?.position ?? 0;
    const behind = this.#cursor === null ? null : head - this.#cursor;
    if (behind !== null && behind >= 0 && behind <= REPLAY_LIMIT_EVENTS) return;
    this.#cursor = head;
    // Also the first time: a page fetched before this moment may end before the head.
    for (const listener of this.#listeners) listener.gap?.();
  }

  #receive(frame: Frame): void {
    if (frame.event === RESUME_EVENT || frame.data === "") return;
    const event = JSON.parse(frame.data) as LogEvent;
    // At-least-once on the wire, exactly once here.
    if (this.#cursor !== null && event.position <= this.#cursor) return;
    this.#cursor = event.position;
    this.#pending.push(event);
    this.#flush ??= setTimeout(() => this.#deliver(), BATCH_MS);
  }

  #deliver(): void {
    if (this.#flush !== null) clearTimeout(this.#flush);
    this.#flush = null;
    if (this.#pending.length === 0) return;
    const batch = this.#pending;
    this.#pending = [];
    for (const listener of this.#listeners) listener.events?.(batch);
  }

  #enter(state: LiveState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }

  #pause(duration: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, duration);
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}

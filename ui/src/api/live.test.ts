import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { World } from "../mocks/world";
import type { Api } from "./client";
import { LiveStream } from "./live";
import type { LogEvent } from "./types";

const PATIENCE_MS = 15_000;
const eventually = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: PATIENCE_MS });

/** A connection whose bytes the test sends. */
interface Line {
  url: string;
  lastEventId: string | null;
  send(text: string): void;
  end(): void;
}

const frame = (event: LogEvent) => `id: ${event.position}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`;

function setUp(world: World) {
  const lines: Line[] = [];
  const api = {
    reach: async () => ({ url: "http://test", headers: {} }),
    call: async () => ({ events: world.events.slice(-1) }),
  } as unknown as Api;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const encoder = new TextEncoder();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
      },
    });
    init.signal?.addEventListener("abort", () => {
      try {
        controller?.error(new DOMException("aborted", "AbortError"));
      } catch {
        // Already closed.
      }
    });
    lines.push({
      url,
      lastEventId: new Headers(init.headers).get("last-event-id"),
      send: (text) => controller?.enqueue(encoder.encode(text)),
      end: () => controller?.close(),
    });
    return new Response(body);
  });
  const seen: number[] = [];
  let gaps = 0;
  let connections = 0;
  const live = new LiveStream(api);
  live.listen({
    events: (batch) => seen.push(...batch.map((event) => event.position)),
    gap: () => (gaps += 1),
    connected: () => (connections += 1),
  });
  return { live, lines, seen, gaps: () => gaps, connections: () => connections };
}

const line = async (lines: readonly Line[], index: number): Promise<Line> =>
  eventually(() => {
    const found = lines[index];
    if (!found) throw new Error("not connected yet");
    return found;
  });

describe("LiveStream", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.createRoom("one");
  });
  afterEach(() => vi.unstubAllGlobals());

  const more = (count: number): LogEvent[] => Array.from({ length: count }, () => world.append({ type: "test.event" }));

  it("begins at the head and says that earlier pages may end before it", async () => {
    const { live, lines, gaps } = setUp(world);
    live.start();
    expect((await line(lines, 0)).url).toContain("from_position=1");
    expect(gaps()).toBe(1);
    live.stop();
  });

  it("hands over each event once and in order, also when a chunk is cut and one is sent twice", async () => {
    const { live, lines, seen } = setUp(world);
    live.start();
    const first = await line(lines, 0);
    const [a, b, c] = more(3) as [LogEvent, LogEvent, LogEvent];
    const text = frame(a) + frame(b) + frame(b) + frame(c);
    first.send(text.slice(0, 100));
    first.send(text.slice(100));
    await eventually(() => expect(seen).toEqual([2, 3, 4]));
    live.stop();
  });

  it("resumes after a loss from the last event, without a gap", async () => {
    const { live, lines, seen, gaps, connections } = setUp(world);
    live.start();
    const first = await line(lines, 0);
    first.send(frame(more(1)[0] as LogEvent));
    await eventually(() => expect(seen).toEqual([2]));
    first.end();
    await eventually(() => expect(live.state().phase).toBe("waiting"));
    const missed = more(2);
    live.retryNow();
    const second = await line(lines, 1);
    expect(second.lastEventId).toBe("2");
    second.send(missed.map(frame).join(""));
    await eventually(() => expect(seen).toEqual([2, 3, 4]));
    expect(gaps()).toBe(1);
    expect(connections()).toBe(2);
    live.stop();
  });

  it("says there is a gap when the log is another one", async () => {
    const { live, lines, gaps } = setUp(world);
    more(5);
    live.start();
    (await line(lines, 0)).end();
    await eventually(() => expect(live.state().phase).toBe("waiting"));
    world.events.length = 2;
    live.retryNow();
    expect((await line(lines, 1)).url).toContain("from_position=2");
    expect(gaps()).toBe(2);
    live.stop();
  });

  it("comes back when the server asks it to resume", async () => {
    const { live, lines } = setUp(world);
    live.start();
    const first = await line(lines, 0);
    first.send("event: signalbox.resume\ndata: {}\n\n");
    first.end();
    await eventually(() => expect(live.state().phase).toBe("waiting"));
    live.retryNow();
    expect((await line(lines, 1)).lastEventId).toBe("1");
    live.stop();
    expect(live.state().phase).toBe("stopped");
  });
});

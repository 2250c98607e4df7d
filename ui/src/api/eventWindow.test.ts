import { beforeEach, describe, expect, it } from "vitest";
import { World } from "../mocks/world";
import type { Api } from "./client";
import { EventWindowStore, matches, mergedPage, typesOf } from "./eventWindow";
import type { LiveListener, LiveStream } from "./live";
import type { LogEvent } from "./types";

/** An API whose answers the test releases, and a live stream whose batches the test sends. */
function setUp(world: World) {
  const waiting: (() => void)[] = [];
  let listener: LiveListener = {};
  let failing = false;
  const api = {
    call: (request: (client: unknown) => Promise<unknown>) =>
      request({
        GET: (_path: string, { params }: { params: { query: Record<string, unknown> } }) =>
          new Promise((resolve, reject) => {
            // What the server sees is the log at the moment it is asked, not when the answer arrives.
            const { order, limit, before_position: before, after_position: after } = params.query;
            const found = world.events.filter(
              (event) =>
                event.position < Number(before ?? Number.POSITIVE_INFINITY) && event.position > Number(after ?? 0),
            );
            if (order === "desc") found.reverse();
            const events = found.slice(0, Number(limit));
            const failed = failing;
            waiting.push(() => (failed ? reject(new Error("down")) : resolve({ events })));
          }),
      }),
  } as unknown as Api;
  const live = {
    listen(given: LiveListener) {
      listener = given;
      return () => {
        listener = {};
      };
    },
  } as unknown as LiveStream;
  const store = new EventWindowStore(api, live, {});
  const release = async () => {
    waiting.shift()?.();
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return {
    store,
    release,
    send: (...batch: LogEvent[]) => listener.events?.(batch),
    gap: () => listener.gap?.(),
    connected: () => listener.connected?.(),
    fail: (value: boolean) => {
      failing = value;
    },
    positions: () => store.snapshot().events.map((event) => event.position),
  };
}

describe("history joined with the live stream", () => {
  let world: World;
  const more = () => world.append({ type: "test.event" });
  beforeEach(() => {
    world = new World();
    for (let made = 0; made < 5; made += 1) more();
  });

  it("has no gap and no double when events arrive while the page is on its way", async () => {
    const { store, release, send, positions } = setUp(world);
    store.open();
    const inBoth = world.events[4] as LogEvent;
    send(inBoth, more(), more());
    expect(positions()).toEqual([]);
    await release();
    expect(positions()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    send(more());
    expect(positions()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("leaves out what the filter leaves out, in history by name and live whatever else comes", () => {
    const filter = { without: ["tool.output"] as const };
    expect(matches(filter, world.append({ type: "tool.output" }))).toBe(false);
    expect(matches(filter, world.append({ type: "later.thing" }))).toBe(true);
    expect(typesOf(filter)).toContain("message.created");
    expect(typesOf(filter)).not.toContain("tool.output");
    expect(typesOf({})).toBeUndefined();
  });

  it("keeps live events that arrive while older ones are fetched", async () => {
    for (let made = 5; made < 400; made += 1) more();
    const { store, release, send, positions } = setUp(world);
    store.open();
    await release();
    expect(positions()).toHaveLength(200);
    const older = store.loadOlder();
    send(more());
    await release();
    await older;
    expect(positions()).toEqual(Array.from({ length: 401 }, (_, index) => index + 1));
  });

  it("fetches what was missed after a gap", async () => {
    const { store, release, gap, positions } = setUp(world);
    store.open();
    await release();
    more();
    more();
    gap();
    await release();
    expect(positions()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("tries again by itself when the connection stands again", async () => {
    const { store, release, fail, connected, positions } = setUp(world);
    fail(true);
    store.open();
    await release();
    expect(store.snapshot().status).toBe("failed");
    fail(false);
    connected();
    await release();
    expect(store.snapshot().status).toBe("ready");
    expect(positions()).toEqual([1, 2, 3, 4, 5]);
  });

  it("counts what a reader elsewhere has not seen, until they come back", async () => {
    const { store, release, send } = setUp(world);
    store.open();
    await release();
    store.follow(false);
    send(more(), more());
    expect(store.snapshot().unseen).toBe(2);
    store.follow(true);
    expect(store.snapshot().unseen).toBe(0);
  });

  it("drops the answer to a question that was replaced by another", async () => {
    const { store, release, positions } = setUp(world);
    store.open();
    const oldest = store.toOldest();
    await release();
    expect(positions()).toEqual([]);
    await release();
    await oldest;
    expect(store.snapshot().opened.at).toBe("oldest");
    expect(positions()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("several rooms together", () => {
  const world = new World();
  const [one, two, three] = ["one", "two", "three"].map((title) => world.createRoom(title).room_id);
  for (let at = 0; at < 12; at += 1) world.append({ type: "test.event", room: [one, two, three][at % 3] });
  const of = (room: string | undefined, order: "asc" | "desc") => {
    const found = world.events.filter((event) => event.room_id === room);
    return (order === "desc" ? found.toReversed() : found).slice(0, 4);
  };

  it.each(["asc", "desc"] as const)("are one page in order, %s: the same as if they were asked for together", (order) => {
    const together = world.events.filter((event) => event.room_id === one || event.room_id === two);
    const expected = (order === "desc" ? together.toReversed() : together).slice(0, 4);
    expect(mergedPage([of(one, order), of(two, order)], { order, limit: 4 })).toEqual(expected);
  });

  it("match live what lies in one of them", () => {
    const rooms = [one ?? "", two ?? ""];
    expect(world.events.filter((event) => !matches({ roomIds: rooms }, event)).every((event) => event.room_id === three)).toBe(true);
  });
});

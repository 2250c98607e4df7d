/** Channels of a mock world. */
import { http, HttpResponse } from "msw";
import { textOf } from "../text/json";
import type { World } from "./world";

export const channelHandlers = (world: World) => [
  http.get("*/v1/channels", () => {
    const spoken = world.events.filter((event) => event.stream_type === "channel").toReversed();
    const newest = spoken.filter((event, at) => spoken.findIndex((other) => other.stream_id === event.stream_id) === at);
    const channels = newest.map((event) => [event.stream_id, event] as const).map(([channel, event]) => ({
      channel,
      head_seq: event.stream_seq,
      last_event_id: event.event_id,
      last_at: event.occurred_at,
      last_from: event.actor_id,
      last_type: textOf(event.data, "type") ?? event.event_type,
      last_text: textOf((event.data as { body?: unknown }).body, "text") ?? "",
    }));
    return HttpResponse.json({ channels, next_cursor: null });
  }),
  http.post("*/ch/:channel", async ({ params, request }) => {
    const body = (await request.json()) as { from: string; type: string; body: unknown };
    const event = world.say(String(params["channel"]), body.from, body.body, body.type);
    return HttpResponse.json({ id: event.event_id, ts: Date.parse(event.occurred_at) / 1000 }, { status: 201 });
  }),
];

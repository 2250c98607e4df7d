import { http, HttpResponse } from "msw";
import type { LogEvent, Run } from "../api/types";
import type { RuntimeStatus } from "../platform";
import { diagnostics, healthy } from "./runtime";
import { attentionHandlers } from "./attention";
import { engineHandlers } from "./engines";
import { channelHandlers } from "./channels";
import { taskHandlers } from "./tasks";
import { gateHandlers } from "./gate";
import { pipelineHandlers } from "./pipeline";
import { courseOf, play } from "./script";
import type { World } from "./world";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const problem = (status: number, error: string, message: string) =>
  HttpResponse.json({ error, message, hint: null }, { status });

function page(world: World, params: URLSearchParams): LogEvent[] {
  const number = (name: string) => (params.has(name) ? Number(params.get(name)) : null);
  const after = number("after_position") ?? 0;
  const before = number("before_position") ?? Number.POSITIVE_INFINITY;
  const named = params.getAll("event_types").flatMap((each) => each.split(","));
  const types = named.length > 0 ? named : null;
  const equal = (name: "stream_type" | "stream_id" | "room_id" | "thread_id" | "run_id" | "actor_id" | "correlation_id" | "causation_id", event: LogEvent) =>
    !params.has(name) || event[name] === params.get(name);
  const found = world.events.filter(
    (event) =>
      event.position > after &&
      event.position < before &&
      event.occurred_at >= (params.get("from") ?? "") &&
      (!types || types.includes(event.event_type)) &&
      equal("stream_type", event) &&
      equal("stream_id", event) &&
      equal("room_id", event) &&
      equal("thread_id", event) &&
      equal("run_id", event) &&
      equal("actor_id", event) &&
      equal("correlation_id", event) &&
      equal("causation_id", event),
  );
  if (params.get("order") === "desc") found.reverse();
  return found.slice(0, number("limit") ?? 50);
}

function stream(world: World, from: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: () => void = () => undefined;
  return new ReadableStream({
    start(controller) {
      const send = (event: LogEvent) =>
        controller.enqueue(
          encoder.encode(`id: ${event.position}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`),
        );
      controller.enqueue(encoder.encode(": hello\n\n"));
      for (const event of world.events.filter((each) => each.position > from)) send(event);
      stop = world.subscribe(send);
    },
    cancel: () => stop(),
  });
}

/** The API on top of a world. `status` is what the supervisor would say. */
export function handlers(world: World, status: () => RuntimeStatus = () => healthy()) {
  const runOf = (id: unknown): Run | undefined => world.runs.find((run) => run.run_id === id);
  return [
    ...gateHandlers(world),
    ...attentionHandlers(world),
    ...pipelineHandlers(world),
    ...engineHandlers(world),
    ...taskHandlers(world),
    ...channelHandlers(world),
    http.get("*/v1/whoami", () =>
      HttpResponse.json({
        principal_id: "prn_1",
        principal_type: world.owner ? "user" : "local",
        workspace_id: "ws_dev",
        is_owner: world.owner,
      }),
    ),
    http.get("*/v1/runtime", () => HttpResponse.json(status())),
    http.post("*/v1/runtime/actions", () => new HttpResponse(null, { status: 202 })),
    http.get("*/v1/diagnostics", () => HttpResponse.json(diagnostics(status(), world))),
    http.post("*/v1/rooms", async ({ request }) => {
      const body = (await request.json()) as { title: string; topic?: string };
      return HttpResponse.json({ room_id: world.createRoom(body.title, body.topic ?? null).room_id }, { status: 201 });
    }),
    http.get("*/v1/rooms/:id/threads", ({ params }) =>
      HttpResponse.json({ threads: world.threads.filter((thread) => thread.room_id === params["id"]) }),
    ),
    http.post("*/v1/rooms/:id/threads", async ({ params, request }) => {
      const body = (await request.json()) as { title: string };
      const thread = world.createThread(String(params["id"]), body.title);
      return HttpResponse.json({ thread_id: thread.thread_id }, { status: 201 });
    }),
    http.post("*/v1/threads/:id/messages", async ({ params, request }) => {
      const body = (await request.json()) as { content_md: string };
      return HttpResponse.json({ message_id: world.post(String(params["id"]), body.content_md) }, { status: 201 });
    }),
    http.get("*/v1/search", ({ request }) => {
      const params = new URL(request.url).searchParams;
      const q = (params.get("q") ?? "").toLowerCase();
      const docs = world.events
        .filter((event) => event.event_type === "message.created")
        .map((event) => ({ event, text: (event.data as { content_md: string }).content_md }))
        .filter(({ event, text }) => text.toLowerCase().includes(q) && (!params.has("room_id") || event.room_id === params.get("room_id")))
        .map(({ event, text }) => ({
          doc_id: event.event_id,
          workspace_id: event.workspace_id,
          room_id: event.room_id,
          thread_id: event.thread_id,
          run_id: event.run_id,
          doc_type: "message",
          content_text: text,
          lang: "en",
          updated_at: event.occurred_at,
          event_id: event.event_id,
          position: event.position,
        }));
      return HttpResponse.json({ docs });
    }),
    http.get("*/v1/events", ({ request }) =>
      HttpResponse.json({ events: page(world, new URL(request.url).searchParams), next_cursor: null }),
    ),
    http.get("*/v1/events/:id", ({ params }) => {
      const event = world.detail(String(params["id"]));
      return event ? HttpResponse.json({ event }) : problem(404, "event_not_found", "There is no such event.");
    }),
    http.get("*/v1/streams/workspace", ({ request }) => {
      const from = Number(new URL(request.url).searchParams.get("from_position") ?? "0");
      return new HttpResponse(stream(world, from), { headers: { "content-type": "text/event-stream" } });
    }),
    http.get("*/v1/audit/hash-chain/verify", ({ request }) => {
      const params = new URL(request.url).searchParams;
      const from = Number(params.get("from_seq") ?? "0");
      const after = world.events.filter((event) => event.stream_id === params.get("stream_id") && event.stream_seq > from);
      const of = after.slice(0, Number(params.get("limit") ?? "1000"));
      return HttpResponse.json({
        stream_type: params.get("stream_type"),
        stream_id: params.get("stream_id"),
        checked: of.length,
        valid: true,
        first_mismatch: null,
        last_event_hash: world.detail(of.at(-1)?.event_id ?? "")?.event_hash ?? null,
        next_from_seq: of.length < after.length ? (of.at(-1)?.stream_seq ?? null) : null,
      });
    }),
    http.get("*/v1/audit/redactions", ({ request }) => {
      const event = world.events.find((each) => each.event_id === new URL(request.url).searchParams.get("event_id"));
      const row = { redaction_log_id: "srd_1", rule_id: "github_pat", match_preview: "ghp_...9x2Q", detector_version: "dlp_v1" };
      const { event_id, event_type, stream_type, stream_id, workspace_id, occurred_at: created_at } = event ?? {};
      const redaction = { ...row, event_id, event_type, stream_type, stream_id, workspace_id, action: "shadow_flagged", details: {}, created_at };
      return HttpResponse.json({ redactions: event?.contains_secrets ? [redaction] : [] });
    }),
    http.get("*/v1/runs", ({ request }) => {
      const params = new URL(request.url).searchParams;
      return HttpResponse.json({
        runs: world.runs.filter((run) => !params.has("status") || run.status === params.get("status")),
        next_cursor: null,
      });
    }),
    http.post("*/v1/runs", async ({ request }) => {
      const body = (await request.json()) as { room_id: string; title: string; input: { command: { argv: string[] } } };
      const run = world.createRun(body.room_id, body.title, body.input.command.argv);
      void play(world, run, courseOf(body.input.command.argv), null, wait);
      return HttpResponse.json({ run_id: run.run_id }, { status: 201 });
    }),
    http.get("*/v1/runs/:id", ({ params }) => {
      const run = runOf(params["id"]);
      return run ? HttpResponse.json({ run }) : problem(404, "run_not_found", "There is no such run.");
    }),
    http.post("*/v1/runs/:id/cancel", ({ params }) => {
      const run = runOf(params["id"]);
      if (!run) return problem(404, "run_not_found", "There is no such run.");
      run.cancel_requested_at = new Date(world.now()).toISOString();
      world.append({ type: "run.cancel.requested", room: run.room_id, run: run.run_id, actor: ["user", "owner"], data: { run_id: run.run_id } });
      return HttpResponse.json({ ok: true });
    }),
    http.get("*/v1/artifacts", ({ request }) => {
      const runId = new URL(request.url).searchParams.get("run_id");
      return HttpResponse.json({ artifacts: world.artifacts.filter((artifact) => artifact.run_id === runId) });
    }),
    http.get("*/v1/blobs/:blob", ({ params }) => {
      const text = world.blobs.get(String(params["blob"]));
      return text === undefined ? problem(404, "blob_not_found", "There is no such blob.") : HttpResponse.text(text);
    }),
    http.post("*/v1/session", async ({ request }) => {
      const body = (await request.json()) as { code: string };
      if (body.code !== "good") return problem(401, "code_used", "The code is unknown, used or too old.");
      world.owner = true;
      return HttpResponse.json({ proof: "proof_of_page" }, { status: 201 });
    }),
  ];
}

import { http, HttpResponse } from "msw";
import type { Incident, Learning } from "../api/incidents";
import type { Room, Run } from "../api/types";
import { recordName } from "../components/run/fold";
import type { World } from "./world";

/** The server counts no further. */
const UNREAD_MAX = 100;

/** What needs the owner of one world: incidents, and how far was read. */
export class AttentionWorld {
  readonly incidents: Incident[] = [];
  readonly learnings: Learning[] = [];
  /** Up to where the owner has seen notifications. */
  cursor = 0;
  #read = new Map<string, number>();

  constructor(readonly world: World) {}

  open(wish: Partial<Incident> = {}, actor: readonly [string, string] = ["user", "owner"], at = this.world.now()): Incident {
    const moment = new Date(at).toISOString();
    const incident: Incident = {
      incident_id: this.world.id("inc"),
      workspace_id: "ws_dev",
      room_id: null,
      thread_id: null,
      run_id: null,
      status: "open",
      title: "Something went wrong",
      summary: null,
      severity: "medium",
      category: null,
      entity_type: null,
      entity_id: null,
      details: null,
      rca: null,
      rca_updated_at: null,
      learning_count: 0,
      closed_reason: null,
      created_by_type: actor[0],
      created_by_id: actor[1],
      created_at: moment,
      closed_at: null,
      updated_at: moment,
      correlation_id: this.world.id("corr"),
      last_event_id: "",
      automatic: false,
      ...wish,
    };
    this.incidents.unshift(incident);
    const { incident_id, title, summary, severity, category, run_id } = incident;
    this.#tell(incident, "incident.opened", { incident_id, title, summary, severity, category, run_id }, actor, at);
    return incident;
  }

  /** As the runtime does when a run fails. */
  openFor(run: Run, at?: number): Incident {
    const wish: Partial<Incident> = {
      incident_id: run.run_id.replace("run_", "inc_"),
      room_id: run.room_id,
      run_id: run.run_id,
      title: `Run failed: ${recordName(run)?.text ?? run.run_id}`,
      summary: (run.error as { message?: string } | null)?.message ?? null,
      category: "run_failed",
      details: { attempt_no: run.attempt_no, ...(run.error as object | null) },
      correlation_id: run.correlation_id,
      automatic: true,
    };
    return this.open(wish, ["service", "signalbox"], at);
  }

  explain(incident: Incident, rca: object, actor: readonly [string, string] = ["user", "owner"], at = this.world.now()): void {
    incident.rca = rca;
    incident.rca_updated_at = new Date(at).toISOString();
    this.#tell(incident, "incident.rca.updated", { rca }, actor, at);
  }

  learn(incident: Incident, note: string, actor: readonly [string, string] = ["user", "owner"], at = this.world.now()): Learning {
    const { incident_id, workspace_id, room_id, run_id } = incident;
    const learning: Learning = {
      learning_id: this.world.id("learn"),
      incident_id,
      workspace_id,
      room_id,
      run_id,
      note,
      tags: [],
      created_by_type: actor[0],
      created_by_id: actor[1],
      created_at: new Date(at).toISOString(),
      last_event_id: "",
    };
    this.learnings.push(learning);
    incident.learning_count += 1;
    this.#tell(incident, "incident.learning.logged", { learning_id: learning.learning_id, note, tags: [] }, actor, at);
    return learning;
  }

  close(incident: Incident, reason: string | null, at = this.world.now()): void {
    incident.status = "closed";
    incident.closed_reason = reason;
    incident.closed_at = new Date(at).toISOString();
    this.#tell(incident, "incident.closed", { reason }, ["user", "owner"], at);
  }

  #tell(incident: Incident, type: string, data: object, actor: readonly [string, string], at: number): void {
    incident.updated_at = new Date(at).toISOString();
    const { incident_id, room_id: room, run_id: run, correlation_id: correlation } = incident;
    incident.last_event_id = this.world.append({ type, room, run: run ?? undefined, correlation, actor, at, data: { incident_id, ...data } }).event_id;
  }

  unreadOf(room: Room): number {
    const from = this.#read.get(room.room_id) ?? 0;
    const after = this.world.events.filter(
      (event) => event.room_id === room.room_id && event.stream_seq > from && event.event_type !== "tool.output",
    );
    return Math.min(UNREAD_MAX, after.length);
  }

  readTo(room: Room, seq: number) {
    this.#read.set(room.room_id, Math.max(seq, this.#read.get(room.room_id) ?? 0));
    return { room_id: room.room_id, read_seq: this.#read.get(room.room_id) ?? 0, unread: this.unreadOf(room) };
  }

  withReading(room: Room): Room {
    if (!this.world.owner) return { ...room, read_seq: null, unread: null };
    return { ...room, read_seq: this.#read.get(room.room_id) ?? 0, unread: this.unreadOf(room) };
  }
}

const refuse = (status: number, error: string, message: string) => HttpResponse.json({ error, message, hint: null }, { status });
const ownerOnly = () => refuse(403, "owner_required", "Only the owner can do this.");

/** The part of the API that is about what needs the owner. */
export function attentionHandlers(world: World) {
  const { attention } = world;
  const incidentOf = (id: unknown) => attention.incidents.find((each) => each.incident_id === id);
  const unknown = () => refuse(404, "incident_not_found", "There is no such incident.");
  const over = () => refuse(409, "incident_closed", "The incident is closed.");
  return [
    http.get("*/v1/rooms", () => HttpResponse.json({ rooms: world.rooms.map((room) => attention.withReading(room)) })),
    http.post("*/v1/rooms/:id/read", async ({ params, request }) => {
      if (!world.owner) return ownerOnly();
      const room = world.rooms.find((each) => each.room_id === params["id"]);
      const { seq } = (await request.json()) as { seq: number };
      return room ? HttpResponse.json(attention.readTo(room, seq)) : refuse(404, "room_not_found", "There is no such room.");
    }),
    http.get("*/v1/notifications/cursor", () => (world.owner ? HttpResponse.json({ position: attention.cursor }) : ownerOnly())),
    http.put("*/v1/notifications/cursor", async ({ request }) => {
      if (!world.owner) return ownerOnly();
      attention.cursor = ((await request.json()) as { position: number }).position;
      return HttpResponse.json({ position: attention.cursor });
    }),
    http.get("*/v1/incidents", ({ request }) => {
      const params = new URL(request.url).searchParams;
      const from = Number(params.get("cursor") ?? "0");
      const limit = Number(params.get("limit") ?? "50");
      const found = attention.incidents
        .filter((each) => !params.has("status") || each.status === params.get("status"))
        .toSorted((a, b) => b.updated_at.localeCompare(a.updated_at));
      return HttpResponse.json({
        incidents: found.slice(from, from + limit),
        next_cursor: found.length > from + limit ? String(from + limit) : null,
        open: attention.incidents.filter((each) => each.status === "open").length,
      });
    }),
    http.get("*/v1/incidents/:id", ({ params }) => {
      const incident = incidentOf(params["id"]);
      const learning = attention.learnings.filter((each) => each.incident_id === params["id"]);
      return incident ? HttpResponse.json({ incident, learning }) : unknown();
    }),
    http.post("*/v1/incidents", async ({ request }) => {
      const { idempotency_key: _key, ...body } = (await request.json()) as Partial<Incident> & { idempotency_key: string };
      return HttpResponse.json({ incident_id: attention.open(body).incident_id, deduped: false }, { status: 201 });
    }),
    http.post("*/v1/incidents/:id/rca", async ({ params, request }) => {
      const incident = incidentOf(params["id"]);
      if (!incident) return unknown();
      if (incident.status === "closed") return over();
      attention.explain(incident, (await request.json()) as object);
      return HttpResponse.json({ ok: true });
    }),
    http.post("*/v1/incidents/:id/learning", async ({ params, request }) => {
      const incident = incidentOf(params["id"]);
      if (!incident) return unknown();
      if (incident.status === "closed") return over();
      const { note } = (await request.json()) as { note: string };
      return HttpResponse.json({ learning_id: attention.learn(incident, note).learning_id }, { status: 201 });
    }),
    http.post("*/v1/incidents/:id/close", async ({ params, request }) => {
      const incident = incidentOf(params["id"]);
      if (!incident) return unknown();
      if (!world.owner) return ownerOnly();
      if (incident.status === "closed") return refuse(409, "incident_already_closed", "The incident is closed already.");
      if (!incident.rca) return refuse(409, "incident_close_blocked_missing_rca", "The root cause is missing.");
      if (incident.learning_count === 0) return refuse(409, "incident_close_blocked_missing_learning", "A learning is missing.");
      attention.close(incident, ((await request.json()) as { reason?: string }).reason ?? null);
      return HttpResponse.json({ ok: true });
    }),
  ];
}

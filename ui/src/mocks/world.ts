/** A runtime that lives in memory: enough of the API's behaviour to work on the interface without it. */
import type { Artifact, EventDetail, LogEvent, Room, Run, Thread } from "../api/types";
import { AttentionWorld } from "./attention";
import { ClaimsWorld } from "./claims";
import { EnginesWorld } from "./engines";
import { GateWorld } from "./gate";
import { BoardWorld } from "./tasks";

const WORKSPACE = "ws_dev";

export interface NewEvent {
  type: string;
  room?: string | null;
  /** Of the board, instead of a room. */
  channel?: string;
  thread?: string;
  run?: string;
  step?: string;
  actor?: readonly [type: string, id: string];
  data?: unknown;
  at?: number;
  cause?: string;
  correlation?: string;
  contexts?: Partial<Pick<EventDetail, "policy_context" | "model_context" | "display">>;
  secret?: boolean;
}

export class World {
  readonly events: LogEvent[] = [];
  readonly rooms: Room[] = [];
  readonly threads: Thread[] = [];
  readonly runs: Run[] = [];
  readonly artifacts: Artifact[] = [];
  readonly blobs = new Map<string, string>();
  owner = true;
  readonly gate = new GateWorld(this);
  readonly attention = new AttentionWorld(this);
  readonly fleet = new EnginesWorld(this);
  readonly board = new BoardWorld(this);
  readonly keys = new ClaimsWorld(this);
  /** Runs that were assessed and passed. */
  readonly assessed = new Set<string>();
  readonly #contexts = new Map<string, NewEvent["contexts"]>();
  #listeners = new Set<(event: LogEvent) => void>();
  #seq = new Map<string, number>();
  /** What happens in a run is caused by what happened in it last. */
  #lastOfRun = new Map<string, string>();
  #made = 0;

  /** `now` is the clock of everything that is appended without a time of its own. */
  constructor(readonly now: () => number = Date.now) {}

  id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${String(this.#made).padStart(8, "0")}`;
  }

  subscribe(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  append(event: NewEvent): LogEvent {
    const stream = event.channel ?? event.room ?? WORKSPACE;
    const seq = (this.#seq.get(stream) ?? 0) + 1;
    this.#seq.set(stream, seq);
    const at = new Date(event.at ?? this.now()).toISOString();
    const [actorType, actorId] = event.actor ?? ["service", "api"];
    const made: LogEvent = {
      event_id: this.id("ev"),
      event_type: event.type,
      event_version: 1,
      occurred_at: at,
      recorded_at: at,
      workspace_id: WORKSPACE,
      mission_id: null,
      room_id: event.room ?? null,
      thread_id: event.thread ?? null,
      actor_type: actorType,
      actor_id: actorId,
      actor_principal_id: null,
      zone: "supervised",
      run_id: event.run ?? null,
      step_id: event.step ?? null,
      stream_type: event.channel ? "channel" : event.room ? "room" : "workspace",
      stream_id: stream,
      stream_seq: seq,
      position: this.events.length + 1,
      correlation_id: event.correlation ?? event.run ?? event.thread ?? stream,
      causation_id: event.cause ?? (event.run ? (this.#lastOfRun.get(event.run) ?? null) : null),
      redaction_level: event.secret ? "partial" : "none",
      contains_secrets: event.secret ?? false,
      data: event.data ?? {},
    };
    this.events.push(made);
    if (event.contexts) this.#contexts.set(made.event_id, event.contexts);
    if (event.run && made.event_type !== "tool.output") this.#lastOfRun.set(event.run, made.event_id);
    const room = this.rooms.find((each) => each.room_id === event.room);
    if (room) {
      room.head_seq = seq;
      room.last_event_at = at;
    }
    for (const listener of this.#listeners) listener(made);
    return made;
  }

  /** A past that was told in pieces, put in order of time. Before anybody looks at it. */
  inOrder(): void {
    this.events.sort((a, b) => a.occurred_at.localeCompare(b.occurred_at) || a.position - b.position);
    this.#seq.clear();
    for (const [index, event] of this.events.entries()) {
      event.position = index + 1;
      event.stream_seq = (this.#seq.get(event.stream_id) ?? 0) + 1;
      this.#seq.set(event.stream_id, event.stream_seq);
    }
  }

  detail(eventId: string): EventDetail | null {
    const event = this.events.find((each) => each.event_id === eventId);
    if (!event) return null;
    return {
      ...event,
      policy_context: {},
      model_context: {},
      display: {},
      ...this.#contexts.get(eventId),
      idempotency_key: null,
      event_hash: `sha256:${event.event_id.padEnd(64, "0")}`,
      prev_event_hash: event.stream_seq === 1 ? null : `sha256:${"0".repeat(64)}`,
    };
  }

  createRoom(title: string, topic: string | null = null, at = this.now()): Room {
    const moment = new Date(at).toISOString();
    const room: Room = {
      room_id: this.id("room"),
      workspace_id: WORKSPACE,
      mission_id: null,
      title,
      topic,
      room_mode: "default",
      default_lang: "en",
      tool_policy_ref: null,
      created_at: moment,
      updated_at: moment,
      head_seq: 0,
      last_event_at: moment,
      read_seq: 0,
      unread: 0,
    };
    this.rooms.push(room);
    this.append({
      type: "room.created",
      room: room.room_id,
      actor: ["user", "owner"],
      data: { title, topic, room_mode: "default", default_lang: "en" },
      at,
    });
    return room;
  }

  /** A message to a channel of the board. */
  say(channel: string, from: string, body: unknown, type = "msg.human"): LogEvent {
    return this.append({ type: "channel.message.published", channel, actor: ["agent", from], data: { type, body } });
  }

  createThread(roomId: string, title: string, at = this.now()): Thread {
    const moment = new Date(at).toISOString();
    const thread = { thread_id: this.id("th"), room_id: roomId, title, status: "open", created_at: moment, updated_at: moment, last_event_id: "", workspace_id: WORKSPACE };
    this.threads.push(thread);
    this.append({
      type: "thread.created",
      room: roomId,
      thread: thread.thread_id,
      actor: ["user", "owner"],
      data: { title, status: "open" },
      at,
    });
    return thread;
  }

  post(threadId: string, content: string, sender: readonly [string, string] = ["user", "owner"], at = this.now()): string {
    const thread = this.threads.find((each) => each.thread_id === threadId);
    const messageId = this.id("msg");
    this.append({
      type: "message.created",
      room: thread?.room_id,
      thread: threadId,
      actor: sender,
      data: { message_id: messageId, sender_type: sender[0], sender_id: sender[1], content_md: content, lang: "en" },
      at,
    });
    return messageId;
  }

  createRun(roomId: string, title: string, argv: readonly string[], at = this.now(), actor: readonly [string, string] = ["user", "owner"], more: Pick<NewEvent, "correlation" | "cause"> = {}): Run {
    const moment = new Date(at).toISOString();
    const run: Run = {
      run_id: this.id("run"),
      workspace_id: WORKSPACE,
      room_id: roomId,
      thread_id: null,
      experiment_id: null,
      status: "queued",
      title,
      goal: null,
      input: { command: { argv } },
      output: null,
      error: null,
      tags: [],
      claimed_by_actor_id: null,
      lease_expires_at: null,
      lease_heartbeat_at: null,
      attempt_no: 0,
      waiting_approval_id: null,
      approval_id: null,
      by_owner: actor[1] === "owner",
      created_by_type: actor[0],
      created_by_id: actor[1],
      observed: false,
      summary: null,
      cancel_requested_at: null,
      created_at: moment,
      started_at: null,
      ended_at: null,
      updated_at: moment,
      correlation_id: "",
      last_event_id: "",
    };
    run.correlation_id = more.correlation ?? run.run_id;
    this.runs.unshift(run);
    this.append({ type: "run.created", room: roomId, run: run.run_id, actor, data: { run_id: run.run_id, title, input: run.input }, at, ...more });
    return run;
  }
}

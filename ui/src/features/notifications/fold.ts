/** What may need a person, told by events: one notification per thing, however many events speak of it. */
import type { LogEvent } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { fieldsOf, numberOf, textOf, wordsOf } from "../../text/json";

/** Why it is here. */
export type Reason = "blocked" | "failed" | "alarm" | "done";
export const reasons: readonly Reason[] = ["blocked", "failed", "alarm", "done"];

export type NotificationKind = "approval" | "run" | "incident" | "secret" | "denial" | "completion";

/** Whether it still waits for somebody, or how it ended. */
export type Standing = "open" | "held" | "approved" | "denied" | "expired" | "closed" | "watched";

export interface Notification {
  key: string;
  kind: NotificationKind;
  reason: Reason;
  standing: Standing;
  /** What began it: who, where and when. */
  event: LogEvent;
  /** The last event that belongs to its beginning: who has read up to here has read it. */
  readTo: number;
  name: { text: string; code: boolean } | null;
  detail: string | null;
  /** Who asked for it. */
  by: Who;
  /** When a request that nobody answers counts as denied. */
  expiresAt: string | null;
  approvalId: string | null;
  runId: string | null;
  incidentId: string | null;
  /** Of a run that ended. */
  durationMs: number | null;
}

/** A run that took no longer is not worth a word when it went well. */
export const LONG_RUN_MS = 60_000;

export interface Who {
  type: string;
  id: string;
}

interface Named {
  name: { text: string; code: boolean } | null;
  by: Who;
}

/** The code in the error of a run whose command the owner denied. */
const OWNER_DENIED = "approval_denied";

/** What else is known of a run, when the events at hand do not say it. */
export interface KnownRun extends Named {
  startedAt: string | null;
}

export interface Folded {
  /** Newest first. */
  notifications: readonly Notification[];
  /** Positions at which runs completed, however long they took. */
  completions: readonly number[];
  /** Runs of which the events do not say something: what they are called, or when they started. */
  unknown: readonly string[];
}

/** Folds events in order of position. */
export function foldNotifications(events: readonly LogEvent[], known: ReadonlyMap<string, KnownRun> = new Map()): Folded {
  const fold = new Fold(known);
  for (const event of events) fold.take(event);
  return fold.finish();
}

const standings: Record<string, Standing> = { approve: "approved", deny: "denied", hold: "held" };

class Fold {
  #found = new Map<string, Notification>();
  #completions: number[] = [];
  #named = new Map<string, Named>();
  #starts = new Map<string, string>();
  #unknown = new Set<string>();

  constructor(private readonly known: ReadonlyMap<string, KnownRun>) {}

  take(event: LogEvent): void {
    const { data } = event;
    const runId = event.run_id ?? textOf(data, "run_id");
    switch (event.event_type) {
      case "run.created":
        if (runId) this.#named.set(runId, { name: nameOf(data), by: whoOf(event) });
        break;
      case "run.started":
        if (runId) this.#starts.set(runId, event.occurred_at);
        break;
      case "approval.requested":
        this.#approval(event, textOf(data, "approval_id") ?? event.event_id, { name: requestName(data), expiresAt: textOf(data, "expires_at") });
        break;
      case "run.waiting":
        this.#approval(event, textOf(data, "approval_id") ?? event.event_id, this.#runOf(event, runId));
        break;
      case "approval.decided":
        this.#settle(`approval:${textOf(data, "approval_id")}`, standings[textOf(data, "decision") ?? ""] ?? "held");
        break;
      case "approval.expired":
        this.#settle(`approval:${textOf(data, "approval_id")}`, "expired", ["open", "held"]);
        break;
      case "run.failed":
        // What the owner denied is no news: the request itself says that it was.
        if (textOf(fieldsOf(data)["error"], "code") === OWNER_DENIED) break;
        this.#add(event, "run", "failed", `run:${runId}`, {
          ...this.#runOf(event, runId),
          runId,
          detail: textOf(data, "message"),
          durationMs: this.#duration(event, runId),
        });
        break;
      case "run.completed":
        this.#complete(event, runId);
        break;
      case "incident.opened":
        this.#incident(event, runId);
        break;
      case "incident.closed":
        this.#close(textOf(data, "incident_id"));
        break;
      case "secret.leaked.detected":
        this.#add(event, "secret", "alarm", `event:${event.event_id}`, { detail: (wordsOf(data, "rule_ids") ?? []).join(", ") || null });
        break;
      case "policy.denied": {
        const watched = fieldsOf(data)["blocked"] === false;
        const name = requestName(data);
        this.#add(event, "denial", "alarm", `event:${event.event_id}`, { name, runId, detail: textOf(data, "reason"), standing: watched ? "watched" : "open" });
        break;
      }
      default:
        break;
    }
  }

  finish(): Folded {
    const notifications = [...this.#found.values()].toSorted((a, b) => b.event.position - a.event.position);
    return { notifications, completions: this.#completions, unknown: [...this.#unknown] };
  }

  #add(event: LogEvent, kind: NotificationKind, reason: Reason, key: string, more: Partial<Notification>): void {
    this.#found.set(key, {
      key,
      kind,
      reason,
      standing: "open",
      event,
      readTo: event.position,
      name: null,
      detail: null,
      by: whoOf(event),
      expiresAt: null,
      approvalId: null,
      runId: null,
      incidentId: null,
      durationMs: null,
      ...more,
    });
  }

  #change(key: string, change: Partial<Notification>): boolean {
    const before = this.#found.get(key);
    if (before) this.#found.set(key, { ...before, ...change });
    return before !== undefined;
  }

  #join(key: string, event: LogEvent, incidentId: string): boolean {
    const before = this.#found.get(key);
    return before !== undefined && this.#change(key, { incidentId, readTo: readTo(before, event) });
  }

  /** A run that waits and the request it waits for are one thing. */
  #approval(event: LogEvent, approvalId: string, said: Partial<Notification>): void {
    const key = `approval:${approvalId}`;
    const runId = event.run_id ?? textOf(event.data, "run_id");
    const before = this.#found.get(key);
    if (!before) this.#add(event, "approval", "blocked", key, { ...said, approvalId, runId });
    else {
      const { name, expiresAt } = before;
      this.#change(key, { runId: before.runId ?? runId, name: name ?? said.name, expiresAt: expiresAt ?? said.expiresAt, readTo: readTo(before, event) });
    }
  }

  #settle(key: string, standing: Standing, from?: readonly Standing[]): void {
    const before = this.#found.get(key);
    if (before && (!from || from.includes(before.standing))) this.#change(key, { standing });
  }

  #complete(event: LogEvent, runId: string | null): void {
    this.#completions.push(event.position);
    const durationMs = this.#duration(event, runId);
    if (durationMs === null || durationMs < LONG_RUN_MS) return;
    const detail = textOf(event.data, "summary");
    this.#add(event, "completion", "done", `run:${runId}`, { ...this.#runOf(event, runId), runId, detail, durationMs, standing: "closed" });
  }

  /** The incident that is opened because a run failed belongs to that failure. */
  #incident(event: LogEvent, runId: string | null): void {
    const incidentId = textOf(event.data, "incident_id");
    if (!incidentId) return;
    const ofFailure = textOf(event.data, "category")?.startsWith("run_") && event.actor_type === "service";
    if (ofFailure && this.#join(`run:${runId}`, event, incidentId)) return;
    const title = textOf(event.data, "title");
    const name = title ? { text: title, code: false } : null;
    this.#add(event, "incident", "failed", `incident:${incidentId}`, { incidentId, runId, name, detail: textOf(event.data, "summary") });
  }

  #close(incidentId: string | null): void {
    for (const [key, found] of this.#found) if (found.incidentId === incidentId) this.#change(key, { standing: "closed" });
  }

  /** What a run is called, and who asked for it. */
  #runOf(event: LogEvent, runId: string | null): Named {
    const told = this.#named.get(runId ?? "");
    if (told) return told;
    if (runId) this.#unknown.add(runId);
    const { name = null, by = whoOf(event) } = this.known.get(runId ?? "") ?? {};
    return { name, by };
  }

  #duration(event: LogEvent, runId: string | null): number | null {
    if (!runId) return null;
    const told = numberOf(fieldsOf(event.data)["output"], "duration_ms");
    const started = this.#starts.get(runId);
    if (started) return Date.parse(event.occurred_at) - Date.parse(started);
    if (told !== null) return told;
    this.#unknown.add(runId);
    const startedAt = this.known.get(runId)?.startedAt;
    return startedAt ? Date.parse(event.occurred_at) - Date.parse(startedAt) : null;
  }
}

/** What happened in the same moment was seen with it; what was added later was not. */
const readTo = (before: Notification, event: LogEvent): number =>
  event.occurred_at === before.event.occurred_at ? event.position : before.readTo;

const whoOf = (event: LogEvent): Who => ({ type: event.actor_type, id: event.actor_id });

function nameOf(data: unknown): Notification["name"] {
  const input = fieldsOf(data)["input"];
  const argv = wordsOf(fieldsOf(input)["command"], "argv") ?? wordsOf(input, "argv");
  const line = argv ? formatArgv(argv) : null;
  const title = textOf(data, "title");
  if (title && title !== line) return { text: title, code: false };
  return line ? { text: line, code: true } : null;
}

/** What was asked for: its title, its command, or the action and what it is about. */
function requestName(data: unknown): Notification["name"] {
  const title = textOf(data, "title");
  if (title) return { text: title, code: false };
  const payload = fieldsOf(data)["payload"];
  const argv = wordsOf(payload, "argv") ?? wordsOf(fieldsOf(payload)["command"], "argv");
  if (argv) return { text: formatArgv(argv), code: true };
  const text = [textOf(data, "action"), textOf(data, "target")].filter(Boolean).join(" ");
  return text ? { text, code: true } : null;
}

import type { LogEvent } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { fieldsOf, numberOf, textOf, wordsOf } from "../../text/json";
import { formatBytes } from "../../text/measure";
import { strings } from "../strings";

export type SpanKind = "run" | "wait" | "attempt" | "step" | "tool" | "artifact" | "denial";
/** Kinds that happen at one moment: a mark without a duration. */
export const isMoment = (kind: SpanKind): boolean => kind === "artifact" || kind === "denial";
/** What a run waited for: a worker, a worker after it lost one, or the owner. */
export type WaitFor = "worker" | "another" | "approval";
export type SpanState = "open" | "succeeded" | "failed" | "cancelled" | "mark";

/** One bar of the waterfall: something with a beginning and, once over, an end. */
export interface RunSpan {
  key: string;
  kind: SpanKind;
  depth: number;
  label: string;
  /** A command or a program's own name, shown in mono. */
  code: boolean;
  state: SpanState;
  startMs: number;
  endMs: number | null;
  note: string | null;
  /** Of a wait: for what. */
  waitFor: WaitFor | null;
  /** The event that opens the inspector. */
  eventId: string;
}

/** Why a holder gives a run back that then waits for the owner. */
const WAITING_FOR_APPROVAL = "waiting_for_approval";
/** A wait shorter than this is not worth a bar. */
const WAIT_SHOWN_MS = 50;

const at = (event: LogEvent): number => Date.parse(event.occurred_at);

const endings: Record<string, SpanState> = {
  "run.completed": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};

/** Builds the tree of a run, depth first, in order of beginning. */
export function runSpans(events: readonly LogEvent[]): RunSpan[] {
  const builder = new Builder();
  for (const event of events) builder.take(event);
  return builder.finish();
}

class Builder {
  #root: RunSpan | null = null;
  #wait: RunSpan | null = null;
  /** Who decided about an approval last. */
  #decider: string | null = null;
  #attempts: RunSpan[] = [];
  #children = new Map<RunSpan, RunSpan[]>();
  #steps = new Map<string, RunSpan>();
  #tools = new Map<string, RunSpan>();

  take(event: LogEvent): void {
    const { data } = event;
    switch (event.event_type) {
      case "run.created":
        this.#root = begin(event);
        this.#beginWait(event, "worker");
        break;
      case "run.waiting":
        this.#endWait(at(event), null);
        this.#beginWait(event, "approval");
        break;
      case "approval.decided":
        this.#decider = event.actor_id;
        break;
      case "run.approved":
        this.#endWait(at(event), this.#decider);
        this.#beginWait(event, "worker");
        break;
      case "run.claimed":
        this.#endWait(at(event), null);
        this.#beginAttempt(event, numberOf(data, "attempt_no"), textOf(data, "actor_id") ?? event.actor_id);
        break;
      case "run.started":
        this.#endWait(at(event), null);
        if (this.#attempts.length === 0) this.#beginAttempt(event, null, event.actor_id);
        break;
      case "run.lease.released":
      case "run.lease.expired":
        this.#loseAttempt(event);
        break;
      case "run.cancel.requested":
        if (this.#root) this.#root.note = strings.run.cancelRequested;
        break;
      case "step.created":
        this.#step(event);
        break;
      case "tool.invoked":
        this.#tool(event);
        break;
      case "tool.succeeded":
      case "tool.failed":
        this.#endTool(event);
        break;
      case "artifact.created":
        this.#artifact(event);
        break;
      case "policy.denied":
        this.#denial(event);
        break;
      default: {
        const state = endings[event.event_type];
        if (state) this.#end(event, state);
      }
    }
  }

  finish(): RunSpan[] {
    if (!this.#root) return this.#attempts.flatMap((span) => this.#flat(span));
    const below = [...this.#attempts];
    if (this.#wait) below.push(this.#wait);
    below.push(...(this.#children.get(this.#root) ?? []));
    below.sort((a, b) => a.startMs - b.startMs);
    return [this.#root, ...below.flatMap((span) => this.#flat(span))];
  }

  #flat(span: RunSpan): RunSpan[] {
    return [span, ...(this.#children.get(span) ?? []).flatMap((child) => this.#flat(child))];
  }

  #under(parent: RunSpan | undefined, child: RunSpan): void {
    const holder = parent ?? this.#attempts.at(-1) ?? this.#root;
    if (!holder) {
      this.#attempts.push({ ...child, depth: 0 });
      return;
    }
    child.depth = holder.depth + 1;
    this.#children.set(holder, [...(this.#children.get(holder) ?? []), child]);
  }

  #beginWait(event: LogEvent, waitFor: WaitFor): void {
    this.#wait = { ...open(event, "wait", 1, strings.run.waitingFor[waitFor]), waitFor };
  }

  #endWait(end: number, decider: string | null): void {
    const wait = this.#wait;
    this.#wait = null;
    if (!wait || !this.#root || end - wait.startMs < WAIT_SHOWN_MS) return;
    wait.endMs = end;
    wait.state = "mark";
    wait.label = strings.run.waitedFor[wait.waitFor ?? "worker"];
    if (wait.waitFor === "approval" && decider) wait.note = strings.run.decidedBy(decider);
    this.#children.set(this.#root, [...(this.#children.get(this.#root) ?? []), wait]);
  }

  /** What its holder let go of, or lost, is not what failed: it is offered again. */
  #loseAttempt(event: LogEvent): void {
    const expired = event.event_type === "run.lease.expired";
    const toWait = textOf(event.data, "reason") === WAITING_FOR_APPROVAL;
    const note = expired ? strings.run.leaseExpired : toWait ? strings.run.pausedForApproval : strings.run.givenBack;
    this.#endAttempt(at(event), expired ? "failed" : "cancelled", note);
    this.#beginWait(event, "another");
  }

  #beginAttempt(event: LogEvent, no: number | null, engine: string): void {
    const span = open(event, "attempt", 1, strings.attempt(no ?? this.#attempts.length + 1));
    span.note = engine;
    this.#attempts.push(span);
  }

  #endAttempt(end: number, state: SpanState, note: string | null): void {
    const attempt = this.#attempts.at(-1);
    if (!attempt || attempt.endMs !== null) return;
    attempt.endMs = end;
    attempt.state = state;
    if (note) attempt.note = note;
    for (const child of this.#flat(attempt).slice(1)) close(child, end, state);
  }

  #step(event: LogEvent): void {
    const span = open(event, "step", 0, textOf(event.data, "title") ?? textOf(event.data, "kind") ?? strings.run.aStep);
    // A step that is a command is called by it.
    span.code = textOf(event.data, "kind") === "command";
    this.#steps.set(event.step_id ?? textOf(event.data, "step_id") ?? event.event_id, span);
    this.#under(undefined, span);
  }

  #tool(event: LogEvent): void {
    const input = fieldsOf(event.data)["input"];
    const argv = wordsOf(input, "argv");
    const name = textOf(event.data, "tool_name") ?? strings.run.aTool;
    const span = open(event, "tool", 0, argv ? formatArgv(argv) : (textOf(event.data, "title") ?? name));
    span.code = argv !== null;
    span.note = argv ? null : name;
    this.#tools.set(textOf(event.data, "tool_call_id") ?? event.event_id, span);
    this.#under(this.#steps.get(event.step_id ?? ""), span);
  }

  #endTool(event: LogEvent): void {
    const span = this.#tools.get(textOf(event.data, "tool_call_id") ?? "");
    if (!span) return;
    const result = fieldsOf(event.data)["output"] ?? fieldsOf(event.data)["error"];
    const exit = numberOf(result, "exit_code");
    const signal = textOf(result, "signal");
    // What was ended because somebody wished so did not fail by itself.
    const ending = textOf(fieldsOf(event.data)["error"], "code") === "cancelled" ? "cancelled" : "failed";
    close(span, at(event), event.event_type === "tool.succeeded" ? "succeeded" : ending);
    if (exit !== null) span.note = strings.run.exit(exit);
    else if (signal) span.note = strings.run.signal(signal);
    else if (event.event_type === "tool.failed") span.note = textOf(event.data, "message") ?? span.note;
    const step = this.#steps.get(event.step_id ?? "");
    // A step is over when its last tool call is; it opens again with the next.
    if (step) {
      step.endMs = at(event);
      step.state = span.state;
    }
  }

  #artifact(event: LogEvent): void {
    const span = open(event, "artifact", 0, textOf(event.data, "title") ?? textOf(event.data, "kind") ?? strings.run.anArtifact);
    span.endMs = span.startMs;
    span.state = "mark";
    const size = numberOf(event.data, "size_bytes");
    span.note = size === null ? null : formatBytes(size);
    this.#under(this.#steps.get(event.step_id ?? ""), span);
  }

  /** What the gate did not allow, where it was asked for. In shadow mode it was let through: no denial. */
  #denial(event: LogEvent): void {
    const { data } = event;
    if (fieldsOf(data)["blocked"] === false) return;
    const asked = [textOf(data, "action"), textOf(data, "target")].filter(Boolean).join(" ");
    const span = open(event, "denial", 0, asked || strings.run.aTool);
    span.code = true;
    span.endMs = span.startMs;
    span.state = "failed";
    span.note = strings.run.denied(textOf(data, "reason") ?? textOf(data, "reason_code"));
    this.#under(this.#steps.get(event.step_id ?? ""), span);
  }

  #end(event: LogEvent, state: SpanState): void {
    this.#endWait(at(event), this.#decider);
    this.#endAttempt(at(event), state, null);
    if (this.#root) close(this.#root, at(event), state);
  }
}

function begin(event: LogEvent): RunSpan {
  const argv = wordsOf(fieldsOf(fieldsOf(event.data)["input"])["command"], "argv");
  const line = argv ? formatArgv(argv) : null;
  const title = textOf(event.data, "title");
  const span = open(event, "run", 0, title ?? line ?? strings.run.aRun);
  span.code = line !== null && span.label === line;
  return span;
}

function open(event: LogEvent, kind: SpanKind, depth: number, label: string): RunSpan {
  return {
    key: `${kind}:${event.event_id}`,
    kind,
    depth,
    label,
    code: false,
    state: "open",
    startMs: at(event),
    endMs: null,
    note: null,
    waitFor: null,
    eventId: event.event_id,
  };
}

function close(span: RunSpan, end: number, state: SpanState): void {
  if (span.endMs !== null && span.state !== "open") return;
  span.endMs = end;
  span.state = state;
}

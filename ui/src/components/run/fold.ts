import type { LogEvent, Run, RunStatus } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { stripAnsi } from "../../text/ansi";
import { fieldsOf, numberOf, textOf, wordsOf } from "../../text/json";
import type { ShownStatus } from "../Mark";

/** How much of the newest output is looked at for the last line. */
const LAST_LINE_CHARS = 2000;

/** A run as its events tell it. What an earlier, not loaded event said is `null`. */
export interface RunStory {
  runId: string;
  roomId: string | null;
  title: string | null;
  argv: readonly string[] | null;
  status: RunStatus | null;
  cancelling: boolean;
  /** Queued, but only until the owner has decided. */
  waitsForApproval: boolean;
  requestedBy: { type: string; id: string } | null;
  engine: string | null;
  attempt: number | null;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  exitCode: number | null;
  signal: string | null;
  outcome: string | null;
}

const commandOf = (input: unknown): string[] | null =>
  wordsOf(fieldsOf(input)["command"], "argv") ?? wordsOf(input, "argv");

/** The story of one run from its events in order of position. */
export function foldRun(runId: string, events: readonly LogEvent[]): RunStory {
  const story: RunStory = {
    runId,
    roomId: events[0]?.room_id ?? null,
    title: null,
    argv: null,
    status: null,
    cancelling: false,
    waitsForApproval: false,
    requestedBy: null,
    engine: null,
    attempt: null,
    createdAt: null,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    signal: null,
    outcome: null,
  };
  for (const event of events) tell(story, event);
  return story;
}

function tell(story: RunStory, event: LogEvent): void {
  const { data } = event;
  switch (event.event_type) {
    case "run.created":
      story.title = textOf(data, "title");
      story.argv = commandOf(fieldsOf(data)["input"]);
      story.status ??= "queued";
      story.createdAt = event.occurred_at;
      story.requestedBy = { type: event.actor_type, id: event.actor_id };
      break;
    case "run.waiting":
      story.waitsForApproval = true;
      story.status = "queued";
      break;
    case "run.approved":
      story.waitsForApproval = false;
      break;
    case "run.claimed":
      story.waitsForApproval = false;
      story.attempt = numberOf(data, "attempt_no");
      story.engine = textOf(data, "actor_id") ?? event.actor_id;
      story.status = "running";
      story.startedAt ??= event.occurred_at;
      break;
    case "run.started":
      story.status = "running";
      story.startedAt = event.occurred_at;
      break;
    case "run.lease.released":
    case "run.lease.expired":
      story.status = "queued";
      break;
    case "run.cancel.requested":
      story.cancelling = true;
      break;
    case "run.completed":
      end(story, event, "succeeded", textOf(data, "summary"));
      break;
    case "run.failed":
      end(story, event, "failed", textOf(data, "message"));
      break;
    case "run.cancelled":
      end(story, event, "cancelled", textOf(data, "reason"));
      break;
    case "tool.invoked":
      story.argv ??= commandOf(fieldsOf(data)["input"]);
      break;
    case "tool.succeeded":
    case "tool.failed":
      readExit(story, event);
      break;
    default:
      break;
  }
}

function end(story: RunStory, event: LogEvent, status: RunStatus, outcome: string | null): void {
  readExit(story, event);
  story.status = status;
  story.endedAt = event.occurred_at;
  story.outcome = outcome;
}

/** How a command ended is said of its tool call and of its run. */
function readExit(story: RunStory, event: LogEvent): void {
  const result = fieldsOf(event.data)["output"] ?? fieldsOf(event.data)["error"];
  story.exitCode = numberOf(result, "exit_code") ?? story.exitCode;
  story.signal = textOf(result, "signal") ?? story.signal;
}

/** The last line with something on it, of what a run printed last. */
export function lastLine(output: LogEvent): string | null {
  const text = textOf(output.data, "text") ?? "";
  const lines = stripAnsi(text.slice(-LAST_LINE_CHARS)).split("\n");
  return lines.findLast((line) => line.trim() !== "")?.trim() ?? null;
}

/** Fills what the loaded events do not say from the run's own record. */
export function withRecord(story: RunStory, run: Run): RunStory {
  return {
    ...story,
    roomId: story.roomId ?? run.room_id,
    title: story.title ?? run.title,
    argv: story.argv ?? commandOf(run.input),
    status: run.status,
    cancelling: story.cancelling || run.cancel_requested_at !== null,
    waitsForApproval: run.waiting_approval_id !== null,
    engine: story.engine ?? run.claimed_by_actor_id,
    attempt: story.attempt ?? run.attempt_no,
    createdAt: story.createdAt ?? run.created_at,
    startedAt: story.startedAt ?? run.started_at,
    endedAt: story.endedAt ?? run.ended_at,
  };
}

export const shownStatus = (story: Pick<RunStory, "status" | "cancelling">): ShownStatus => {
  const status = story.status ?? "running";
  return story.cancelling && (status === "running" || status === "queued") ? "cancelling" : status;
};

export const recordStatus = (run: Run): ShownStatus =>
  shownStatus({ status: run.status, cancelling: run.cancel_requested_at !== null });

/** What a run is called: its title, else its command. */
export function runName(story: Pick<RunStory, "title" | "argv">): { text: string; command: boolean } | null {
  const command = story.argv ? formatArgv(story.argv) : null;
  if (story.title && story.title !== command) return { text: story.title, command: false };
  return command ? { text: command, command: true } : null;
}

export const recordName = (run: Run) => runName({ title: run.title, argv: commandOf(run.input) });

export const runCommand = (run: Run): string[] | null => commandOf(run.input);

/** Milliseconds from start to end, or to `now` while it goes on; `null` before it started. */
export function runDuration(startedAt: string | null, endedAt: string | null, now: number): number | null {
  if (!startedAt) return null;
  const end = endedAt ? Date.parse(endedAt) : now;
  return Math.max(0, end - Date.parse(startedAt));
}

/** Turns a window of events into the rows of the timeline: day heads, events, and runs as blocks. */
import type { LogEvent } from "../../api/types";
import { filesOfEvent } from "../../api/files";
import { OUTPUT_TYPE } from "../../api/eventTypes";
import { isSameRequest, tellingOf } from "./request";
import { foldRun, type RunStory } from "../../components/run/fold";
import { textOf } from "../../text/json";
import { dayKey } from "../../text/time";

export type Row =
  | { kind: "day"; key: string; at: string }
  | { kind: "event"; key: string; event: LogEvent; lesser: readonly LogEvent[]; inRun: boolean; last: boolean }
  | { kind: "output"; key: string; chunks: readonly LogEvent[]; last: boolean }
  | { kind: "run"; key: string; story: RunStory; events: readonly LogEvent[]; open: boolean };

/** What stands by itself: an event, or the neighbours that tell of one request to the gate. */
interface Own {
  told: [LogEvent, ...LogEvent[]];
}

interface Group {
  runId: string;
  events: LogEvent[];
}

/** What a run says, and what is decided about it, stands by itself: a message, an approval, a refusal, an incident. */
const ownRow = (event: LogEvent): boolean =>
  event.run_id === null || /^(message|approval|policy|egress|incident)\./.test(event.event_type);

/** All events of runs that are open, by run. */
export type OpenedRuns = ReadonlyMap<string, readonly LogEvent[]>;

const NONE_OPENED: OpenedRuns = new Map();

/**
 * A run stands where its first loaded event stands, and holds all its events of the window.
 * Order within a run is always the order in which things happened.
 */
export function timelineRows(
  events: readonly LogEvent[],
  openRuns: ReadonlySet<string>,
  newestFirst = false,
  opened: OpenedRuns = NONE_OPENED,
): Row[] {
  const groups = new Map<string, Group>();
  const items: (Own | Group)[] = [];
  for (const event of events) {
    if (ownRow(event) || event.run_id === null) {
      const last = items.at(-1);
      if (last && "told" in last && isSameRequest(last.told.at(-1) ?? event, event)) last.told.push(event);
      else items.push({ told: [event] });
      continue;
    }
    const known = groups.get(event.run_id);
    if (known) {
      known.events.push(event);
      continue;
    }
    const group = { runId: event.run_id, events: [event] };
    groups.set(event.run_id, group);
    items.push(group);
  }
  if (newestFirst) items.reverse();

  const rows: Row[] = [];
  let day: string | null = null;
  // The log is in the order in which things were recorded: what is told late brings an earlier day once more.
  const heads = new Map<string, number>();
  for (const item of items) {
    const at = ("runId" in item ? item.events : item.told)[0]?.occurred_at;
    if (at !== undefined && dayKey(at) !== day) {
      day = dayKey(at);
      const before = heads.get(day) ?? 0;
      heads.set(day, before + 1);
      rows.push({ kind: "day", key: before === 0 ? `day:${day}` : `day:${day}:${before}`, at });
    }
    if ("runId" in item) pushRun(rows, item, openRuns.has(item.runId), opened.get(item.runId));
    else pushOwn(rows, item);
  }
  return rows;
}

function pushOwn(rows: Row[], { told }: Own): void {
  const event = tellingOf(told);
  const lesser = told.filter((other) => other !== event);
  rows.push({ kind: "event", key: event.event_id, event, lesser, inRun: false, last: false });
}

function pushRun(rows: Row[], { runId, events }: Group, open: boolean, all: readonly LogEvent[] = events): void {
  rows.push({ kind: "run", key: `run:${runId}`, story: foldRun(runId, events), events, open });
  if (!open) return;
  let output: LogEvent[] | null = null;
  for (const event of all) {
    if (ownRow(event)) continue;
    if (event.event_type !== OUTPUT_TYPE) {
      output = null;
      rows.push({ kind: "event", key: event.event_id, event, lesser: [], inRun: true, last: false });
    } else if (output) {
      output.push(event);
    } else {
      output = [event];
      rows.push({ kind: "output", key: `output:${event.event_id}`, chunks: output, last: false });
    }
  }
  const last = rows.at(-1);
  if (last && (last.kind === "event" || last.kind === "output")) last.last = true;
}

/** The row that shows an event: its own, or else the block of its run. */
export function rowOfEvent(rows: readonly Row[], eventId: string, runId: string | null): number {
  const own = rows.findIndex(
    (row) =>
      (row.kind === "event" && [row.event, ...row.lesser].some((event) => event.event_id === eventId)) ||
      (row.kind === "output" && row.chunks.some((chunk) => chunk.event_id === eventId)) ||
      (row.kind === "run" && row.events.some((event) => event.event_id === eventId) && !row.open),
  );
  if (own >= 0 || runId === null) return own;
  return rows.findIndex((row) => row.kind === "run" && row.story.runId === runId);
}

/** Rows a person can stand on with the keyboard. */
export const isStop = (row: Row): boolean => row.kind !== "day";

const ROW_PX = { day: 36, event: 32, run: 50, message: 34, output: 26, files: 30 } as const;
const LINE_PX = { text: 20, output: 18 } as const;
/** Longer ones are folded, or scroll in themselves. */
const LINES_SHOWN = { text: 12, output: 20 } as const;
const LINE_CHARS = 90;

/** What a row is taken for until it is measured; the closer, the less the list shifts under the reader. */
export function rowPx(row: Row | undefined): number {
  switch (row?.kind) {
    case "day":
      return ROW_PX.day;
    case "run":
      return ROW_PX.run;
    case "output":
      return ROW_PX.output + LINE_PX.output * Math.min(LINES_SHOWN.output, row.chunks.length * 2);
    case "event": {
      const files = filesOfEvent(row.event).length > 0 ? ROW_PX.files : 0;
      if (row.event.event_type !== "message.created") return ROW_PX.event + files;
      const text = textOf(row.event.data, "content_md") ?? "";
      const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE_CHARS)), 0);
      return ROW_PX.message + files + LINE_PX.text * Math.min(LINES_SHOWN.text, lines);
    }
    case undefined:
      return ROW_PX.event;
  }
}

export const rowTime = (row: Row): string => {
  switch (row.kind) {
    case "day":
      return row.at;
    case "event":
      return row.event.occurred_at;
    case "output":
      return row.chunks[0]?.occurred_at ?? "";
    case "run":
      return row.events[0]?.occurred_at ?? "";
  }
};

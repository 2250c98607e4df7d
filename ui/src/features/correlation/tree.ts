/** Everything of one correlation as one tree: each thing under what caused it, runs as one thing each. */
import type { LogEvent } from "../../api/types";
import { foldRun, type RunStory } from "../../components/run/fold";
import { runSpans, type RunSpan } from "../../components/run/spans";

interface Common {
  key: string;
  startMs: number;
  /** `null` while it goes on; for what has no length, its beginning. */
  endMs: number | null;
  /** Position of its first event: the order of the tree. */
  position: number;
  roomId: string | null;
  /** Milliseconds since what caused it. */
  afterMs: number | null;
  /** The cause is not among these events: it has another correlation, or is not loaded. */
  outside: string | null;
  children: Node[];
}

export type Node =
  | (Common & { kind: "event"; event: LogEvent })
  | (Common & { kind: "run"; story: RunStory; spans: readonly RunSpan[]; events: readonly LogEvent[] });

/** One line of the drawn tree. */
export type TreeRow =
  | { kind: "event"; key: string; depth: number; node: Node & { kind: "event" } }
  | { kind: "run"; key: string; depth: number; node: Node & { kind: "run" }; open: boolean }
  | { kind: "span"; key: string; depth: number; span: RunSpan };

/** What is told by the run itself; an approval, a refusal or an incident stands for itself. */
const ofItsRun = (event: LogEvent): boolean => event.run_id !== null && /^(run|step|tool|artifact)\./.test(event.event_type);

const at = (event: LogEvent): number => Date.parse(event.occurred_at);

/** The roots, each with what it led to, in order of position. `events` are ascending. */
export function correlationTree(events: readonly LogEvent[]): Node[] {
  const runs = new Map<string, LogEvent[]>();
  for (const event of events) {
    if (!event.run_id) continue;
    const known = runs.get(event.run_id);
    if (known) known.push(event);
    else runs.set(event.run_id, [event]);
  }
  const nodes: Node[] = [];
  const nodeOf = new Map<string, Node>();
  const runNodes = new Map<string, Node>();
  for (const event of events) {
    const runId = event.run_id ?? "";
    let node = ofItsRun(event) ? runNodes.get(runId) : undefined;
    if (!node) {
      node = ofItsRun(event) ? runNode(event, runs.get(runId) ?? []) : eventNode(event);
      if (node.kind === "run") runNodes.set(runId, node);
      nodes.push(node);
    }
    nodeOf.set(event.event_id, node);
  }
  const byId = new Map(events.map((event) => [event.event_id, event]));
  const roots: Node[] = [];
  for (const node of nodes) {
    const first = node.kind === "run" ? node.events.find(ofItsRun) : node.event;
    const cause = byId.get(first?.causation_id ?? "");
    let parent = cause && cause.position < node.position ? nodeOf.get(cause.event_id) : undefined;
    if (parent && cause && first) node.afterMs = Math.max(0, at(first) - at(cause));
    else node.outside = first?.causation_id ?? null;
    // What names a run belongs to it also when its cause is not known here.
    if (!parent && node.kind === "event" && node.event.run_id) {
      const run = runNodes.get(node.event.run_id);
      if (run && run.position < node.position) parent = run;
    }
    (parent ? parent.children : roots).push(node);
  }
  return roots;
}

function eventNode(event: LogEvent): Node {
  const startMs = at(event);
  return {
    kind: "event",
    key: event.event_id,
    event,
    startMs,
    endMs: startMs,
    position: event.position,
    roomId: event.room_id,
    afterMs: null,
    outside: null,
    children: [],
  };
}

function runNode(first: LogEvent, events: readonly LogEvent[]): Node {
  const runId = first.run_id ?? "";
  const story = foldRun(runId, events);
  return {
    kind: "run",
    key: `run:${runId}`,
    story,
    spans: runSpans(events),
    events,
    startMs: at(first),
    endMs: story.endedAt === null ? null : Date.parse(story.endedAt),
    position: first.position,
    roomId: first.room_id,
    afterMs: null,
    outside: null,
    children: [],
  };
}

/** How many runs there are in the tree. */
export const runsIn = (nodes: readonly Node[]): (Node & { kind: "run" })[] =>
  nodes.flatMap((node) => [...(node.kind === "run" ? [node] : []), ...runsIn(node.children)]);

/** Whether a run shows its parts unless a person says otherwise: the only one, what goes on, what failed. */
const opensByItself = (run: Node & { kind: "run" }, runs: number): boolean =>
  runs === 1 || run.endMs === null || run.story.status === "failed";

/** The lines of the tree, depth first. `turned` holds which runs a person opened or closed. */
export function treeRows(roots: readonly Node[], turned: ReadonlyMap<string, boolean>): TreeRow[] {
  const rows: TreeRow[] = [];
  const runs = runsIn(roots).length;
  const push = (node: Node, depth: number): void => {
    if (node.kind === "event") {
      rows.push({ kind: "event", key: node.key, depth, node });
    } else {
      const open = turned.get(node.key) ?? opensByItself(node, runs);
      rows.push({ kind: "run", key: node.key, depth, node, open });
      // The run's own bar stands in its line already.
      const parts = open ? node.spans.filter((span) => span.kind !== "run") : [];
      for (const span of parts) rows.push({ kind: "span", key: `${node.key} ${span.key}`, depth: depth + Math.max(1, span.depth), span });
    }
    for (const child of node.children) push(child, depth + 1);
  };
  for (const root of roots) push(root, 0);
  return rows;
}

/** The line that shows an event: its own, that of its part, or that of its run. */
export function rowOf(rows: readonly TreeRow[], eventId: string): number {
  const own = rows.findIndex(
    (row) =>
      (row.kind === "event" && row.node.event.event_id === eventId) || (row.kind === "span" && row.span.eventId === eventId),
  );
  if (own >= 0) return own;
  return rows.findIndex((row) => row.kind === "run" && row.node.events.some((event) => event.event_id === eventId));
}

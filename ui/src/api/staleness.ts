/**
 * Which queries an event makes stale. An event says what happened, never what the page should do;
 * this table is the only place where one becomes the other.
 */
import { ATTENTION_TYPES } from "./eventTypes";
import type { LogEvent } from "./types";

export const tags = {
  whoami: () => ["whoami"] as const,
  rooms: () => ["rooms"] as const,
  channels: () => ["channels"] as const,
  threads: (roomId: string) => ["threads", roomId] as const,
  runs: () => ["runs"] as const,
  run: (runId: string) => ["run", runId] as const,
  structure: (runId: string) => ["structure", runId] as const,
  output: (runId: string) => ["output", runId] as const,
  lastOutput: (runId: string) => ["output", runId, "last"] as const,
  artifacts: (runId: string) => ["artifacts", runId] as const,
  events: () => ["events"] as const,
  event: (eventId: string) => ["event", eventId] as const,
  search: () => ["search"] as const,
  diagnostics: () => ["diagnostics"] as const,
  approvals: () => ["approvals"] as const,
  claims: () => ["claims"] as const,
  actions: () => ["actions"] as const,
  policy: () => ["policy"] as const,
  incidents: () => ["incidents"] as const,
  notifications: () => ["notifications"] as const,
  cursor: () => ["cursor"] as const,
  evidence: (runId: string) => ["evidence", runId] as const,
  pipeline: () => ["pipeline"] as const,
  engines: () => ["engines"] as const,
  agents: () => ["agents"] as const,
  tasks: () => ["tasks"] as const,
  redactions: (eventId: string) => ["redactions", eventId] as const,
};

export type Tag = readonly string[];

type Rule = (event: LogEvent) => Tag[];

const ofRun: Rule = (event) => (event.run_id ? [tags.runs(), tags.run(event.run_id)] : [tags.runs()]);

/** What happens inside a run changes its page, not the list of runs. */
const ofOneRun: Rule = (event) => (event.run_id ? [tags.run(event.run_id)] : []);

/** What may need a person is counted anew. */
const ofAttention: Rule = (event) => (ATTENTION_TYPES.some((type) => type === event.event_type) ? [tags.notifications()] : []);
/** What moves a card of the pipeline board, whatever else it changes. */
const MOVES_CARDS = /^(run|approval|experiment|scorecard|evidence|incident)\./;
/** Whose holders change with it. */
const CHANGES_HOLDERS = /^engine\.|^run\.(claimed|lease\.|completed|failed|cancelled)/;

/** By the first word of an event type; an unknown word makes nothing stale. */
const rules: Record<string, Rule> = {
  room: () => [tags.rooms()],
  thread: (event) => (event.room_id ? [tags.threads(event.room_id)] : []),
  message: () => [tags.search()],
  channel: () => [tags.channels(), tags.search()],
  // What becomes of a task is told on its channel.
  task: () => [tags.tasks(), tags.channels(), tags.search()],
  topic: (event) => (event.event_type.startsWith("topic.claim.") ? [tags.claims()] : []),
  run: ofRun,
  step: ofOneRun,
  tool: (event) => (event.event_type === "tool.output" ? [] : ofOneRun(event)),
  // A decision may let the run that waits for it go on.
  approval: (event) => [tags.approvals(), ...ofOneRun(event)],
  incident: () => [tags.incidents()],
  policy: () => [tags.policy()],
  evidence: (event) => (event.run_id ? [tags.evidence(event.run_id)] : []),
  agent: () => [tags.agents()],
  artifact: (event) => (event.run_id ? [tags.artifacts(event.run_id), tags.run(event.run_id)] : []),
  event: (event) => {
    const target = (event.data as { target_event_id?: unknown } | null)?.target_event_id;
    return typeof target === "string" ? [tags.event(target), tags.search()] : [tags.search()];
  },
};

/** The tags that a batch makes stale, each once. */
export function staleTags(batch: readonly LogEvent[]): Tag[] {
  const found = new Map<string, Tag>();
  for (const event of batch) {
    const noun = event.event_type.split(".", 1)[0] ?? "";
    const also = [
      ...ofAttention(event),
      ...(MOVES_CARDS.test(event.event_type) ? [tags.pipeline()] : []),
      ...(CHANGES_HOLDERS.test(event.event_type) ? [tags.engines()] : []),
    ];
    for (const tag of [...(rules[noun]?.(event) ?? []), ...also]) found.set(tag.join("\u0000"), tag);
  }
  return [...found.values()];
}

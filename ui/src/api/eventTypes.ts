/** The types of events this version knows; the page and the runtime are built together. */
export const EVENT_TYPES = [
  "room.created",
  "thread.created",
  "message.created",
  "run.created",
  "run.claimed",
  "run.started",
  "run.waiting",
  "run.approved",
  "run.lease.released",
  "run.lease.expired",
  "run.cancel.requested",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "step.created",
  "tool.invoked",
  "tool.output",
  "tool.succeeded",
  "tool.failed",
  "artifact.created",
  "event.redacted",
  "secret.leaked.detected",
  "engine.registered",
  "engine.token.issued",
  "engine.token.revoked",
  "engine.deactivated",
  "agent.registered",
  "agent.quarantined",
  "agent.unquarantined",
  "agent.capability.granted",
  "agent.capability.revoked",
  "agent.delegation.attempted",
  "policy.denied",
  "policy.requires_approval",
  "policy.kill_switch.changed",
  "policy.mode.changed",
  "approval.requested",
  "approval.joined",
  "approval.decided",
  "approval.consumed",
  "approval.expired",
  "egress.requested",
  "egress.allowed",
  "egress.blocked",
  "egress.request.started",
  "egress.request.performed",
  "egress.request.failed",
  "quota.exceeded",
  "resource.labelled",
  "data.access.denied",
  "data.access.purpose_hint_mismatch",
  "data.access.justified",
  "data.access.unjustified",
  "evidence.manifest.created",
  "experiment.created",
  "experiment.updated",
  "experiment.closed",
  "scorecard.recorded",
  "incident.opened",
  "incident.rca.updated",
  "incident.learning.logged",
  "incident.closed",
  "channel.message.published",
  "task.created",
  "task.claimed",
  "task.updated",
  "task.done",
  "task.abandoned",
  "task.interrupted",
  "task.lease.expired",
  "topic.locked",
  "topic.unlocked",
  "topic.granted",
  "topic.revoked",
  "topic.advertised",
  "topic.withdrawn",
  "topic.key.issued",
  "topic.key.revoked",
  "topic.app.created",
  "topic.app.deleted",
  "topic.public_key.added",
  "topic.public_key.removed",
  "topic.claim.requested",
  "topic.claim.confirmed",
  "topic.claim.refused",
  "topic.claim.used",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What a program printed, in chunks: there may be more of it than of everything else together. */
export const OUTPUT_TYPE: EventType = "tool.output";

/** What happens inside a run: a run is one line of the timeline, and asks for these when it is opened. */
export const INNER_TYPES: readonly EventType[] = [
  "step.created",
  "tool.invoked",
  OUTPUT_TYPE,
  "tool.succeeded",
  "tool.failed",
  "artifact.created",
];

/** What else shapes a run: who decided about what it waited for, and what the gate did not let it do. */
const AROUND_TYPES: readonly EventType[] = ["approval.decided", "policy.denied"];

/** Everything that shapes a run, but what it printed. */
export const RUN_TYPES: readonly EventType[] = EVENT_TYPES.filter(
  (type) => type.startsWith("run.") || AROUND_TYPES.includes(type) || (INNER_TYPES.includes(type) && type !== OUTPUT_TYPE),
);

/** What may need a person, and what settles it: enough to tell of each whether it still does. */
export const ATTENTION_TYPES: readonly EventType[] = [
  "approval.requested",
  "approval.decided",
  "approval.expired",
  "run.waiting",
  "run.failed",
  "incident.opened",
  "incident.closed",
  "secret.leaked.detected",
  "policy.denied",
];

/** The same with what tells how long a run took. */
export const NOTIFIED_TYPES: readonly EventType[] = [...ATTENTION_TYPES, "run.created", "run.started", "run.completed"];

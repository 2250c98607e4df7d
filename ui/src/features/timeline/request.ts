/** What the log says of one request to the gate is several events; a reader wants one line that says how it ended. */
import type { EventType } from "../../api/eventTypes";
import type { LogEvent } from "../../api/types";
import { fieldsOf } from "../../text/json";

/** Of the events of one request the one that says most is shown. */
const SAYS: Partial<Record<EventType, number>> = {
  "egress.requested": 1,
  "policy.requires_approval": 2,
  "approval.consumed": 3,
  "policy.denied": 4,
  "egress.blocked": 5,
  "egress.allowed": 6,
  "approval.joined": 7,
  "approval.requested": 8,
};

const saysOf = (event: LogEvent): number | undefined => SAYS[event.event_type as EventType];

/** In shadow mode what was decided and what happened differ: both are shown. */
const wasLetThrough = (event: LogEvent): boolean =>
  event.event_type.startsWith("policy.") && fieldsOf(event.data)["blocked"] === false;

/** Whether two neighbours of the log are of one request. */
export const isSameRequest = (one: LogEvent, next: LogEvent): boolean =>
  one.correlation_id === next.correlation_id &&
  one.actor_id === next.actor_id &&
  next.event_type !== "egress.requested" &&
  [one, next].every((event) => saysOf(event) !== undefined && !wasLetThrough(event));

/** The event that stands for all of one request. */
export const tellingOf = (events: readonly [LogEvent, ...LogEvent[]]): LogEvent =>
  events.reduce((best, event) => ((saysOf(event) ?? 0) > (saysOf(best) ?? 0) ? event : best));

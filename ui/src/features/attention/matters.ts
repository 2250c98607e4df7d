/** What of the log concerns the person at once: what waits for them, and what went wrong. */
import type { LogEvent } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { fieldsOf, textOf, wordsOf } from "../../text/json";
import { strings } from "./strings";

/** One thing to tell. */
export interface Matter {
  /** The address of the thing itself, which is also its name: one thing rings once. */
  href: string;
  reason: "blocked" | "failed";
  title: string;
  body: string;
  /** The run it is about, whose name the event does not tell. */
  runId: string | null;
}

/** What an event means for whoever rings. */
export type Reading = { kind: "arises"; matter: Matter } | { kind: "settles"; href: string };

/** The way a run ends when the owner refused it: no news to the owner. */
const REFUSED_BY_OWNER = "approval_denied";

const approvalHref = (id: string): string => `/approvals/${encodeURIComponent(id)}`;
/** Claims have no page of their own: they are among the approvals. */
const claimHref = (id: string): string => `/approvals?claim=${encodeURIComponent(id)}`;
const runHref = (id: string): string => `/runs/${encodeURIComponent(id)}`;
const incidentHref = (id: string): string => `/incidents/${encodeURIComponent(id)}`;

/** What the event means here; most mean nothing. */
export function readEvent(event: LogEvent): Reading | null {
  const { data } = event;
  const approval = textOf(data, "approval_id");
  const claim = textOf(data, "claim_id");
  const incident = textOf(data, "incident_id");
  switch (event.event_type) {
    case "approval.requested":
      return approval ? arises(blocked(event, approval)) : null;
    case "approval.decided":
    case "approval.consumed":
    case "approval.expired":
      return approval ? { kind: "settles", href: approvalHref(approval) } : null;
    case "topic.claim.requested":
      return claim ? arises(claimed(event, claim)) : null;
    case "topic.claim.confirmed":
    case "topic.claim.refused":
      return claim ? { kind: "settles", href: claimHref(claim) } : null;
    case "run.failed":
      return event.run_id ? failed(event, event.run_id) : null;
    case "incident.opened":
      return incident ? arises(opened(event, incident)) : null;
    case "incident.closed":
      return incident ? { kind: "settles", href: placeOf(event, incident) } : null;
    default:
      return null;
  }
}

const arises = (matter: Matter): Reading => ({ kind: "arises", matter });

function blocked(event: LogEvent, approvalId: string): Matter {
  const { data } = event;
  const payload = fieldsOf(data)["payload"];
  const argv = wordsOf(payload, "argv") ?? wordsOf(fieldsOf(payload)["command"], "argv");
  const action = [textOf(data, "action"), textOf(data, "target")].filter(Boolean).join(" ");
  const what = textOf(data, "title") ?? (argv ? formatArgv(argv) : action);
  return {
    href: approvalHref(approvalId),
    reason: "blocked",
    title: strings.asks,
    body: strings.saidBy(event.actor_id, what),
    runId: null,
  };
}

const claimed = ({ data }: LogEvent, claimId: string): Matter => ({
  href: claimHref(claimId),
  reason: "blocked",
  title: strings.wantsKey(textOf(data, "principal") ?? ""),
  body: strings.signature(textOf(data, "signature") ?? ""),
  runId: null,
});

function failed(event: LogEvent, runId: string): Reading | null {
  const { data } = event;
  if (textOf(fieldsOf(data)["error"], "code") === REFUSED_BY_OWNER) return null;
  return arises({
    href: runHref(runId),
    reason: "failed",
    title: strings.runFailed,
    body: textOf(data, "message") ?? "",
    runId,
  });
}

/** An incident that came of a run is that run's failure, told once. */
const placeOf = (event: LogEvent, incidentId: string): string =>
  event.run_id ? runHref(event.run_id) : incidentHref(incidentId);

function opened(event: LogEvent, incidentId: string): Matter {
  return {
    href: placeOf(event, incidentId),
    reason: "failed",
    title: strings.incident,
    body: textOf(event.data, "title") ?? textOf(event.data, "summary") ?? "",
    runId: event.run_id,
  };
}

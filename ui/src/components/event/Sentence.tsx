import type { ReactNode } from "react";
import { rootCause } from "../../api/incidents";
import type { LogEvent } from "../../api/types";
import { formatArgv } from "../../text/argv";
import { fieldsOf, numberOf, textOf, wordsOf } from "../../text/json";
import { formatBytes, formatDuration } from "../../text/measure";
import { Phrase } from "../Phrase";
import { strings as shared } from "../strings";
import { strings } from "./strings";
import styles from "./Sentence.module.css";

const Name = ({ children }: { children: ReactNode }) => <strong className={styles.name}>{children}</strong>;
const Code = ({ children }: { children: ReactNode }) => <code className={styles.code}>{children}</code>;
const Aside = ({ children }: { children: ReactNode }) => <span className={styles.aside}>{children}</span>;

interface Told {
  text: string;
  parts?: Record<string, ReactNode>;
  /** How long it took, said right after the sentence. */
  span?: string | null;
  /** What an actor gave as its own words: said last, quieter. */
  note?: string | null;
}

type Teller = (event: LogEvent) => Told;

const topic = (text: string, { data }: LogEvent): Told => ({
  text,
  parts: {
    channel: <Name>#{textOf(data, "channel")}</Name>,
    agent: <Name>{textOf(data, "principal")}</Name>,
    key: <Name>{textOf(data, "key_name")}</Name>,
  },
});

const attempt = (event: LogEvent): string => shared.attempt(numberOf(event.data, "attempt_no"));

function tool(event: LogEvent): Told {
  const input = fieldsOf(event.data)["input"];
  const argv = wordsOf(input, "argv");
  if (argv) {
    return { text: strings.ranCommand, parts: { command: <Code>{formatArgv(argv)}</Code> }, note: textOf(input, "cwd") };
  }
  return {
    text: strings.calledTool,
    parts: { tool: <Code>{textOf(event.data, "tool_name") ?? strings.aTool}</Code> },
    note: textOf(event.data, "title"),
  };
}

function toolEnd(event: LogEvent): Told {
  const result = fieldsOf(event.data)["output"] ?? fieldsOf(event.data)["error"];
  const code = numberOf(result, "exit_code");
  const signal = textOf(result, "signal");
  const duration = numberOf(result, "duration_ms");
  const failed = event.event_type === "tool.failed";
  const ending = failed ? strings.toolFailed : strings.toolReturned;
  return {
    text: signal ? strings.toolKilled : code === null ? ending : strings.toolExited,
    parts: { signal, code },
    span: duration === null ? null : formatDuration(duration),
    note: failed ? textOf(event.data, "message") : null,
  };
}

function run(event: LogEvent): Told {
  const argv = wordsOf(fieldsOf(fieldsOf(event.data)["input"])["command"], "argv");
  const title = textOf(event.data, "title");
  const line = argv ? formatArgv(argv) : null;
  const command = line ? <Code>{line}</Code> : strings.aRun;
  if (!title || title === line) return { text: strings.askedFor, parts: { run: command } };
  return { text: line ? strings.askedForCommand : strings.askedFor, parts: { run: <Name>{title}</Name>, command } };
}

function step(event: LogEvent): Told {
  const kind = textOf(event.data, "kind");
  const title = textOf(event.data, "title");
  const named = kind === "command" ? <Code>{title ?? strings.aCommand}</Code> : <Name>{title ?? kind}</Name>;
  return { text: strings.stepCreated, parts: { step: named } };
}

function artifact(event: LogEvent): Told {
  const size = numberOf(event.data, "size_bytes");
  return {
    text: strings.keptArtifact,
    parts: { artifact: <Name>{textOf(event.data, "title") ?? textOf(event.data, "kind") ?? strings.anArtifact}</Name> },
    note: size === null ? null : formatBytes(size),
  };
}

const why = (event: LogEvent): string | null => textOf(event.data, "reason") ?? textOf(event.data, "reason_code");

/** Older events do not say what was asked for. */
const approval = (text: string, event: LogEvent): Told =>
  textOf(event.data, "action") === null
    ? { text, parts: { action: strings.aRequest }, note: why(event) }
    : { ...action(text, event), note: why(event) };

function action(text: string, event: LogEvent): Told {
  const target = textOf(event.data, "target");
  return { text, parts: { action: <Code>{[textOf(event.data, "action"), target].filter(Boolean).join(" ")}</Code> } };
}

const egress = (text: string, event: LogEvent): Told => ({
  text,
  parts: { target: <Code>{textOf(event.data, "target_domain")}</Code> },
  note: why(event),
});

const answered = (event: LogEvent): Told => {
  const { text, parts } = egress(strings.egressPerformed, event);
  const size = numberOf(event.data, "response_bytes");
  return {
    text,
    parts: { ...parts, status: <Code>{numberOf(event.data, "http_status")}</Code> },
    note: size === null ? null : formatBytes(size),
  };
};

const resource = (text: string, event: LogEvent): Told => {
  const name = [textOf(event.data, "resource_type"), textOf(event.data, "resource_id")].filter(Boolean).join(" ");
  return { text, parts: { resource: <Code>{name}</Code>, label: textOf(event.data, "label") } };
};

/** What a message or a report says, in words: its text, else itself. */
const said = (body: unknown): string | null => {
  if (typeof body === "string") return body;
  const text = textOf(body, "text") ?? textOf(body, "message");
  if (text) return text;
  const members = Object.keys(fieldsOf(body));
  return members.length === 0 ? null : JSON.stringify(body);
};

const task = (text: string, event: LogEvent, parts: Record<string, ReactNode> = {}): Told => ({
  text,
  parts: { task: <Name>{textOf(event.data, "title") ?? textOf(event.data, "task_id")}</Name>, ...parts },
});

const verdicts: Record<string, string> = {
  approve: strings.approved,
  deny: strings.approvalDenied,
  hold: strings.approvalHeld,
};

const tellers: Record<string, Teller> = {
  "room.created": ({ data }) => ({ text: strings.roomCreated, parts: { room: <Name>{textOf(data, "title")}</Name> } }),
  "thread.created": ({ data }) => ({
    text: strings.threadCreated,
    parts: { thread: <Name>{textOf(data, "title")}</Name> },
  }),
  "message.created": () => ({ text: strings.wrote }),
  "run.created": run,
  "run.claimed": (event) => ({ text: strings.runClaimed, parts: { attempt: attempt(event) } }),
  "run.started": () => ({ text: strings.runStarted }),
  "run.waiting": () => ({ text: strings.runWaiting }),
  "run.approved": () => ({ text: strings.runApproved }),
  "policy.denied": (event) => ({ ...action(strings.policyDenied, event), note: why(event) }),
  "policy.requires_approval": (event) => ({ ...action(strings.policyRequires, event), note: why(event) }),
  "policy.kill_switch.changed": (event) => ({
    text: fieldsOf(event.data)["enabled"] === true ? strings.killSwitchOn : strings.killSwitchOff,
    note: why(event),
  }),
  "policy.mode.changed": (event) => ({
    text: strings.policyMode,
    parts: { previous: <Code>{textOf(event.data, "previous")}</Code>, mode: <Code>{textOf(event.data, "mode")}</Code> },
    note: why(event),
  }),
  "approval.requested": (event) => ({ ...action(strings.approvalRequested, event), note: textOf(event.data, "title") }),
  "approval.joined": () => ({ text: strings.approvalJoined }),
  "approval.decided": (event) => approval(verdicts[textOf(event.data, "decision") ?? ""] ?? strings.approvalHeld, event),
  "approval.consumed": (event) => action(strings.approvalConsumed, event),
  "approval.expired": (event) => approval(strings.approvalExpired, event),
  "egress.requested": (event) => egress(strings.egressRequested, event),
  "egress.allowed": (event) => egress(strings.egressAllowed, event),
  "egress.blocked": (event) => egress(strings.egressBlocked, event),
  "egress.request.started": (event) => egress(strings.egressStarted, event),
  "egress.request.performed": (event) => answered(event),
  "egress.request.failed": (event) => ({ ...egress(strings.egressFailed, event), note: textOf(event.data, "message") }),
  "resource.labelled": (event) => resource(strings.labelled, event),
  "data.access.denied": (event) => ({ ...resource(strings.accessDenied, event), note: why(event) }),
  "data.access.purpose_hint_mismatch": (event) => resource(strings.accessForAnother, event),
  "data.access.justified": (event) => ({
    ...resource(strings.accessJustified, event),
    note: textOf(event.data, "justification"),
  }),
  "data.access.unjustified": (event) => resource(strings.accessUnjustified, event),
  "evidence.manifest.created": () => ({ text: strings.evidenceWritten }),
  "experiment.created": ({ data }) => ({
    text: strings.experimentCreated,
    parts: { experiment: <Name>{textOf(data, "title")}</Name> },
  }),
  "experiment.updated": () => ({ text: strings.experimentUpdated }),
  "experiment.closed": (event) => ({ text: strings.experimentClosed, note: why(event) }),
  "scorecard.recorded": ({ data }) => ({
    text: strings.scorecardRecorded,
    parts: { template: <Code>{textOf(data, "template_key")}</Code>, decision: <Code>{textOf(data, "decision")}</Code> },
    note: textOf(data, "rationale"),
  }),
  "run.lease.released": (event) => ({
    text: strings.leaseReleased,
    parts: { attempt: attempt(event) },
    note: textOf(event.data, "reason"),
  }),
  "run.lease.expired": (event) => ({ text: strings.leaseExpired, parts: { attempt: attempt(event) } }),
  "run.cancel.requested": ({ data }) => ({ text: strings.cancelRequested, note: textOf(data, "reason") }),
  "run.completed": ({ data }) => ({ text: strings.runCompleted, note: textOf(data, "summary") }),
  "run.failed": ({ data }) => ({ text: strings.runFailed, note: textOf(data, "message") }),
  "run.cancelled": ({ data }) => ({ text: strings.runCancelled, note: textOf(data, "reason") }),
  "step.created": step,
  "tool.invoked": tool,
  "tool.output": ({ data }) => ({
    text: strings.wroteTo,
    parts: { stream: textOf(data, "stream") ?? strings.itsOutput },
  }),
  "tool.succeeded": toolEnd,
  "tool.failed": toolEnd,
  "artifact.created": artifact,
  "event.redacted": ({ data }) => ({ text: strings.redacted, note: textOf(data, "reason") }),
  "secret.leaked.detected": ({ data }) => ({
    text: strings.secretFound,
    note: (wordsOf(data, "rule_ids") ?? []).join(", ") || null,
  }),
  "engine.registered": ({ data }) => ({
    text: strings.workerRegistered,
    parts: { worker: <Name>{textOf(data, "actor_id") ?? textOf(data, "engine_id")}</Name> },
  }),
  "incident.opened": ({ data }) => ({
    text: strings.incidentOpened,
    parts: { incident: <Name>{textOf(data, "title") ?? strings.anIncident}</Name> },
    note: textOf(data, "summary"),
  }),
  "incident.rca.updated": ({ data }) => ({ text: strings.rcaUpdated, note: rootCause(fieldsOf(data)["rca"])?.text ?? null }),
  "incident.learning.logged": ({ data }) => ({ text: strings.learningLogged, note: textOf(data, "note") }),
  "incident.closed": (event) => ({ text: strings.incidentClosed, note: why(event) }),
  "engine.token.issued": () => ({ text: strings.tokenIssued }),
  "engine.token.revoked": () => ({ text: strings.tokenRevoked }),
  "engine.deactivated": (event) => ({
    text: strings.workerDeactivated,
    parts: { worker: <Name>{textOf(event.data, "actor_id")}</Name> },
    note: why(event),
  }),
  "agent.registered": ({ data }) => ({
    text: strings.agentRegistered,
    parts: { agent: <Name>{textOf(data, "display_name")}</Name> },
  }),
  "agent.quarantined": ({ data }) => ({
    text: strings.agentQuarantined,
    parts: { agent: <Code>{textOf(data, "agent_id")}</Code> },
    note: textOf(data, "quarantine_reason"),
  }),
  "agent.unquarantined": ({ data }) => ({
    text: strings.agentUnquarantined,
    parts: { agent: <Code>{textOf(data, "agent_id")}</Code> },
  }),
  "agent.capability.granted": ({ data }) => ({
    text: textOf(data, "parent_token_id") ? strings.capabilityDelegated : strings.capabilityGranted,
  }),
  "agent.capability.revoked": (event) => ({ text: strings.capabilityRevoked, note: why(event) }),
  "agent.delegation.attempted": ({ data }) => ({
    text: strings.delegationRefused,
    note: textOf(data, "denied_reason"),
  }),
  "quota.exceeded": (event) => egress(strings.quotaExceeded, event),
  "channel.message.published": ({ data, stream_id, room_id }) => ({
    text: strings.published,
    parts: { type: <Code>{textOf(data, "type")}</Code>, channel: <Name>#{room_id ? `room.${room_id}` : stream_id}</Name> },
    note: said(fieldsOf(data)["body"]),
  }),
  "task.created": (event) => {
    const agent = textOf(event.data, "for");
    return task(agent ? strings.taskCreatedFor : strings.taskCreated, event, { agent: <Name>{agent}</Name> });
  },
  "task.claimed": (event) =>
    task(strings.taskClaimed, event, { attempt: shared.attempt(numberOf(event.data, "attempt")) }),
  "task.updated": ({ data }) => ({ text: strings.taskUpdated, note: said(fieldsOf(data)["update"]) }),
  "task.done": (event) => ({ ...task(strings.taskDone, event), note: said(fieldsOf(event.data)["result"]) }),
  "task.abandoned": (event) => task(strings.taskAbandoned, event),
  "task.interrupted": (event) => ({ ...task(strings.taskInterrupted, event), note: said(fieldsOf(event.data)["reason"]) }),
  "task.lease.expired": (event) =>
    task(strings.taskLeaseExpired, event, { agent: <Name>{textOf(event.data, "holder")}</Name> }),
  "topic.locked": (event) => topic(strings.topicLocked, event),
  "topic.unlocked": (event) => topic(strings.topicUnlocked, event),
  "topic.granted": (event) => topic(strings.topicGranted, event),
  "topic.revoked": (event) => topic(strings.topicRevoked, event),
  "topic.advertised": (event) => ({ ...topic(strings.topicAdvertised, event), note: textOf(event.data, "description") }),
  "topic.withdrawn": (event) => topic(strings.topicWithdrawn, event),
  "topic.key.issued": (event) => topic(strings.topicKeyIssued, event),
  "topic.key.revoked": (event) => topic(strings.topicKeyRevoked, event),
  "topic.app.created": (event) => ({ text: strings.appCreated, parts: { app: <Name>{textOf(event.data, "app")}</Name> } }),
  "topic.app.deleted": (event) => ({ text: strings.appDeleted, parts: { app: <Name>{textOf(event.data, "app")}</Name> } }),
  "topic.public_key.added": (event) => ({ ...topic(strings.publicKeyAdded, event), note: textOf(event.data, "fingerprint") }),
  "topic.public_key.removed": (event) => topic(strings.publicKeyRemoved, event),
  "topic.claim.requested": (event) => ({ ...topic(strings.claimRequested, event), note: textOf(event.data, "signature") }),
  "topic.claim.confirmed": () => ({ text: strings.claimConfirmed }),
  "topic.claim.refused": () => ({ text: strings.claimRefused }),
  "topic.claim.used": () => ({ text: strings.claimUsed }),
};

/** What happened, as the rest of a sentence that begins with the actor's name. */
export function Sentence({ event }: { event: LogEvent }) {
  const tell = tellers[event.event_type];
  // An event of a kind this version does not know is still shown, by its own name.
  if (!tell) return <Code>{event.event_type}</Code>;
  const { text, parts = {}, span, note } = tell(event);
  return (
    <>
      <Phrase text={text} parts={parts} />
      {span ? (
        <>
          {" "}
          <Aside>
            <Phrase text={strings.afterSpan} parts={{ span }} />
          </Aside>
        </>
      ) : null}
      {note ? <Aside> · {note}</Aside> : null}
    </>
  );
}

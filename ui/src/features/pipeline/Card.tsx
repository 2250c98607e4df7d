import { Link } from "@tanstack/react-router";
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  FlaskConical,
  Gauge,
  Route,
  ShieldCheck,
  ShieldQuestionMark,
  Siren,
  type LucideIcon,
} from "lucide-react";
import { memo } from "react";
import type { PipelineItem } from "../../api/pipeline";
import { Chip } from "../../components/Chip";
import { Mark, RunMark, type ShownStatus, type Tone } from "../../components/Mark";
import { useSelection } from "../../components/selection";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Pipeline.module.css";

const icons: Record<PipelineItem["entity_type"], LucideIcon> = {
  experiment: FlaskConical,
  run: Route,
  approval: ShieldQuestionMark,
  scorecard: Gauge,
};

const runStatuses: readonly string[] = ["queued", "running", "succeeded", "failed", "cancelled"];
const looks: Partial<Record<string, { icon: LucideIcon; tone: Tone }>> = {
  pending: { icon: CircleDashed, tone: "caution" },
  held: { icon: CirclePause, tone: "caution" },
  pass: { icon: CircleCheck, tone: "clear" },
  warn: { icon: CircleAlert, tone: "caution" },
  fail: { icon: CircleX, tone: "stop" },
};

function StatusMark({ item }: { item: PipelineItem }) {
  if (runStatuses.includes(item.status)) return <RunMark status={item.status as ShownStatus} />;
  return <Mark {...(looks[item.status] ?? { icon: icons[item.entity_type], tone: "system" })} />;
}

/** One thing under way: what it is, how it stands, where, since when, and what belongs to it. */
export const Card = memo(function Card({ item, room }: { item: PipelineItem; room: string | null }) {
  return (
    <article className={styles.card} data-entity-id={item.entity_id} data-entity-type={item.entity_type}>
      <h3 className={styles.name}>
        <Main item={item} />
      </h3>
      <p className={styles.state}>
        <StatusMark item={item} />
        <span>{strings.status[item.status] ?? item.status}</span>
        <span className={styles.age}>
          <When at={item.updated_at} />
        </span>
      </p>
      <p className={styles.room}>
        {strings.type[item.entity_type]}
        {room ? ` · ${room}` : ""}
      </p>
      {item.diagnostics?.map((code) => (
        <p key={code} className={styles.diagnostic}>
          <Chip tone="caution">{strings.diagnostic[code] ?? code}</Chip>
        </p>
      ))}
      <Links item={item} />
    </article>
  );
});

/** The card's own address; what has none opens its last event. */
function Main({ item }: { item: PipelineItem }) {
  const { inspectEvent } = useSelection();
  const name = item.title ?? strings.untitled[item.entity_type];
  const runId = item.entity_type === "run" ? item.entity_id : item.links.run_id;
  if (item.entity_type === "approval") {
    return (
      <Link to="/approvals/$approvalId" params={{ approvalId: item.entity_id }} data-list-stop>
        {name}
      </Link>
    );
  }
  if (runId) {
    return (
      <Link to="/runs/$runId" params={{ runId }} data-list-stop>
        {name}
      </Link>
    );
  }
  const eventId = item.last_event_id;
  if (!eventId) return <span>{name}</span>;
  return (
    <button type="button" data-list-stop onClick={() => inspectEvent(eventId)}>
      {name}
    </button>
  );
}

function Links({ item }: { item: PipelineItem }) {
  const { run_id: runId, approval_id: approvalId, evidence_id: evidenceId, incident_id: incidentId } = item.links;
  const otherRun = item.entity_type !== "run" && runId ? runId : null;
  const otherApproval = item.entity_type !== "approval" && approvalId ? approvalId : null;
  const evidenceRun = evidenceId ? (item.entity_type === "run" ? item.entity_id : runId) : null;
  if (!otherRun && !otherApproval && !evidenceRun && !incidentId) return null;
  return (
    <p className={styles.links}>
      {otherRun ? (
        <Link to="/runs/$runId" params={{ runId: otherRun }}>
          <Route aria-hidden="true" />
          {strings.link.run}
        </Link>
      ) : null}
      {otherApproval ? (
        <Link to="/approvals/$approvalId" params={{ approvalId: otherApproval }}>
          <ShieldQuestionMark aria-hidden="true" />
          {strings.link.approval}
        </Link>
      ) : null}
      {evidenceRun ? (
        <Link to="/runs/$runId" params={{ runId: evidenceRun }}>
          <ShieldCheck aria-hidden="true" />
          {strings.link.evidence}
        </Link>
      ) : null}
      {incidentId ? (
        <a href={`#/incidents/${encodeURIComponent(incidentId)}`}>
          <Siren aria-hidden="true" />
          {strings.link.incident}
        </a>
      ) : null}
    </p>
  );
}

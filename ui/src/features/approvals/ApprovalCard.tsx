import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleDashed, CirclePause, CircleX, DoorOpen, Hourglass, ListTree, Route, ShieldCheck, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { isWaiting, useActionRegistry, type Approval, type ApprovalStatus } from "../../api/approvals";
import { useRoomTitles } from "../../api/queries";
import { ActorMark, ActorName } from "../../components/Actor";
import { Chip } from "../../components/Chip";
import { CorrelationLink } from "../../components/CorrelationLink";
import { Mark, type Tone } from "../../components/Mark";
import { useSelection } from "../../components/selection";
import { Age, When } from "../../components/When";
import { textOf } from "../../text/json";
import { useNow } from "../../text/now";
import { Compared } from "./Compared";
import { Content } from "./Content";
import { Decide, Refusal, Undoable } from "./Decide";
import { describeRequest, reachOf } from "./describe";
import { strings } from "./strings";
import { TakeBack } from "./TakeBack";
import type { Decisions } from "./useDecisions";
import styles from "./Approvals.module.css";

const looks: Record<ApprovalStatus, { icon: LucideIcon; tone: Tone }> = {
  pending: { icon: CircleDashed, tone: "caution" },
  held: { icon: CirclePause, tone: "caution" },
  approved: { icon: CircleCheck, tone: "clear" },
  denied: { icon: CircleX, tone: "stop" },
  consumed: { icon: ShieldCheck, tone: "system" },
  expired: { icon: Hourglass, tone: "system" },
};

interface CardProps {
  approval: Approval;
  owner: boolean | null;
  decisions: Decisions;
  /** The card asks for the reason of a denial. */
  denying: boolean;
  onDenying(denying: boolean): void;
  /** Below what every card says. */
  children?: ReactNode;
}

/** One request: what, who, why, how risky, since when and until when, and the owner's answer. */
export function ApprovalCard({ approval, owner, decisions, denying, onDenying, children }: CardProps) {
  const name = describeRequest(approval);
  const waiting = isWaiting(approval);
  return (
    <article
      className={styles.card}
      aria-label={name}
      data-approval-id={approval.approval_id}
      data-approval-status={approval.status}
    >
      <header className={styles.head}>
        <Mark {...looks[approval.status]} />
        <h2>
          <Link to="/approvals/$approvalId" params={{ approvalId: approval.approval_id }} data-list-stop>
            {name}
          </Link>
        </h2>
        <Chip tone={looks[approval.status].tone}>{strings.endedBy[approval.ended_by ?? ""] ?? strings.status[approval.status]}</Chip>
      </header>
      <p className={styles.who}>
        <ActorMark type={approval.requested_by_type} />
        <ActorName type={approval.requested_by_type} id={approval.requested_by_id} /> {strings.asks}{" "}
        {reachOf(approval)}
        {approval.waiters > 1 ? <Chip tone="caution">{strings.others(approval.waiters - 1)}</Chip> : null}
      </p>
      <Content approval={approval} />
      {waiting ? <Compared approval={approval} /> : null}
      <Why approval={approval} />
      <Risk action={approval.action} />
      {children}
      <footer className={styles.foot}>
        <Times approval={approval} />
        <Links approval={approval} />
        {waiting && owner ? (
          <Decide approval={approval} decisions={decisions} denying={denying} onDenying={onDenying} />
        ) : (
          <Decided approval={approval} owner={owner === true} decisions={decisions} />
        )}
      </footer>
    </article>
  );
}

/** How soon an approval that has ended is seen to have ended. */
const END_STEP_MS = 10_000;

/** What is decided already: an approval that still allows can be taken back. */
function Decided({ approval, owner, decisions }: { approval: Approval; owner: boolean; decisions: Decisions }) {
  const standing = decisions.of(approval.approval_id);
  const now = useNow(approval.status === "approved" ? END_STEP_MS : Number.MAX_SAFE_INTEGER);
  if (standing?.kind === "undoable" || standing?.kind === "sending") {
    return <Undoable standing={standing} onUndo={() => decisions.undo(approval.approval_id)} />;
  }
  const stands = approval.status === "approved" && Date.parse(approval.expires_at) > now;
  return (
    <>
      <Refusal approval={approval} decisions={decisions} />
      {owner && stands ? (
        <div className={styles.standing}>
          <p>{strings.takeBackText}</p>
          <TakeBack onTakeBack={() => decisions.decide(approval, { decision: "revoke" })} />
        </div>
      ) : null}
    </>
  );
}

function Why({ approval }: { approval: Approval }) {
  const rule = approval.reason_code ? (strings.rule[approval.reason_code] ?? approval.reason_code) : null;
  const names = Object.entries(strings.purpose);
  const said = names.flatMap(([field, label]) => {
    const text = textOf(approval.request, field);
    return text ? [[label, text] as const] : [];
  });
  if (!rule && said.length === 0) return null;
  return (
    <dl className={styles.asked}>
      {said.map(([label, text]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={styles.text}>{text}</dd>
        </div>
      ))}
      {rule ? (
        <div>
          <dt>{strings.gate}</dt>
          <dd>{rule}</dd>
        </div>
      ) : null}
    </dl>
  );
}

/** What the registry knows of the action; nothing when it knows nothing. */
function Risk({ action }: { action: string }) {
  const known = useActionRegistry().get(action);
  if (!known) return null;
  const cost = known.metadata.cost_impact;
  return (
    <p className={styles.risk}>
      <Chip tone={known.reversible ? "system" : "stop"}>{known.reversible ? strings.reversible : strings.irreversible}</Chip>
      <Chip tone={cost === "high" ? "caution" : "system"}>{strings.cost[cost] ?? cost}</Chip>
      <Chip tone={known.zone_required === "high_stakes" ? "caution" : "system"}>
        {strings.zone[known.zone_required] ?? known.zone_required}
      </Chip>
    </p>
  );
}

function Times({ approval }: { approval: Approval }) {
  const waiting = isWaiting(approval);
  const lasts = waiting || approval.status === "approved";
  return (
    <p className={styles.times}>
      <span>
        {waiting ? (
          <>
            {strings.waitsSince} <Age from={approval.requested_at} />
          </>
        ) : (
          <>
            {strings.askedAt} <When at={approval.requested_at} />
          </>
        )}
      </span>
      {approval.decided_at ? (
        <span>
          {strings.decidedAt} <When at={approval.decided_at} />
          {approval.decision_reason ? ` · ${approval.decision_reason}` : ""}
        </span>
      ) : null}
      {lasts ? (
        <span>
          {strings.until} <When at={approval.expires_at} />
          {waiting ? `, ${strings.noDecision}` : ""}
        </span>
      ) : null}
      {approval.ended_at ? (
        <span>
          {strings.endedAt} <When at={approval.ended_at} />
        </span>
      ) : null}
    </p>
  );
}

function Links({ approval }: { approval: Approval }) {
  const titles = useRoomTitles();
  const { inspectEvent } = useSelection();
  const { run_id, room_id } = approval;
  return (
    <p className={styles.links}>
      {run_id ? (
        <Link to="/runs/$runId" params={{ runId: run_id }}>
          <Route aria-hidden="true" />
          {strings.run}
        </Link>
      ) : null}
      {room_id ? (
        <Link to="/rooms/$roomId" params={{ roomId: room_id }}>
          <DoorOpen aria-hidden="true" />
          {titles.get(room_id) ?? strings.room}
        </Link>
      ) : null}
      <CorrelationLink correlationId={approval.correlation_id} className="" />
      <button type="button" onClick={() => inspectEvent(approval.last_event_id)}>
        <ListTree aria-hidden="true" />
        {strings.event}
      </button>
    </p>
  );
}

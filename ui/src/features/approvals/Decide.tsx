import { Check, ChevronDown, CirclePause, Undo2, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { Approval, Decision } from "../../api/approvals";
import { asProblem } from "../../api/problem";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { ChoiceMenu } from "../../components/Menu";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { onEscape } from "../../keys/onEscape";
import { useNow } from "../../text/now";
import { strings } from "./strings";
import { UNDO_MS, type Decisions, type Standing } from "./useDecisions";
import styles from "./Approvals.module.css";

type Reach = NonNullable<Decision["scope"]>["type"];
type End = keyof typeof strings.end;

const HOUR_MS = 3_600_000;
const endMs: Record<Exclude<End, "asked">, number> = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };

interface DecideProps {
  approval: Approval;
  decisions: Decisions;
  denying: boolean;
  onDenying(denying: boolean): void;
}

/** The owner's answer, and the moment in which it can be undone. */
export function Decide({ approval, decisions, denying, onDenying }: DecideProps) {
  const standing = decisions.of(approval.approval_id);
  if (standing?.kind === "undoable" || standing?.kind === "sending") {
    return <Undoable standing={standing} onUndo={() => decisions.undo(approval.approval_id)} />;
  }
  return (
    <>
      <Refusal approval={approval} decisions={decisions} />
      {denying ? (
        <Deny
          onDeny={(reason) => {
            onDenying(false);
            decisions.decide(approval, { decision: "deny", reason });
          }}
          onCancel={() => onDenying(false)}
        />
      ) : (
        <Choices approval={approval} decisions={decisions} onDeny={() => onDenying(true)} />
      )}
    </>
  );
}

function Choices({ approval, decisions, onDeny }: { approval: Approval; decisions: Decisions; onDeny(): void }) {
  const [reach, setReach] = useState<Reach>("once");
  const [end, setEnd] = useState<End>("asked");
  const reaches: Reach[] = [
    "once",
    ...(approval.run_id ? (["run"] as const) : []),
    ...(approval.room_id ? (["room"] as const) : []),
    "workspace",
  ];
  const approve = () =>
    decisions.decide(approval, {
      decision: "approve",
      scope: { type: reach },
      expires_at: end === "asked" ? undefined : new Date(Date.now() + endMs[end]).toISOString(),
    });
  return (
    <div className={styles.choices}>
      <Button variant="danger" icon={<X />} onClick={onDeny}>
        {strings.deny}
      </Button>
      {approval.status === "pending" ? (
        <Button icon={<CirclePause />} onClick={() => decisions.decide(approval, { decision: "hold" })}>
          {strings.hold}
        </Button>
      ) : null}
      <span className={styles.gap} />
      <ChoiceMenu<Reach>
        label={strings.reachLabel}
        value={reach}
        onChange={(next) => setReach(next)}
        options={reaches.map((each) => ({ value: each, label: strings.reachName[each] ?? each }))}
        trigger={<MenuButton label={strings.reachLabel} value={strings.reachName[reach] ?? reach} />}
      />
      <ChoiceMenu<End>
        label={strings.endLabel}
        value={end}
        onChange={(next) => setEnd(next)}
        options={(Object.keys(strings.end) as End[]).map((each) => ({ value: each, label: strings.end[each] }))}
        trigger={<MenuButton label={strings.endLabel} value={strings.end[end]} />}
      />
      <Button variant="primary" icon={<Check />} onClick={approve}>
        {strings.approve(strings.reachName[reach] ?? reach)}
      </Button>
    </div>
  );
}

/** Handed whole to the menu, which gives it what a trigger needs. */
function MenuButton({ label, value, ...trigger }: { label: string; value: string }) {
  return (
    <Button {...trigger}>
      <span className="visually-hidden">{label}: </span>
      {value}
      <ChevronDown aria-hidden="true" />
    </Button>
  );
}

function Deny({ onDeny, onCancel }: { onDeny(reason: string | undefined): void; onCancel(): void }) {
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onDeny(reason.trim() || undefined);
  };
  return (
    // Escape leaves the form wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form className={styles.denial} onSubmit={submit} onKeyDown={onEscape(onCancel)}>
      <Field
        label={strings.denyReason}
        note={strings.denyNote}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        ref={focusOnce}
      />
      <div className={styles.choices}>
        <Button variant="ghost" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button type="submit" variant="danger" icon={<X />}>
          {strings.denyNow}
        </Button>
      </div>
    </form>
  );
}

/** The form was asked for: its field is where a person goes on. */
const focusOnce = (input: HTMLInputElement | null) => input?.focus();

function Undoable({ standing, onUndo }: { standing: Extract<Standing, { decision: Decision }>; onUndo(): void }) {
  const now = useNow();
  if (standing.kind !== "undoable") {
    return (
      <p className={styles.undo} role="status">
        {strings.sending}
      </p>
    );
  }
  const { decision } = standing;
  const seconds = Math.min(UNDO_MS / 1000, Math.max(1, Math.ceil((standing.sendsAt - now) / 1000)));
  const reach = strings.reachName[decision.scope?.type ?? "once"] ?? "";
  const told =
    decision.decision === "approve"
      ? strings.willSend.approve(reach, seconds)
      : strings.willSend[decision.decision](seconds);
  return (
    <div className={styles.undo}>
      <span className={styles.clock} aria-hidden="true" />
      {/* Said once, not with every second. */}
      <p className={styles.told}>
        <span aria-live="off">{told}</span> <span role="status">{strings.nothingYet}</span>
      </p>
      <Button icon={<Undo2 />} onClick={onUndo}>
        {strings.undo}
      </Button>
    </div>
  );
}

/** Why a decision that was sent did not count; also beside how somebody else decided meanwhile. */
export function Refusal({ approval, decisions }: { approval: Approval; decisions: Decisions }) {
  const standing = decisions.of(approval.approval_id);
  if (standing?.kind !== "failed") return null;
  return <Refused problem={standing.problem} onRetry={() => decisions.decide(approval, standing.decision)} />;
}

/** A refusal in words, with the way out. */
function Refused({ problem, onRetry }: { problem: unknown; onRetry(): void }) {
  const { status, code } = asProblem(problem);
  if (code === "own_request") return <p className={styles.refused} role="alert">{strings.ownRequest}</p>;
  if (status === 409) return <p className={styles.refused} role="alert">{strings.decidedBefore}</p>;
  if (status === 401 || status === 403) {
    return (
      <div className={styles.refused} role="alert">
        <p>{strings.notOwner}</p>
        <OwnerNeeded />
      </div>
    );
  }
  return <Failure compact problem={problem} onRetry={onRetry} />;
}

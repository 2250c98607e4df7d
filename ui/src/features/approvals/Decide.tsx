import { Undo2, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { Approval } from "../../api/approvals";
import { asProblem } from "../../api/problem";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Failure, OwnerNeeded } from "../../components/Notice";
import { onEscape } from "../../keys/onEscape";
import { useNow } from "../../text/now";
import { Choices } from "./Choices";
import { TakeBack } from "./TakeBack";
import { scopeWords } from "./describe";
import { strings } from "./strings";
import { UNDO_MS, type Answer, type Decisions, type Standing } from "./useDecisions";
import styles from "./Approvals.module.css";

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

export function Undoable({ standing, onUndo }: { standing: Extract<Standing, { decision: Answer }>; onUndo(): void }) {
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
  const told =
    decision.decision === "approve"
      ? strings.willSend.approve(scopeWords(decision.scope ?? { type: "once" }), seconds)
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
  const retry = () => decisions.decide(approval, standing.decision);
  if (asProblem(standing.problem).code === "own_request") {
    return (
      <div className={styles.refused} role="alert">
        <p>{strings.ownRequest}</p>
        <TakeBack onTakeBack={() => decisions.decide(approval, { decision: "revoke" })} />
      </div>
    );
  }
  return <Refused problem={standing.problem} revoking={standing.decision.decision === "revoke"} onRetry={retry} />;
}

/** A refusal in words, with the way out. */
function Refused({ problem, revoking, onRetry }: { problem: unknown; revoking: boolean; onRetry(): void }) {
  const { status } = asProblem(problem);
  if (status === 409) {
    return (
      <p className={styles.refused} role="alert">
        {revoking ? strings.nothingToTakeBack : strings.decidedBefore}
      </p>
    );
  }
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

import { useEffect, useRef, useState } from "react";
import { useDecide, useRevoke, type Approval, type Decision, type Revocation } from "../../api/approvals";
import { describeRequest } from "./describe";

/** How long a decision can be undone: nothing is sent before. */
export const UNDO_MS = 5000;

/** What a person answers: a decision, or that an earlier one no longer counts. */
export type Answer = Decision | Revocation;

/** What became of a decision that a person made here. */
export type Standing =
  | { kind: "undoable"; decision: Answer; sendsAt: number }
  | { kind: "sending"; decision: Answer }
  | { kind: "failed"; decision: Answer; problem: unknown; approval: Approval };

export interface Decisions {
  of(approvalId: string): Standing | undefined;
  decide(approval: Approval, decision: Answer): void;
  undo(approvalId: string): void;
  /** Requests whose decision was refused. */
  refused: readonly Approval[];
}

/** Names of requests whose decision was made and not sent, because its page was left. */
let leftUnsent: readonly string[] = [];

/** What was left unsent before this page was opened, told once. */
export function useLeftUnsent(): [readonly string[], () => void] {
  const [names, setNames] = useState(leftUnsent);
  useEffect(() => {
    leftUnsent = [];
  }, []);
  return [names, () => setNames([])];
}

/**
 * Decisions wait here for a moment in which they can be undone. They live and end with the page that
 * shows them: what a person no longer sees is never sent.
 */
export function useDecisions(): Decisions {
  const [standings, setStandings] = useState<ReadonlyMap<string, Standing>>(new Map());
  const timers = useRef(new Map<string, { timer: ReturnType<typeof setTimeout>; name: string }>());
  const { mutateAsync: decideNow } = useDecide();
  const { mutateAsync: revokeNow } = useRevoke();

  const put = (approvalId: string, standing: Standing | null) =>
    setStandings((before) => {
      const after = new Map(before);
      if (standing) after.set(approvalId, standing);
      else after.delete(approvalId);
      return after;
    });

  useEffect(() => {
    const waiting = timers.current;
    return () => {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      if (waiting.size > 0) leftUnsent = [...waiting.values()].map(({ name }) => name);
      waiting.clear();
    };
  }, []);

  const send = (approval: Approval, decision: Answer) => {
    const approvalId = approval.approval_id;
    timers.current.delete(approvalId);
    put(approvalId, { kind: "sending", decision });
    const sent: Promise<unknown> =
      decision.decision === "revoke"
        ? revokeNow({ approvalId, reason: decision.reason })
        : decideNow({ approvalId, decision });
    sent.then(
      () => put(approvalId, null),
      (problem: unknown) => put(approvalId, { kind: "failed", decision, problem, approval }),
    );
  };
  const undo = (approvalId: string) => {
    const waiting = timers.current.get(approvalId);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    timers.current.delete(approvalId);
    put(approvalId, null);
  };
  const decide = (approval: Approval, decision: Answer) => {
    const id = approval.approval_id;
    // What is on its way cannot be decided again; what still waits is replaced.
    if (standings.get(id)?.kind === "sending") return;
    undo(id);
    const timer = setTimeout(() => send(approval, decision), UNDO_MS);
    timers.current.set(id, { timer, name: describeRequest(approval) });
    put(id, { kind: "undoable", decision, sendsAt: Date.now() + UNDO_MS });
  };
  const refused = [...standings.values()].flatMap((each) => (each.kind === "failed" ? [each.approval] : []));
  return { of: (id) => standings.get(id), decide, undo, refused };
}

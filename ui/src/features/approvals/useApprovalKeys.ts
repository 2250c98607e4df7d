import { useEffect, useRef } from "react";
import { isWaiting, type Approval, type Decision } from "../../api/approvals";
import type { Claim, ClaimAnswer } from "../../api/claims";
import { useKeys } from "../../keys/useKeys";
import type { Decisions } from "./useDecisions";

const APPROVAL = "[data-approval-id]";
const CLAIM = "[data-claim-id]";
const STOP = "[data-list-stop]";
const CARD = `${APPROVAL}, ${CLAIM}`;

interface KeysOf {
  list: HTMLElement | null;
  approvals: readonly Approval[];
  /** Where one approval is shown alone there are none. */
  claims?: readonly Claim[];
  owner: boolean;
  decisions: Decisions;
  onDeny(approvalId: string): void;
  onClaim?(claim: Claim, answer: ClaimAnswer): void;
}

/**
 * The keys that decide. They act on the card that has the focus and on no other: the first press
 * without one only goes to the first card, so that nothing is approved that was not looked at.
 */
export function useApprovalKeys({ list, approvals, claims = [], owner, decisions, onDeny, onClaim }: KeysOf): void {
  useFocusKept(list);
  const focused = (): Approval | null => {
    const id = list?.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLElement>(APPROVAL)?.dataset["approvalId"]
      : undefined;
    return approvals.find((approval) => approval.approval_id === id) ?? null;
  };
  const on = (act: (approval: Approval) => void) => (): boolean => {
    if (!owner || approvals.length === 0) return false;
    const approval = focused();
    if (!approval) list?.querySelector<HTMLElement>(`${APPROVAL} ${STOP}`)?.focus();
    else if (isWaiting(approval) && decisions.of(approval.approval_id)?.kind !== "sending") act(approval);
    return true;
  };
  const say = (decision: Decision) => on((approval) => decisions.decide(approval, decision));
  const onFocusedClaim = (answer: ClaimAnswer) => (): boolean => {
    if (!owner || claims.length === 0) return false;
    const id = list?.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLElement>(CLAIM)?.dataset["claimId"]
      : undefined;
    const claim = claims.find((each) => each.claim_id === id);
    if (!claim) list?.querySelector<HTMLElement>(CLAIM)?.focus();
    else if (claim.state === "pending") onClaim?.(claim, answer);
    return true;
  };
  useKeys({
    "claim.confirm": onFocusedClaim("confirm"),
    "claim.refuse": onFocusedClaim("refuse"),
    "approval.approve": say({ decision: "approve", scope: { type: "once" } }),
    "approval.deny": on((approval) => {
      decisions.undo(approval.approval_id);
      onDeny(approval.approval_id);
    }),
    "approval.hold": on((approval) => {
      if (approval.status === "pending") decisions.decide(approval, { decision: "hold" });
    }),
    "approval.undo": on((approval) => decisions.undo(approval.approval_id)),
  });
}

const idOf = (card: HTMLElement | undefined): string => card?.dataset["approvalId"] ?? card?.dataset["claimId"] ?? "";
/** What of a card takes the focus: the card itself, or its name. */
const stopOf = (card: HTMLElement | undefined): HTMLElement | null | undefined =>
  card?.matches(STOP) ? card : card?.querySelector<HTMLElement>(STOP);

/** A card that goes away takes the focus with it: the one that comes in its place gets it. */
function useFocusKept(list: HTMLElement | null): void {
  const at = useRef<{ id: string; index: number } | null>(null);
  useEffect(() => {
    if (!list) return undefined;
    const note = () => {
      const cards = [...list.querySelectorAll<HTMLElement>(CARD)];
      const index = cards.findIndex((card) => card.contains(document.activeElement));
      at.current = index < 0 ? null : { id: idOf(cards[index]), index };
    };
    const leave = (event: FocusEvent) => {
      const { target, relatedTarget } = event;
      if (relatedTarget instanceof Node && list.contains(relatedTarget)) return;
      // What was removed did not give its focus away; whether it was shows only after the event.
      queueMicrotask(() => {
        if (target instanceof Node && target.isConnected) at.current = null;
      });
    };
    list.addEventListener("focusin", note);
    list.addEventListener("focusout", leave);
    return () => {
      list.removeEventListener("focusin", note);
      list.removeEventListener("focusout", leave);
    };
  }, [list]);
  useEffect(() => {
    const kept = at.current;
    if (!list || !kept || document.activeElement !== document.body) return;
    const cards = [...list.querySelectorAll<HTMLElement>(CARD)];
    const here = cards.find((card) => idOf(card) === kept.id);
    const next = here ?? cards[Math.min(kept.index, cards.length - 1)];
    stopOf(next)?.focus();
  });
}

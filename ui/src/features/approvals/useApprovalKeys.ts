import { useEffect, useRef } from "react";
import { isWaiting, type Approval, type Decision } from "../../api/approvals";
import { useKeys } from "../../keys/useKeys";
import type { Decisions } from "./useDecisions";

const CARD = "[data-approval-id]";

interface KeysOf {
  list: HTMLElement | null;
  approvals: readonly Approval[];
  owner: boolean;
  decisions: Decisions;
  onDeny(approvalId: string): void;
}

/**
 * The keys that decide. They act on the card that has the focus and on no other: the first press
 * without one only goes to the first card, so that nothing is approved that was not looked at.
 */
export function useApprovalKeys({ list, approvals, owner, decisions, onDeny }: KeysOf): void {
  useFocusKept(list);
  const focused = (): Approval | null => {
    const id = list?.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLElement>(CARD)?.dataset["approvalId"]
      : undefined;
    return approvals.find((approval) => approval.approval_id === id) ?? null;
  };
  const on = (act: (approval: Approval) => void) => (): boolean => {
    if (!owner || approvals.length === 0) return false;
    const approval = focused();
    if (!approval) list?.querySelector<HTMLElement>("[data-list-stop]")?.focus();
    else if (isWaiting(approval) && decisions.of(approval.approval_id)?.kind !== "sending") act(approval);
    return true;
  };
  const say = (decision: Decision) => on((approval) => decisions.decide(approval, decision));
  useKeys({
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

/** A card that goes away takes the focus with it: the one that comes in its place gets it. */
function useFocusKept(list: HTMLElement | null): void {
  const at = useRef<{ id: string; index: number } | null>(null);
  useEffect(() => {
    if (!list) return undefined;
    const note = () => {
      const cards = [...list.querySelectorAll<HTMLElement>(CARD)];
      const index = cards.findIndex((card) => card.contains(document.activeElement));
      at.current = index < 0 ? null : { id: cards[index]?.dataset["approvalId"] ?? "", index };
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
    const here = cards.find((card) => card.dataset["approvalId"] === kept.id);
    const next = here ?? cards[Math.min(kept.index, cards.length - 1)];
    next?.querySelector<HTMLElement>("[data-list-stop]")?.focus();
  });
}

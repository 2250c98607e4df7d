/** How a notification looks, what it is called, and what one does about it. */
import { Bug, CircleCheck, CirclePause, CircleX, Hand, Hourglass, ShieldAlert, ShieldX, Siren, type LucideIcon } from "lucide-react";
import type { Tone } from "../../components/Mark";
import { formatDuration } from "../../text/measure";
import type { Notification, Reason, Standing } from "./fold";
import { strings } from "./strings";

interface Look {
  icon: LucideIcon;
  tone: Tone;
}

const approvals: Partial<Record<Standing, Look>> = {
  held: { icon: CirclePause, tone: "caution" },
  approved: { icon: CircleCheck, tone: "clear" },
  denied: { icon: CircleX, tone: "stop" },
  expired: { icon: Hourglass, tone: "system" },
};

export const reasonLooks: Record<Reason, Look> = {
  blocked: { icon: Hand, tone: "caution" },
  failed: { icon: Bug, tone: "stop" },
  alarm: { icon: ShieldAlert, tone: "caution" },
  done: { icon: CircleCheck, tone: "clear" },
};

export function lookOf({ kind, standing, reason }: Notification): Look {
  switch (kind) {
    case "approval":
      return approvals[standing] ?? reasonLooks.blocked;
    case "incident":
      return standing === "closed" ? { icon: CircleCheck, tone: "clear" } : { icon: Siren, tone: "stop" };
    case "denial":
      return { icon: ShieldX, tone: standing === "watched" ? "caution" : "stop" };
    default:
      return reasonLooks[reason];
  }
}

export function wordOf({ kind, standing }: Notification): string {
  const { word } = strings;
  switch (kind) {
    case "approval":
      return word.approval[standing] ?? strings.reason.blocked;
    case "incident":
      return word.incident[standing] ?? strings.incident;
    case "denial":
      return word.denial[standing] ?? strings.reason.alarm;
    default:
      return strings.word[kind];
  }
}

export function nextStep({ kind, standing }: Notification, owner: boolean): string {
  const { next } = strings;
  switch (kind) {
    case "approval":
      return standing === "open" || standing === "held" ? (owner ? next.decide : next.request) : next.decision;
    case "run":
      return next.cause;
    case "incident":
      return standing === "closed" ? next.learned : next.write;
    case "secret":
      return next.where;
    case "denial":
      return next.why;
    case "completion":
      return next.result;
  }
}

/** What is said beside the name. */
export function detailOf({ kind, detail, durationMs, standing }: Notification): string | null {
  const span = durationMs === null ? null : strings.after(formatDuration(durationMs));
  const closed = kind === "run" && standing === "closed" ? strings.incidentClosed : null;
  return [detail, span, closed].filter(Boolean).join(" · ") || null;
}

export function nameOf({ kind, name }: Notification): { text: string; code: boolean } {
  return name ?? { text: strings.untitled[kind], code: false };
}

import { CircleCheck, OctagonAlert, Siren, TriangleAlert, type LucideIcon } from "lucide-react";
import type { Incident, Severity } from "../../api/incidents";
import type { Tone } from "../../components/Mark";
import { strings } from "./strings";

export const statusLooks: Record<Incident["status"], { icon: LucideIcon; tone: Tone }> = {
  open: { icon: Siren, tone: "stop" },
  closed: { icon: CircleCheck, tone: "clear" },
};

export const severities: readonly Severity[] = ["low", "medium", "high", "critical"];

/** The graver, the louder; a shape goes with the two that hurry. */
export const severityLooks: Record<Severity, { icon: LucideIcon | null; tone: Tone }> = {
  low: { icon: null, tone: "system" },
  medium: { icon: null, tone: "caution" },
  high: { icon: TriangleAlert, tone: "stop" },
  critical: { icon: OctagonAlert, tone: "stop" },
};

export const categoryOf = ({ category }: Pick<Incident, "category">): string | null =>
  category ? (strings.category[category] ?? category) : null;

import { Bot, CircleUserRound, Cog, MonitorDot, type LucideIcon } from "lucide-react";
import { Mark, type Tone } from "./Mark";
import { strings } from "./strings";
import styles from "./Actor.module.css";

const kinds: Record<string, { icon: LucideIcon; tone: Tone }> = {
  user: { icon: CircleUserRound, tone: "person" },
  agent: { icon: Bot, tone: "agent" },
  service: { icon: Cog, tone: "system" },
  local: { icon: MonitorDot, tone: "person" },
};
const unknownKind = { icon: Cog, tone: "system" } as const;

export function ActorMark({ type }: { type: string }) {
  return <Mark {...(kinds[type] ?? unknownKind)} />;
}

/** Who did it: the name in the colour of its kind, the kind said aloud. */
export function ActorName({ type, id }: { type: string; id: string }) {
  const { tone } = kinds[type] ?? unknownKind;
  return (
    <span className={`${styles.name} ${styles[tone]}`}>
      {id}
      <span className="visually-hidden"> ({strings.actor[type] ?? type})</span>
    </span>
  );
}

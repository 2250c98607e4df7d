import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleX,
  LoaderCircle,
  RotateCw,
  type LucideIcon,
} from "lucide-react";
import type { RunStatus } from "../api/types";
import type { ComponentState } from "../platform";
import styles from "./Mark.module.css";

export type Tone = "clear" | "caution" | "stop" | "person" | "agent" | "system";

/** A shape with a meaning. The word beside it says the same, so the mark itself is silent. */
export function Mark({ icon: Icon, tone, spin = false }: { icon: LucideIcon; tone: Tone; spin?: boolean }) {
  return (
    <span className={`${styles.mark} ${styles[tone]}`} aria-hidden="true">
      <Icon className={spin ? styles.spin : undefined} />
    </span>
  );
}

export type ShownStatus = RunStatus | "cancelling";

const runMarks: Record<ShownStatus, { icon: LucideIcon; tone: Tone; spin?: boolean }> = {
  queued: { icon: CircleDashed, tone: "system" },
  running: { icon: LoaderCircle, tone: "person", spin: true },
  succeeded: { icon: CircleCheck, tone: "clear" },
  failed: { icon: CircleX, tone: "stop" },
  cancelled: { icon: Ban, tone: "system" },
  cancelling: { icon: LoaderCircle, tone: "caution", spin: true },
};

export function RunMark({ status }: { status: ShownStatus }) {
  return <Mark {...runMarks[status]} />;
}

export const runTone = (status: ShownStatus): Tone => runMarks[status].tone;

const componentMarks: Record<ComponentState, { icon: LucideIcon; tone: Tone; spin?: boolean }> = {
  starting: { icon: LoaderCircle, tone: "person", spin: true },
  healthy: { icon: CircleCheck, tone: "clear" },
  degraded: { icon: CircleAlert, tone: "caution" },
  restarting: { icon: RotateCw, tone: "caution", spin: true },
  crash_looping: { icon: CircleX, tone: "stop" },
  fatal: { icon: CircleX, tone: "stop" },
  stopped: { icon: CirclePause, tone: "system" },
  disabled: { icon: CircleDot, tone: "system" },
};

export function ComponentMark({ state }: { state: ComponentState }) {
  return <Mark {...componentMarks[state]} />;
}

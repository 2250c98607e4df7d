import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { Tone } from "./Mark";
import styles from "./Chip.module.css";

/** A word with a meaning, small. */
export function Chip({ tone = "system", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${styles.chip} ${styles[tone]}`}>{children}</span>;
}

interface ToggleChipProps {
  pressed: boolean;
  onPressedChange(pressed: boolean): void;
  icon?: ReactNode;
  children: ReactNode;
}

/** A filter that is on or off. */
export function ToggleChip({ pressed, onPressedChange, icon, children }: ToggleChipProps) {
  return (
    <button
      type="button"
      className={styles.toggle}
      aria-pressed={pressed}
      onClick={() => onPressedChange(!pressed)}
    >
      {icon}
      {children}
      {pressed ? <X className={styles.off} aria-hidden="true" /> : null}
    </button>
  );
}

import { useId, type ReactNode, type TextareaHTMLAttributes } from "react";
import styles from "./Field.module.css";

/** The box grows with what is typed, up to so many lines. */
const LINES_MAX = 14;

interface AreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  label: string;
  value: string;
  /** Shown below: help, or what is wrong. */
  note?: ReactNode;
  wrong?: boolean;
  /** Lines shown while it is empty. */
  lines?: number;
}

/** A labelled text of several lines. */
export function Area({ label, note, wrong, lines = 3, className, ...rest }: AreaProps) {
  const id = useId();
  const rows = Math.min(LINES_MAX, Math.max(lines, rest.value.split("\n").length));
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      <textarea
        {...rest}
        id={id}
        rows={rows}
        aria-invalid={wrong || undefined}
        aria-describedby={note ? `${id}-note` : undefined}
      />
      {note ? (
        <p id={`${id}-note`} className={wrong ? styles.wrong : styles.note}>
          {note}
        </p>
      ) : null}
    </div>
  );
}

import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import styles from "./Field.module.css";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** Shown below the input: help, or what is wrong. */
  note?: ReactNode;
  wrong?: boolean;
  mono?: boolean;
  ref?: Ref<HTMLInputElement>;
}

/** A labelled line of text. */
export function Field({ label, note, wrong, mono, className, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        className={mono ? styles.mono : undefined}
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

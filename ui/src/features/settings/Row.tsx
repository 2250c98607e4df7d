import type { ReactNode } from "react";
import styles from "./Settings.module.css";

/** One thing that can be set, with what it means. */
export function Row({ label, help, children }: { label: string; help?: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <div className={styles.label}>
        {label}
        {help ? <p className={styles.help}>{help}</p> : null}
      </div>
      {children}
    </div>
  );
}

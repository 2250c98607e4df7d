import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { strings } from "./strings";
import styles from "./Json.module.css";

/** Deeper levels start closed. */
const OPEN_DEPTH = 2;
/** A container with more entries than this shows the first ones and a button for the rest. */
const ENTRIES_SHOWN = 100;

/** JSON as a tree: folded where deep, coloured by kind. */
export function Json({ value, depth = 0 }: { value: unknown; depth?: number }) {
  return (
    <div className={styles.json}>
      <Node value={value} depth={depth} />
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth < OPEN_DEPTH);
  const [all, setAll] = useState(false);
  const label = name === undefined ? null : <span className={styles.key}>{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className={styles.leaf}>
        {label}
        <Scalar value={value} />
      </div>
    );
  }
  const entries = Object.entries(value);
  const count = Array.isArray(value) ? strings.items(entries.length) : strings.keys(entries.length);
  if (entries.length === 0) {
    return (
      <div className={styles.leaf}>
        {label}
        <span className={styles.faint}>{Array.isArray(value) ? "[]" : "{}"}</span>
      </div>
    );
  }
  const shown = all ? entries : entries.slice(0, ENTRIES_SHOWN);
  return (
    <div>
      <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight aria-hidden="true" />
        {label}
        <span className={styles.faint}>{count}</span>
      </button>
      {open ? (
        <div className={styles.inner}>
          {shown.map(([key, inner]) => (
            <Node key={key} name={key} value={inner} depth={depth + 1} />
          ))}
          {shown.length < entries.length ? (
            <button type="button" className={styles.fold} onClick={() => setAll(true)}>
              {strings.showMore} ({count})
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function Scalar({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className={styles.string}>{value === "" ? '""' : value}</span>;
  if (typeof value === "number") return <span className={styles.number}>{String(value)}</span>;
  return <span className={styles.word}>{String(value)}</span>;
}

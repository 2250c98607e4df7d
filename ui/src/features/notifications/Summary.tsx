import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { lastBeforeQuery } from "../../api/notifications";
import { useNow } from "../../text/now";
import { formatMoment } from "../../text/time";
import type { Counts } from "./groups";
import { strings } from "./strings";
import styles from "./Notifications.module.css";

/** A day head changes at midnight; a minute late is early enough. */
const STEP_MS = 60_000;

/** When the owner looked last, as it is said; `null` when that was never, or is not known yet. */
export function useLookedAt(cursor: number | undefined): string | null {
  const { data } = useQuery(lastBeforeQuery(useApi(), cursor ?? 0));
  const now = useNow(STEP_MS);
  return data ? formatMoment(data.occurred_at, now) : null;
}

const parts = ["failed", "waiting", "incidents", "alarms", "completed"] as const;

/** What changed since then, in one sentence. */
export function Summary({ counts, moment, whole }: { counts: Counts; moment: string | null; whole: boolean }) {
  const said = parts.filter((part) => counts[part] > 0);
  if (said.length === 0) {
    return <p className={styles.summary}>{moment ? strings.nothingSince(moment) : strings.nothingNew}</p>;
  }
  return (
    <p className={styles.summary} data-testid="summary">
      {moment ? strings.since(moment) : strings.soFar}
      {whole ? null : ` ${strings.atLeast}`}{" "}
      {said.map((part, index) => (
        <span key={part}>
          {index > 0 ? ", " : null}
          <span className={styles.count} data-part={part}>
            {strings.counts[part](counts[part])}
          </span>
        </span>
      ))}
    </p>
  );
}

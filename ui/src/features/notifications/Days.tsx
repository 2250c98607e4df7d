import { useNow } from "../../text/now";
import { dayKey, formatDay } from "../../text/time";
import type { Notification } from "./fold";
import { coalesce, type Group } from "./groups";
import { GroupRows } from "./NotificationRow";
import { strings } from "./strings";
import styles from "./Notifications.module.css";

/** The name of a day changes at midnight. */
const STEP_MS = 60_000;

interface DaysProps {
  /** Newest first. */
  notifications: readonly Notification[];
  cursor: number | undefined;
  /** When the owner looked last. */
  moment: string | null;
}

/** The notifications under the heads of their days, with a line where the owner looked last. */
export function Days({ notifications, cursor, moment }: DaysProps) {
  const now = useNow(STEP_MS);
  const read = cursor ?? Number.POSITIVE_INFINITY;
  const isNew = (each: Notification): boolean => each.event.position > read;
  const groups = coalesce(notifications, (each) => `${dayKey(each.event.occurred_at)} ${isNew(each)}`);
  const oldestNew = groups.findLast((group) => isNew(group.first));
  const divided = groups.some((group) => !isNew(group.first)) ? oldestNew?.key : undefined;
  return byDay(groups).map(([key, day]) => (
    <section key={key} className={styles.day}>
      <h2 className={styles.dayHead}>{formatDay(day[0]?.first.event.occurred_at ?? "", now)}</h2>
      <ul>
        {day.flatMap((group) => [
          <GroupRows key={group.key} group={group} cursor={read} />,
          group.key === divided && moment ? (
            <li key="divider" className={styles.divider} data-testid="last-looked">
              <span>{strings.looked(moment)}</span>
            </li>
          ) : null,
        ])}
      </ul>
    </section>
  ));
}

function byDay(groups: readonly Group[]): [string, Group[]][] {
  const days = new Map<string, Group[]>();
  for (const group of groups) {
    const key = dayKey(group.first.event.occurred_at);
    days.set(key, [...(days.get(key) ?? []), group]);
  }
  return [...days];
}

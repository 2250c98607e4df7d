/** Notifications as they are read: joined where they repeat themselves, and in numbers. */
import type { Folded, Notification } from "./fold";

/** Notifications that say the same and follow each other. */
export interface Group {
  key: string;
  /** The newest. */
  first: Notification;
  all: readonly Notification[];
}

/** Joins what is identical and stands in a row; `apart` says what may not be joined although it is identical. */
export function coalesce(notifications: readonly Notification[], apart: (each: Notification) => string): Group[] {
  const groups: { said: string; all: Notification[] }[] = [];
  for (const each of notifications) {
    const { kind, standing, event, by, name, detail } = each;
    const said = JSON.stringify([kind, standing, event.room_id, by.id, name?.text, detail, apart(each)]);
    const last = groups.at(-1);
    if (last?.said === said) last.all.push(each);
    else groups.push({ said, all: [each] });
  }
  return groups.flatMap(({ all }) => (all[0] ? [{ key: all.at(-1)?.key ?? "", first: all[0], all }] : []));
}

export interface Counts {
  failed: number;
  waiting: number;
  incidents: number;
  alarms: number;
  completed: number;
}

/** What happened after a position, in numbers. */
export function countSince({ notifications, completions }: Folded, position: number): Counts {
  const since = notifications.filter(({ event }) => event.position > position);
  const count = (test: (each: Notification) => boolean): number => since.filter(test).length;
  return {
    failed: count(({ kind }) => kind === "run"),
    waiting: count(isWaiting),
    incidents: count(({ kind }) => kind === "incident"),
    alarms: count(({ reason }) => reason === "alarm"),
    completed: completions.filter((each) => each > position).length,
  };
}

export const isWaiting = ({ kind, standing }: Notification): boolean =>
  kind === "approval" && (standing === "open" || standing === "held");

/** Whether somebody should look at it: what is decided, closed or went well can wait. */
export const needsSomebody = (each: Notification): boolean =>
  each.reason !== "done" && (isWaiting(each) || each.kind !== "approval") && each.standing !== "closed";

/** The board of tasks as a value: what stands in which column, and where the keyboard goes from there. */
import type { BoardTask, TaskStatus } from "../../api/tasks";

/** The filters as they stand in the address: `channel=jobs&holder=agent.bob&q=sweep`. */
export interface TasksSearch {
  channel?: string;
  /** Holds it, held it, or is meant to. */
  holder?: string;
  q?: string;
  /** The form for a new task is open. */
  create?: boolean;
}

/** In the order in which they stand, from left to right. */
export const COLUMNS: readonly TaskStatus[] = ["open", "claimed", "done"];

/** Ended tasks that are shown at first, and how many more with each press. */
export const DONE_STEP = 50;

export type Columns = Readonly<Record<TaskStatus, readonly BoardTask[]>>;

const whole = (task: BoardTask): string =>
  [task.title, task.ch, task.created_by, task.assigned_to, task.claimed_by, task.id, JSON.stringify(task.context), task.result]
    .join("\n")
    .toLowerCase();

/** What the filters leave. Every word of the text must be somewhere in the task. */
export function filtered(tasks: readonly BoardTask[], { channel, holder, q }: TasksSearch): readonly BoardTask[] {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  if (!channel && !holder && words.length === 0) return tasks;
  return tasks.filter((task) => {
    if (channel && task.ch !== channel) return false;
    if (holder && task.claimed_by !== holder && task.assigned_to !== holder) return false;
    if (words.length === 0) return true;
    const text = whole(task);
    return words.every((word) => text.includes(word));
  });
}

/** Each once, in the order of the alphabet: what a filter offers. */
export const named = (names: readonly (string | null)[]): string[] =>
  [...new Set(names.filter((name) => name !== null))].toSorted((a, b) => a.localeCompare(b));

export type Direction = "up" | "down" | "left" | "right";

/** Where the reader stands: the column and the row of a task, `null` when it is not on the board. */
function placeOf(columns: Columns, id: string | null): { column: number; row: number } | null {
  for (const [column, status] of COLUMNS.entries()) {
    const row = columns[status].findIndex((task) => task.id === id);
    if (row >= 0) return { column, row };
  }
  return null;
}

/** The task that a step leads to. Empty columns are passed over; at an edge one stays. `null` on an empty board. */
export function step(columns: Columns, from: string | null, direction: Direction): string | null {
  const at = (column: number) => columns[COLUMNS[column] ?? "open"];
  const place = placeOf(columns, from);
  if (!place) return COLUMNS.flatMap((status) => columns[status][0]?.id ?? [])[0] ?? null;
  if (direction === "up" || direction === "down") {
    const row = place.row + (direction === "down" ? 1 : -1);
    return at(place.column)[row]?.id ?? from;
  }
  const by = direction === "right" ? 1 : -1;
  for (let column = place.column + by; column >= 0 && column < COLUMNS.length; column += by) {
    const tasks = at(column);
    const next = tasks[Math.min(place.row, tasks.length - 1)];
    if (next) return next.id;
  }
  return from;
}

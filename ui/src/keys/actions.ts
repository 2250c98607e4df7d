/** Every action a key is bound to: what it is called and its key, unless a person chose another. */
import { strings } from "./strings";

/** Two of them are never there together. */
type View = "approvals" | "pipeline" | "tasks" | "timeline";

interface Action {
  label: string;
  keys: string;
  /** Where it is offered, unless everywhere. */
  views?: readonly View[];
}

export const ACTIONS = {
  palette: { label: strings.palette, keys: "Mod+k" },
  help: { label: strings.help, keys: "?" },
  search: { label: strings.search, keys: "/" },
  "go.timeline": { label: strings.timeline, keys: "g t" },
  "go.runs": { label: strings.runs, keys: "g r" },
  "go.approvals": { label: strings.approvals, keys: "g a" },
  "go.notifications": { label: strings.notifications, keys: "g n" },
  "go.incidents": { label: strings.incidents, keys: "g i" },
  "go.pipeline": { label: strings.pipeline, keys: "g p" },
  "go.tasks": { label: strings.tasks, keys: "g b" },
  "go.engines": { label: strings.workers, keys: "g e" },
  "go.rooms": { label: strings.rooms, keys: "g o" },
  "go.channels": { label: strings.channels, keys: "g h" },
  "go.diagnostics": { label: strings.diagnostics, keys: "g d" },
  "go.start": { label: strings.start, keys: "g s" },
  "go.settings": { label: strings.settings, keys: "g ," },
  "list.next": { label: strings.next, keys: "j" },
  "list.previous": { label: strings.previous, keys: "k" },
  "list.inspect": { label: strings.inspect, keys: "i", views: ["timeline"] },
  "notification.read": { label: strings.markRead, keys: "e" },
  "notification.readAll": { label: strings.markAllRead, keys: "E" },
  "approval.approve": { label: strings.approve, keys: "a", views: ["approvals"] },
  "approval.deny": { label: strings.deny, keys: "d", views: ["approvals"] },
  "approval.hold": { label: strings.hold, keys: "h", views: ["approvals"] },
  "approval.undo": { label: strings.undo, keys: "u", views: ["approvals"] },
  "claim.confirm": { label: strings.claimConfirm, keys: "c", views: ["approvals"] },
  "claim.refuse": { label: strings.claimRefuse, keys: "r", views: ["approvals"] },
  "board.left": { label: strings.boardLeft, keys: "h", views: ["pipeline", "tasks"] },
  "board.right": { label: strings.boardRight, keys: "l", views: ["pipeline", "tasks"] },
  "task.claim": { label: strings.taskClaim, keys: "c", views: ["tasks"] },
  "task.done": { label: strings.taskDone, keys: "d", views: ["tasks"] },
  "task.abandon": { label: strings.taskAbandon, keys: "a", views: ["tasks"] },
  "task.interrupt": { label: strings.taskInterrupt, keys: "i", views: ["tasks"] },
  "task.new": { label: strings.taskNew, keys: "n", views: ["tasks"] },
  "timeline.newest": { label: strings.newest, keys: "G" },
  "timeline.oldest": { label: strings.oldest, keys: "g g" },
  "timeline.date": { label: strings.date, keys: "g c" },
  "inspector.close": { label: strings.closeInspector, keys: "Escape" },
} as const satisfies Record<string, Action>;

export type ActionId = keyof typeof ACTIONS;

export const ACTION_IDS = Object.keys(ACTIONS) as ActionId[];

/** The keys of an action: a person's own, or the default ones. */
export const keysOf = (id: ActionId, chosen: Readonly<Record<string, string>>): string => chosen[id] ?? ACTIONS[id].keys;

function together(one: Action, other: Action): boolean {
  return !one.views || !other.views || one.views.some((view) => other.views?.includes(view));
}

/** Another action that listens to the same keys in the same view. */
export function clash(id: ActionId, chosen: Readonly<Record<string, string>>): ActionId | undefined {
  const keys = keysOf(id, chosen);
  return ACTION_IDS.find(
    (other) => other !== id && together(ACTIONS[id], ACTIONS[other]) && keysOf(other, chosen) === keys,
  );
}

/** Every action a key is bound to: what it is called and its key, unless a person chose another. */
import { strings } from "./strings";

export const ACTIONS = {
  palette: { label: strings.palette, keys: "Mod+k" },
  help: { label: strings.help, keys: "?" },
  search: { label: strings.search, keys: "/" },
  "go.timeline": { label: strings.timeline, keys: "g t" },
  "go.runs": { label: strings.runs, keys: "g r" },
  "go.approvals": { label: strings.approvals, keys: "g a" },
  "go.notifications": { label: strings.notifications, keys: "g n" },
  "go.incidents": { label: strings.incidents, keys: "g i" },
  "go.rooms": { label: strings.rooms, keys: "g o" },
  "go.diagnostics": { label: strings.diagnostics, keys: "g d" },
  "go.start": { label: strings.start, keys: "g s" },
  "go.settings": { label: strings.settings, keys: "g ," },
  "list.next": { label: strings.next, keys: "j" },
  "list.previous": { label: strings.previous, keys: "k" },
  "list.inspect": { label: strings.inspect, keys: "i" },
  "approval.approve": { label: strings.approve, keys: "a" },
  "approval.deny": { label: strings.deny, keys: "d" },
  "approval.hold": { label: strings.hold, keys: "h" },
  "approval.undo": { label: strings.undo, keys: "u" },
  "notification.read": { label: strings.markRead, keys: "e" },
  "notification.readAll": { label: strings.markAllRead, keys: "E" },
  "timeline.newest": { label: strings.newest, keys: "G" },
  "timeline.oldest": { label: strings.oldest, keys: "g g" },
  "timeline.date": { label: strings.date, keys: "g c" },
  "inspector.close": { label: strings.closeInspector, keys: "Escape" },
} as const satisfies Record<string, { label: string; keys: string }>;

export type ActionId = keyof typeof ACTIONS;

export const ACTION_IDS = Object.keys(ACTIONS) as ActionId[];

/** The keys of an action: a person's own, or the default ones. */
export const keysOf = (id: ActionId, chosen: Readonly<Record<string, string>>): string => chosen[id] ?? ACTIONS[id].keys;

/** Another action that listens to the same keys. */
export function clash(id: ActionId, chosen: Readonly<Record<string, string>>): ActionId | undefined {
  const keys = keysOf(id, chosen);
  return ACTION_IDS.find((other) => other !== id && keysOf(other, chosen) === keys);
}

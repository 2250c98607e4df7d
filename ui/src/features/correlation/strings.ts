import { plural } from "../../text/measure";

export const strings = {
  title: "Correlation",
  loading: "Loading what belongs together",
  events: (count: number, more: boolean) => `${plural(count, "event", "events")}${more ? " so far" : ""}`,
  runs: (count: number) => plural(count, "run", "runs"),
  rooms: (count: number) => plural(count, "room", "rooms"),
  over: (span: string) => `over ${span}`,
  list: "Causes and what they led to, with durations to scale",
  emptyTitle: "Nothing has this correlation",
  emptyText: "Everything that one message, request or run sets in motion shares a correlation. This one is not in the log of this workspace.",
  timeline: "Open the timeline",
  more: "Show what came next",
  earlier: "Show what came before",
  full: "There is more than can be drawn at once: what came first gives way to what comes next.",
  openOutside: "Show its cause",
  after: (span: string) => `after ${span}`,
  depth: (depth: number) => `level ${depth}`,
  fold: (name: string) => `Parts of ${name}`,
} as const;

import { plural } from "../../text/measure";

export const strings = {
  title: "Channels",
  loading: "Loading channels",
  count: (count: number) => plural(count, "channel", "channels"),
  events: (count: number) => plural(count, "event", "events"),
  open: "Open a channel",
  name: "Name of a channel",
  example: "general",
  go: "Open",
  emptyTitle: "No channel yet",
  emptyText: "A channel comes to be with its first message. Any program can send one:",
  topic: "topic",
  onlySpeaker: (name: string) => `Only ${name} speaks here.`,
  back: "All channels",
} as const;

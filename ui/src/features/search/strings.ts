import { plural } from "../../text/measure";

export const strings = {
  title: "Search",
  label: "Search messages and runs",
  placeholder: "Words in messages, titles and outputs",
  everywhere: "Every room",
  room: "Room",
  count: (count: number) => plural(count, "result", "results"),
  idleTitle: "Find what was said and done",
  idleText: "Every message is searched, word by word. A word in quotes must appear exactly.",
  noneTitle: "Nothing found",
  noneText: (q: string) => `No message contains “${q}”.`,
  loading: "Searching",
} as const;

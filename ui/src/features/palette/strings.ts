import { plural } from "../../text/measure";

export const strings = {
  label: "Find and do",
  placeholder: "Go to, find, or do…",
  search: (q: string) => `Search everything for “${q}”`,
  groups: { go: "Go to", needs: "Needs you", rooms: "Rooms", runs: "Recent runs", actions: "Do", search: "Search" },
  results: (count: number) => plural(count, "result", "results"),
  keysTitle: "Keys of this view",
  keysClose: "Close",
} as const;

import { plural } from "../../text/measure";

export const strings = {
  label: "Find and do",
  placeholder: "Go to, find, or do…",
  search: (q: string) => `Search everything for “${q}”`,
  groups: { go: "Go to", needs: "Needs you", rooms: "Rooms", runs: "Recent runs", actions: "Do", search: "Search" },
  results: (count: number) => plural(count, "result", "results"),
  keysTitle: "Keys of this view",
  keysClose: "Close",
  /** What the browser itself does with keys, everywhere. */
  fixedKeys: [
    ["Open, or press, what has the focus", "Enter"],
    ["To the next control; with Shift to the one before", "Tab"],
  ],
} as const;

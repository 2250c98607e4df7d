export const strings = {
  label: "Find and do",
  placeholder: "Go to, find, or do…",
  none: "Nothing matches. Enter searches the messages.",
  search: (q: string) => `Search messages for “${q}”`,
  groups: { go: "Go to", rooms: "Rooms", runs: "Recent runs", actions: "Do", search: "Search" },
  results: (count: number) => `${count} ${count === 1 ? "result" : "results"}`,
} as const;

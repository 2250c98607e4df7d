/** What a key does, as it is listed. */
export const strings = {
  palette: "Find or do",
  help: "Keys of this view",
  search: "Search",
  timeline: "Timeline",
  runs: "Runs",
  rooms: "Rooms",
  diagnostics: "Diagnostics",
  start: "Start",
  settings: "Settings",
  next: "Next row",
  previous: "Previous row",
  inspect: "Inspect",
  newest: "Jump to newest",
  oldest: "Jump to oldest",
  date: "Jump to date",
  closeInspector: "Close the inspector",
} as const;

import { plural } from "../../text/measure";

export const strings = {
  title: "Tasks",
  loading: "Loading tasks",
  count: (open: number, claimed: number) => `${plural(open, "open", "open")} · ${plural(claimed, "in work", "in work")}`,
  sections: { open: "Open", claimed: "In work", done: "Done" },
  none: { open: "Nobody asks for anything.", claimed: "Nobody works on a task.", done: "No task is done yet." },
  by: "by",
  for: "for",
  since: "since",
  ended: "done",
  left: (span: string) => `${span} left`,
  over: "ran out: it is about to be offered again",
  asked: "asked",
  emptyTitle: "No tasks yet",
  emptyText: "Any agent can ask for one, and the first that claims it has it.",
  example: "Sweep the hall",
} as const;

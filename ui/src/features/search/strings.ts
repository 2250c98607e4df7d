import { plural } from "../../text/measure";

export const strings = {
  title: "Search",
  label: "Search messages, runs and output",
  placeholder: "Words in messages, runs, output and artifacts",
  everywhere: "All rooms",
  room: "Room",
  count: (count: number) => plural(count, "result", "results"),
  idleTitle: "Find what was said and done",
  idleText: "Messages, runs, tool calls, output and artifacts are searched. Each word is found from its beginning.",
  noneTitle: "Nothing found",
  noneText: (q: string) => `Nothing contains “${q}”.`,
  loading: "Searching",
  docTypes: { message: "message", run: "run", tool_call: "tool call", output: "output", artifact: "artifact", incident: "incident", channel_message: "channel", task: "task" } as Record<string, string>,
} as const;

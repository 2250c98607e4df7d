import type { LogEvent } from "../api/types";
import type { OutputLine } from "./Output";
import { AnsiReader } from "../text/ansi";
import { textOf } from "../text/json";

/** Chunks of both streams as lines, in the order in which they came; each stream keeps its own colours. */
export function outputLines(chunks: readonly LogEvent[]): OutputLine[] {
  const lines: OutputLine[] = [];
  let run: { error: boolean; reader: AnsiReader } | null = null;
  const flush = () => {
    if (run) for (const line of run.reader.lines()) lines.push({ line, error: run.error });
  };
  for (const chunk of chunks) {
    const error = textOf(chunk.data, "stream") === "stderr";
    if (!run || run.error !== error) {
      flush();
      run = { error, reader: new AnsiReader() };
    }
    run.reader.push(textOf(chunk.data, "text") ?? "");
  }
  flush();
  return lines;
}

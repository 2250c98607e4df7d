/** Where a run's time went, in words: what it waited for and how its attempts ended. */
import { formatDuration } from "../../text/measure";
import { strings } from "../strings";
import type { RunSpan } from "./spans";

/** Each wait and each lost attempt as a short sentence, in order. */
export function courseOf(spans: readonly RunSpan[]): string[] {
  const attempts = spans.filter((span) => span.kind === "attempt");
  return spans.flatMap((span) => {
    if (span.kind === "wait") return [wait(span)];
    // An attempt that ended as the run did is told by the run itself.
    const lost = span.kind === "attempt" && span !== attempts.at(-1) && span.endMs !== null && span.note !== null;
    return lost ? [strings.run.tellAttempt(span.label, span.note ?? "", formatDuration((span.endMs ?? 0) - span.startMs))] : [];
  });
}

function wait({ waitFor, startMs, endMs, note }: RunSpan): string {
  const reason = waitFor ?? "worker";
  if (endMs === null) return strings.run.tellWaiting[reason];
  const span = formatDuration(endMs - startMs);
  switch (reason) {
    case "worker":
      return strings.run.tellQueued(span);
    case "another":
      return strings.run.tellQueuedAgain(span);
    case "approval":
      return strings.run.tellApproval(span, note ?? "");
  }
}

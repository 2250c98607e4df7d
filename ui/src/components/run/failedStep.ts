import type { LogEvent } from "../../api/types";
import { runSpans } from "./spans";

/** The event of the innermost thing that failed last: where looking for the cause begins. */
export function failedStep(events: readonly LogEvent[]): string | null {
  const failed = runSpans(events).filter((span) => span.state === "failed" && span.kind !== "run" && span.kind !== "attempt");
  const deepest = Math.max(...failed.map((span) => span.depth));
  const found = failed.findLast((span) => span.depth === deepest);
  return found?.eventId ?? events.findLast((event) => event.event_type === "run.failed")?.event_id ?? null;
}

import { Hourglass, TimerOff } from "lucide-react";
import { formatSpan } from "../../text/measure";
import { useNow } from "../../text/now";
import { Chip } from "../Chip";
import { strings } from "./strings";

/** Less than this is left: its holder may have fallen silent. */
const SHORT_MS = 60_000;

/** What is left of a lease, in seconds since 1970; nothing for a claim without one. */
export function Lease({ until }: { until: number | null }) {
  return until === null ? null : <Left untilMs={until * 1000} />;
}

function Left({ untilMs }: { untilMs: number }) {
  const leftMs = untilMs - useNow();
  if (leftMs <= 0) {
    return (
      <Chip tone="stop">
        <TimerOff aria-hidden="true" />
        {strings.over}
      </Chip>
    );
  }
  return (
    <Chip tone={leftMs < SHORT_MS ? "caution" : "system"}>
      <Hourglass aria-hidden="true" />
      {strings.left(formatSpan(leftMs))}
    </Chip>
  );
}

import { formatAbsolute, formatAge, formatRelative } from "../text/time";
import { useNow } from "../text/now";

/** What is younger than a minute is told in seconds, and so is what is about to happen. */
const FRESH_MS = 60_000;
const STEP_MS = { fresh: 1000, old: 10_000 } as const;

/** A moment: relative to read, absolute on hover and for screen readers. */
export function When({ at }: { at: string }) {
  return <Moment at={at} tell={formatRelative} />;
}

/** How long something lasts already, to follow "since": its beginning is on hover and for screen readers. */
export function Age({ from }: { from: string }) {
  return <Moment at={from} tell={formatAge} />;
}

function Moment({ at, tell }: { at: string; tell(at: string, now: number): string }) {
  const fresh = Math.abs(useNow(STEP_MS.old) - Date.parse(at)) < FRESH_MS + STEP_MS.old;
  const now = useNow(fresh ? STEP_MS.fresh : STEP_MS.old);
  const absolute = formatAbsolute(at);
  return (
    <time dateTime={at} title={absolute}>
      <span aria-hidden="true">{tell(at, now)}</span>
      <span className="visually-hidden">{absolute}</span>
    </time>
  );
}

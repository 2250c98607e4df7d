import { formatAbsolute, formatRelative } from "../text/time";
import { useNow } from "../text/now";

/** Relative times need no finer step than this. */
const STEP_MS = 10_000;

/** A moment: relative to read, absolute on hover and for screen readers. */
export function When({ at }: { at: string }) {
  const now = useNow(STEP_MS);
  const absolute = formatAbsolute(at);
  return (
    <time dateTime={at} title={absolute}>
      <span aria-hidden="true">{formatRelative(at, now)}</span>
      <span className="visually-hidden">{absolute}</span>
    </time>
  );
}

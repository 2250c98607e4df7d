/** A ring as the desktop shows it. */
import type { Note } from "../../platform";
import type { Ring } from "./bell";
import type { Matter } from "./matters";
import { strings } from "./strings";

export const LATER = "later";

/** A notification carries the address that it opens as its name. It opens and puts off; it never decides. */
export function noteOf(ring: Ring, nameOfRun: (runId: string) => string | null): Note {
  if (ring.kind === "digest") {
    return {
      id: digestHref(ring.matters),
      title: strings.digest(ring.matters.length),
      body: digestBody(ring.matters),
      open: strings.open,
      buttons: [],
    };
  }
  const { href, title, body, runId } = ring.matter;
  const name = runId === null ? null : nameOfRun(runId);
  return {
    id: href,
    title,
    body: [name, body].filter(Boolean).join("\n"),
    open: strings.open,
    buttons: [{ id: LATER, label: strings.later }],
  };
}

const count = (matters: readonly Matter[], reason: Matter["reason"]): number =>
  matters.filter((matter) => matter.reason === reason).length;

/** Where all of them are seen; what waits for a decision before what went wrong. */
function digestHref(matters: readonly Matter[]): string {
  return count(matters, "blocked") > 0 ? "/approvals" : "/runs?status=failed";
}

function digestBody(matters: readonly Matter[]): string {
  const [blocked, failed] = [count(matters, "blocked"), count(matters, "failed")];
  return [blocked > 0 ? strings.approvals(blocked) : null, failed > 0 ? strings.failures(failed) : null]
    .filter(Boolean)
    .join(", ");
}

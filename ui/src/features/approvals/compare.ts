/** A request beside the one like it that was decided before: what is different, and nothing else. */
import { isWaiting, type Approval } from "../../api/approvals";
import { formatArgv } from "../../text/argv";
import { commandOf, contentLines, directoryOf } from "./describe";
import { strings } from "./strings";

/** Texts of more lines than this are shown whole: to match them takes the square of it. */
const LINES_MATCHED = 300;

export interface TextLine {
  kind: "same" | "gone" | "new";
  text: string;
}

export interface Difference {
  name: string;
  lines: TextLine[];
}

/**
 * What a request is compared with: the last decided one of its action and target; where there is none, the
 * last one of its action that the same requester made.
 */
export function earlierLike(approval: Approval, others: readonly Approval[]): Approval | null {
  const earlier = others
    .filter(
      (other) =>
        other.approval_id !== approval.approval_id &&
        other.action === approval.action &&
        // What ran out unanswered says nothing of what its reader thought.
        other.decided_at !== null &&
        !isWaiting(other) &&
        other.requested_at <= approval.requested_at,
    )
    .toSorted((a, b) => b.requested_at.localeCompare(a.requested_at));
  return (
    earlier.find((other) => other.target === approval.target) ??
    earlier.find(
      (other) =>
        other.requested_by_id === approval.requested_by_id && other.requested_by_type === approval.requested_by_type,
    ) ??
    null
  );
}

function fieldsSaid(approval: Approval): Map<string, string> {
  const argv = commandOf(approval);
  const directory = directoryOf(approval);
  return new Map([
    ...(approval.target ? [[strings.targetOf, approval.target] as const] : []),
    ...(argv ? [[strings.command, formatArgv(argv)] as const] : []),
    ...(directory ? [[strings.directory, directory] as const] : []),
    ...contentLines(approval.payload, false),
  ]);
}

/** Everything in which two requests differ, in the order in which the card names it; what is gone comes last. */
export function differences(before: Approval, after: Approval): Difference[] {
  const old = fieldsSaid(before);
  const now = fieldsSaid(after);
  return [...new Set([...now.keys(), ...old.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => ({ name, lines: lineChanges(old.get(name) ?? null, now.get(name) ?? null) }));
}

/** Lines that went and came, in order; `null` is a text that is not there at all. */
export function lineChanges(before: string | null, after: string | null): TextLine[] {
  const old = before?.split("\n") ?? [];
  const now = after?.split("\n") ?? [];
  const kept = old.length > LINES_MATCHED || now.length > LINES_MATCHED ? [] : commonLines(old, now);
  const lines: TextLine[] = [];
  let from = 0;
  let to = 0;
  for (const [oldAt, newAt] of [...kept, [old.length, now.length] as const]) {
    for (; from < oldAt; from += 1) lines.push({ kind: "gone", text: old[from] ?? "" });
    for (; to < newAt; to += 1) lines.push({ kind: "new", text: now[to] ?? "" });
    if (oldAt < old.length) lines.push({ kind: "same", text: old[oldAt] ?? "" });
    from = oldAt + 1;
    to = newAt + 1;
  }
  return lines;
}

/** The longest common subsequence of two texts, as places of both. */
function commonLines(old: readonly string[], now: readonly string[]): (readonly [oldAt: number, newAt: number])[] {
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) {
      common.push([i, j]);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return common;
}

/**
 * When the desktop is told. Pure: what happened, the time and what the person looks at are arguments.
 *
 * A thing rings once, after a moment in which it may settle by itself; several that come together ring as
 * one; nothing rings in quiet hours, and what still waits at their end rings then.
 */
import type { Matter, Reading } from "./matters";

/** What is decided within this time does not ring. */
export const SETTLE_MS = 2000;
/** While more arrives, the first waits for the others, but no longer than this. */
export const GATHER_MS = 10_000;
/** After a ring it is still for this long. */
export const PAUSE_MS = 10_000;
/** From this many on, one notification stands for all. */
export const DIGEST_FROM = 3;
export const SNOOZE_MS = 15 * 60_000;
/** Things that wait for their ring, and things that are remembered as told. The oldest are let go. */
const KEPT_MAX = 1000;

interface Waiting {
  matter: Matter;
  dueAt: number;
}

export interface Bell {
  waiting: ReadonlyMap<string, Waiting>;
  told: ReadonlyMap<string, Matter>;
  rangAt: number | null;
}

export const silent: Bell = { waiting: new Map(), told: new Map(), rangAt: null };

/** What the person sees at this moment. */
export interface Surroundings {
  /** Whether the thing itself is before their eyes. */
  sees(matter: Matter): boolean;
  /** When quiet hours end; `null` when there are none now. */
  quietUntil: number | null;
}

export type Ring = { kind: "one"; matter: Matter } | { kind: "digest"; matters: readonly Matter[] };

/** Takes note of something; it rings later, or not at all. */
export function hear(bell: Bell, reading: Reading, now: number): Bell {
  if (reading.kind === "settles") return without(bell, reading.href);
  const { matter } = reading;
  if (bell.waiting.has(matter.href) || bell.told.has(matter.href)) return bell;
  return { ...bell, waiting: added(bell.waiting, matter.href, { matter, dueAt: now + SETTLE_MS }) };
}

/** Rings again later what was told. */
export function snooze(bell: Bell, href: string, now: number): Bell {
  const matter = bell.told.get(href);
  if (!matter) return bell;
  return { ...bell, waiting: added(bell.waiting, href, { matter, dueAt: now + SNOOZE_MS }) };
}

/** When to ask the bell again; `null` when nothing waits. */
export function nextAt(bell: Bell, { quietUntil }: Pick<Surroundings, "quietUntil">): number | null {
  const ready = readyAt(bell);
  return ready === null ? null : Math.max(ready, quietUntil ?? ready);
}

/** What rings now. */
export function ring(bell: Bell, surroundings: Surroundings, now: number): [Bell, Ring[]] {
  const at = nextAt(bell, surroundings);
  if (at === null || at > now) return [bell, []];
  const due = [...bell.waiting.values()].filter(({ dueAt }) => dueAt <= now).map(({ matter }) => matter);
  const after = due.reduce(asTold, bell);
  const unseen = due.filter((matter) => !surroundings.sees(matter));
  if (unseen.length === 0) return [after, []];
  const rings: Ring[] =
    unseen.length >= DIGEST_FROM
      ? [{ kind: "digest", matters: unseen }]
      : unseen.map((matter) => ({ kind: "one", matter }));
  return [{ ...after, rangAt: now }, rings];
}

/** When what waits has settled, together with what came shortly after it. */
function readyAt({ waiting, rangAt }: Bell): number | null {
  const times = [...waiting.values()].map(({ dueAt }) => dueAt).sort((a, b) => a - b);
  const first = times[0];
  if (first === undefined) return null;
  // Not what was put off to a later time.
  const together = times.filter((dueAt) => dueAt <= first + GATHER_MS);
  const settled = together.reduce((last, dueAt) => (dueAt <= last + SETTLE_MS ? dueAt : last), first);
  return Math.max(settled, rangAt === null ? settled : rangAt + PAUSE_MS);
}

const asTold = (bell: Bell, matter: Matter): Bell => ({
  ...without(bell, matter.href),
  told: added(bell.told, matter.href, matter),
});

function without(bell: Bell, href: string): Bell {
  if (!bell.waiting.has(href)) return bell;
  const waiting = new Map(bell.waiting);
  waiting.delete(href);
  return { ...bell, waiting };
}

function added<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  const grown = new Map(map).set(key, value);
  const oldest = grown.keys().next().value;
  if (grown.size > KEPT_MAX && oldest !== undefined) grown.delete(oldest);
  return grown;
}

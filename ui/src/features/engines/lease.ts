import type { Run } from "../../api/types";
import type { Tone } from "../../components/Mark";

export interface Lease {
  leftMs: number;
  /** Of the whole lease, 1 to 0. */
  share: number;
  tone: Tone;
}

/** Where the last heartbeat is not known, a lease is taken to be this long. */
const LEASE_MS = 30_000;
/** With less than this left, a heartbeat was missed. */
const LATE_SHARE = 1 / 3;

/** What is left of a run's lease. */
export function leaseOf({ lease_expires_at: end, lease_heartbeat_at: beat }: Run, now: number): Lease {
  const endMs = Date.parse(end ?? "");
  const whole = beat ? Math.max(1, endMs - Date.parse(beat)) : LEASE_MS;
  const leftMs = endMs - now;
  const share = Math.min(1, Math.max(0, leftMs / whole));
  return { leftMs, share, tone: leftMs <= 0 ? "stop" : share < LATE_SHARE ? "caution" : "clear" };
}

/** Those about to end first. */
export const byLease = (runs: readonly Run[]): Run[] =>
  runs.toSorted((a, b) => Date.parse(a.lease_expires_at ?? "") - Date.parse(b.lease_expires_at ?? ""));

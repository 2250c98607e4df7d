import { useSyncExternalStore } from "react";

/** One clock for all relative times: they change together, and one timer serves them. */
const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let current = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    current = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function snapshot(stepMs: number): number {
  // Nobody ticks while nobody listens; the first to look brings the clock up to date.
  if (listeners.size === 0 && Date.now() - current > TICK_MS) current = Date.now();
  return stepMs <= TICK_MS ? current : Math.floor(current / stepMs) * stepMs;
}

/** The time now, to a second, or in steps of `stepMs`: a component renders again only when its step changes. */
export function useNow(stepMs: number = TICK_MS): number {
  return useSyncExternalStore(subscribe, () => snapshot(stepMs));
}

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

/** The time now in steps of `stepMs`; a component renders again only when its step changes. */
export function useNow(stepMs: number = TICK_MS): number {
  return useSyncExternalStore(subscribe, () => {
    if (listeners.size === 0) current = Date.now();
    return Math.floor(current / stepMs) * stepMs;
  });
}

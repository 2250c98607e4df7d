import { useCallback, useLayoutEffect, useRef } from "react";

/** The same function from render to render, doing what the newest one does: rows that got it need not render again. */
export function useStable<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  const newest = useRef(callback);
  useLayoutEffect(() => {
    newest.current = callback;
  });
  return useCallback((...args: A) => newest.current(...args), []);
}

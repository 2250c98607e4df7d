import { useCallback, useSyncExternalStore } from "react";
import { usePlatform, type Platform, type RuntimeView } from "./index";

interface Watch {
  view: RuntimeView;
  listeners: Set<() => void>;
  stop: (() => void) | null;
}

const watches = new WeakMap<Platform, Watch>();

function watchOf(platform: Platform): Watch {
  let watch = watches.get(platform);
  if (!watch) {
    watch = { view: { kind: "waiting" }, listeners: new Set(), stop: null };
    watches.set(platform, watch);
  }
  return watch;
}

/** Subscribes to the runtime's state; however many ask, the host is watched once. */
export function subscribeRuntime(platform: Platform, listener: () => void): () => void {
  const watch = watchOf(platform);
  watch.listeners.add(listener);
  watch.stop ??= platform.watchRuntime((view) => {
    // A host that asks in turns answers the same most of the time.
    if (JSON.stringify(view) === JSON.stringify(watch.view)) return;
    watch.view = view;
    for (const each of watch.listeners) each();
  });
  return () => {
    watch.listeners.delete(listener);
    if (watch.listeners.size === 0) {
      watch.stop?.();
      watch.stop = null;
    }
  };
}

export function currentRuntime(platform: Platform): RuntimeView {
  return watchOf(platform).view;
}

/** The runtime's state, live. */
export function useRuntime(): RuntimeView {
  const platform = usePlatform();
  // The same function from render to render: another one would end the watch and begin a new one each time.
  const subscribe = useCallback((listener: () => void) => subscribeRuntime(platform, listener), [platform]);
  return useSyncExternalStore(subscribe, () => currentRuntime(platform));
}

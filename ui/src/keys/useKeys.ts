import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { preferences } from "../preferences/preferences";
import { Keymap, type KeyAction } from "./keymap";

export const keymap = new Keymap(() => {
  const { singleKeys, keys } = preferences();
  return { singleKeys, overrides: keys };
});

/** Offers actions while the component is there. What they do may change; their ids may not. */
export function useKeys(actions: readonly KeyAction[]): void {
  const newest = useRef(actions);
  useEffect(() => {
    newest.current = actions;
  });
  const signature = JSON.stringify(actions.map(({ id, label, keys }) => ({ id, label, keys })));
  const stable = useMemo(
    () =>
      (JSON.parse(signature) as Omit<KeyAction, "run">[]).map(
        (action, index): KeyAction => ({ ...action, run: () => newest.current[index]?.run() }),
      ),
    [signature],
  );
  useEffect(() => keymap.add(stable), [stable]);
}

export function useKeyActions(): readonly KeyAction[] {
  return useSyncExternalStore(keymap.watch, keymap.actions);
}

/** Listens to the page's keyboard; used once, by the frame. */
export function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener("keydown", keymap.handle);
    return () => window.removeEventListener("keydown", keymap.handle);
  }, []);
}

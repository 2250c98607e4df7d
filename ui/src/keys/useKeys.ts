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
  const signature = actions.map((action) => `${action.id} ${action.keys}`).join("|");
  const stable = useMemo(
    () =>
      signature.split("|").map((_, index): KeyAction => {
        const { id, label, keys } = newest.current[index] as KeyAction;
        return { id, label, keys, run: () => newest.current[index]?.run() };
      }),
    [signature],
  );
  useEffect(() => (signature === "" ? undefined : keymap.add(stable)), [stable, signature]);
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

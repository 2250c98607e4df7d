import { useEffect, useRef, useSyncExternalStore } from "react";
import { preferences, usePreferences } from "../preferences/preferences";
import { ACTIONS, keysOf, type ActionId } from "./actions";
import { Keymap, showKeys, type KeyAction } from "./keymap";

export const keymap = new Keymap(() => {
  const { singleKeys, keys } = preferences();
  return { singleKeys, overrides: keys };
});

/** What an action does here; false when it does not apply now. */
export type Bindings = Partial<Record<ActionId, () => void | boolean>>;

/** Offers actions while the component is there. What they do may change from render to render. */
export function useKeys(bindings: Bindings): void {
  const newest = useRef(bindings);
  useEffect(() => {
    newest.current = bindings;
  });
  const ids = Object.keys(bindings).join(" ");
  useEffect(() => {
    const actions = (ids === "" ? [] : (ids.split(" ") as ActionId[])).map(
      (id): KeyAction => ({ id, ...ACTIONS[id], run: () => newest.current[id]?.() }),
    );
    return keymap.add(actions);
  }, [ids]);
}

/** The keys of an action as a person reads them: their own, or the default ones. */
export function useShownKeys(): (id: ActionId) => string {
  const { keys } = usePreferences();
  return (id) => showKeys(keysOf(id, keys));
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

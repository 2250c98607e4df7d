import { useSyncExternalStore } from "react";

/** What a person chose for this window. Kept in this browser or webview only. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  contrast: "system" | "more";
  density: "normal" | "compact";
  /** Single-letter keys can be turned off: they get in the way of speech input. */
  singleKeys: boolean;
  /** Keys chosen instead of the default ones, by action. */
  keys: Record<string, string>;
  order: "newest-last" | "newest-first";
  railCollapsed: boolean;
  inspectorWidth: number;
  startSeen: boolean;
  /** Whether the desktop is told of what waits and what failed. */
  notifications: boolean;
  quietHours: boolean;
  /** Times of day, `HH:MM`. */
  quietFrom: string;
  quietTo: string;
  /** Whether the inspector shows the raw JSON of an event unfolded. */
  rawOpen: boolean;
  drafts: Record<string, string>;
}

export const INSPECTOR_WIDTH_PX = { min: 300, initial: 420, max: 900 } as const;

const STORAGE_KEY = "signalbox.preferences";

const defaults: Preferences = {
  theme: "system",
  contrast: "system",
  density: "normal",
  singleKeys: true,
  keys: {},
  order: "newest-last",
  railCollapsed: false,
  inspectorWidth: INSPECTOR_WIDTH_PX.initial,
  startSeen: false,
  notifications: true,
  quietHours: false,
  quietFrom: "22:00",
  quietTo: "07:00",
  rawOpen: false,
  drafts: {},
};

const listeners = new Set<() => void>();
let current: Preferences = load();

function load(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
    return { ...defaults, ...(typeof stored === "object" ? stored : {}) };
  } catch {
    // Storage may be forbidden or damaged; the defaults are always good.
    return defaults;
  }
}

export const preferences = (): Preferences => current;

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(current));
  } catch {
    // Not kept for the next time; it still holds for this one.
  }
  applyAppearance();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

/** Tells the style sheets what was chosen; called at start and after each change. */
export function applyAppearance(root: HTMLElement = document.documentElement): void {
  const { theme, contrast, density } = current;
  const system = window.matchMedia?.("(prefers-contrast: more)").matches ?? false;
  root.dataset["theme"] = theme;
  root.dataset["contrast"] = contrast === "more" || system ? "more" : "normal";
  root.dataset["density"] = density;
}

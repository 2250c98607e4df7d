/** The keyboard: actions with a key each, one listener for the page. */

export interface KeyAction {
  /** Stable, for a person's own choice of key: `go.timeline`. */
  id: string;
  label: string;
  /** "j", "g t", "Mod+k", "Escape". A sequence is written with a space. */
  keys: string;
  /** Answers false when it does not apply now, so that the next one may. */
  run(): void | boolean;
}

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1200;

const isMac = /mac/i.test(globalThis.navigator?.userAgent ?? "");

/** The name of a pressed key, in the notation of `KeyAction.keys`. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = event.key.length === 1 && (event.ctrlKey || event.metaKey) ? event.key.toLowerCase() : event.key;
  const modified = isMac ? event.metaKey : event.ctrlKey;
  return `${modified ? "Mod+" : ""}${event.altKey ? "Alt+" : ""}${key}`;
}

/** How a key is shown: ⌘K, Ctrl K, g t. */
export function showKeys(keys: string): string {
  return keys
    .replace("Mod+k", isMac ? "⌘K" : "Ctrl K")
    .replace("Mod+", isMac ? "⌘" : "Ctrl ")
    .replace("Escape", "Esc");
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

interface Options {
  singleKeys: boolean;
  overrides: Record<string, string>;
}

export class Keymap {
  #layers: (readonly KeyAction[])[] = [];
  #watchers = new Set<() => void>();
  #first: { key: string; at: number } | null = null;
  /** In the order in which they are asked. */
  #asked: readonly KeyAction[] = [];
  /** In the order in which a person reads them: the frame's first. */
  #listed: readonly KeyAction[] = [];

  constructor(private readonly options: () => Options) {}

  /** The newest layer is asked first: a list inside a view goes before the frame. */
  add(actions: readonly KeyAction[]): () => void {
    this.#layers = [actions, ...this.#layers];
    this.#changed();
    return () => {
      this.#layers = this.#layers.filter((layer) => layer !== actions);
      this.#changed();
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  actions = (): readonly KeyAction[] => this.#listed;

  keysOf(action: KeyAction): string {
    return this.options().overrides[action.id] ?? action.keys;
  }

  /** Runs an action as its key would; false when nothing offers it now. */
  perform(id: string): boolean {
    return this.#asked.some((action) => action.id === id && action.run() !== false);
  }

  handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = keyName(event);
    const plain = name.length === 1;
    if (plain && (isTyping(event.target) || !this.options().singleKeys)) {
      this.#first = null;
      return;
    }
    const first = this.#first && event.timeStamp - this.#first.at < SEQUENCE_MS ? this.#first.key : null;
    this.#first = null;
    if (first && this.#run(`${first} ${name}`)) {
      event.preventDefault();
      return;
    }
    if (this.#run(name)) {
      event.preventDefault();
      return;
    }
    if (plain && this.#listed.some((action) => this.keysOf(action).startsWith(`${name} `))) {
      this.#first = { key: name, at: event.timeStamp };
    }
  };

  #run(keys: string): boolean {
    return this.#asked.some((action) => this.keysOf(action) === keys && action.run() !== false);
  }

  #changed(): void {
    this.#asked = this.#layers.flat();
    this.#listed = this.#layers.toReversed().flat();
    for (const watcher of this.#watchers) watcher();
  }
}

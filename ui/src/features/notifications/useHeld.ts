import { useState, type FocusEvent, type RefObject, type UIEvent } from "react";

/** Closer to the top than this, the reader stands there. */
const TOP_PX = 8;

interface Held {
  /** The last position that is shown; `null` while new ones are shown as they come. */
  heldAt: number | null;
  /** Shows what was held back. */
  show(): void;
  onScroll(event: UIEvent): void;
  onFocus(event: FocusEvent): void;
  onBlur(event: FocusEvent): void;
}

/** What is read stays where it is: who scrolled down, or is at a row by keyboard, gets nothing pushed in above. */
export function useHeld(latest: number, box: RefObject<HTMLElement | null>, list: HTMLElement | null): Held {
  const [heldAt, setHeldAt] = useState<number | null>(null);
  const settle = (focused: boolean) => {
    const reading = focused || (box.current?.scrollTop ?? 0) > TOP_PX;
    setHeldAt((before) => (reading ? (before ?? latest) : null));
  };
  const inList = (target: EventTarget | null): boolean => target instanceof Node && (list?.contains(target) ?? false);
  return {
    heldAt,
    show() {
      setHeldAt((before) => (before === null ? null : latest));
      box.current?.scrollTo({ top: 0 });
    },
    onScroll: () => settle(inList(document.activeElement)),
    onFocus: (event) => settle(inList(event.target)),
    onBlur: (event) => settle(inList(event.relatedTarget)),
  };
}

import { useEffect, useRef } from "react";
import { useKeys } from "../../keys/useKeys";

const COLUMN = "[data-stage]";
const CARD = "[data-entity-id]";
const STOP = "[data-list-stop]";

const stopsIn = (column: Element | undefined): HTMLElement[] => [...(column?.querySelectorAll<HTMLElement>(STOP) ?? [])];

/** h and l between columns, j and k within one; Enter is the link's own. Empty columns are passed over. */
export function useBoardKeys(board: HTMLElement | null): void {
  useFocusFollows(board);
  const at = () => {
    const columns = [...(board?.querySelectorAll(COLUMN) ?? [])].filter((column) => stopsIn(column).length > 0);
    const column = columns.findIndex((each) => each.contains(document.activeElement));
    const row = stopsIn(columns[column]).findIndex((stop) => stop.closest(CARD)?.contains(document.activeElement));
    return { columns, column, row };
  };
  const go = (column: Element | undefined, row: number): boolean => {
    const stops = stopsIn(column);
    stops[Math.max(0, Math.min(stops.length - 1, row))]?.focus();
    return stops.length > 0;
  };
  const within = (step: 1 | -1) => () => {
    const { columns, column, row } = at();
    return column < 0 ? go(columns[0], 0) : go(columns[column], row + step);
  };
  const between = (step: 1 | -1) => () => {
    const { columns, column, row } = at();
    if (column < 0) return go(columns[0], 0);
    return go(columns[Math.max(0, Math.min(columns.length - 1, column + step))], row);
  };
  useKeys({
    "list.next": within(1),
    "list.previous": within(-1),
    "board.left": between(-1),
    "board.right": between(1),
  });
}

/** A card that moves to another column takes the reader's place with it. */
function useFocusFollows(board: HTMLElement | null): void {
  const held = useRef<string | null>(null);
  useEffect(() => {
    if (!board) return undefined;
    const note = (event: FocusEvent) => {
      const card = event.target instanceof Element ? event.target.closest<HTMLElement>(CARD) : null;
      held.current = card?.dataset["entityId"] ?? null;
    };
    const leave = (event: FocusEvent) => {
      const { target } = event;
      // What was removed did not give its focus away; whether it was shows only after the event.
      queueMicrotask(() => {
        if (target instanceof Node && target.isConnected && !board.contains(document.activeElement)) held.current = null;
      });
    };
    board.addEventListener("focusin", note);
    board.addEventListener("focusout", leave);
    return () => {
      board.removeEventListener("focusin", note);
      board.removeEventListener("focusout", leave);
    };
  }, [board]);
  useEffect(() => {
    if (!board || held.current === null || document.activeElement !== document.body) return;
    const cards = [...board.querySelectorAll<HTMLElement>(CARD)];
    cards.find((card) => card.dataset["entityId"] === held.current)?.querySelector<HTMLElement>(STOP)?.focus();
  });
}

import { useKeys } from "../keys/useKeys";

const STOP = "[data-list-stop]";

/** j and k move the focus along the stops of a list that is wholly in the page. Enter is the link's own. */
export function useListKeys(list: HTMLElement | null): void {
  const move = (step: 1 | -1): boolean => {
    const stops = [...(list?.querySelectorAll<HTMLElement>(STOP) ?? [])];
    if (stops.length === 0) return false;
    const at = stops.findIndex((stop) => stop === document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + step));
    stops[next]?.focus();
    return true;
  };
  useKeys({ "list.next": () => move(1), "list.previous": () => move(-1) });
}

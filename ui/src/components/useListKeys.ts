import { useKeys } from "../keys/useKeys";
import { strings } from "./strings";

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
  useKeys([
    { id: "list.next", label: strings.list.next, keys: "j", run: () => move(1) },
    { id: "list.previous", label: strings.list.previous, keys: "k", run: () => move(-1) },
  ]);
}

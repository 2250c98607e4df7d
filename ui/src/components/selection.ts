import { useNavigate, useSearch } from "@tanstack/react-router";

/** What the inspector shows. It is part of every address, so a selection can be shared and gone back from. */
export interface Selection {
  event?: string;
  run?: string;
}

export function useSelection() {
  const search: Selection = useSearch({ strict: false });
  const navigate = useNavigate();
  const select = (selection: Selection) =>
    void navigate({
      to: ".",
      search: (before: object) => ({ ...before, event: selection.event, run: selection.run }),
    });
  return {
    eventId: search.event,
    runId: search.run,
    inspectEvent: (event: string) => select({ event }),
    inspectRun: (run: string) => select({ run }),
    close: () => select({}),
  };
}

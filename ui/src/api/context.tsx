import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { Api } from "./client";
import { LiveStream, type LiveListener, type LiveState } from "./live";
import { growRunEvents } from "./runEvents";
import { staleTags, tags } from "./staleness";

interface Door {
  api: Api;
  live: LiveStream;
}

const DoorContext = createContext<Door | null>(null);
export const DoorProvider = DoorContext.Provider;

function useDoor(): Door {
  const door = useContext(DoorContext);
  if (!door) throw new Error("the API is used outside DoorProvider");
  return door;
}

export const useApi = (): Api => useDoor().api;
export const useLive = (): LiveStream => useDoor().live;

export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.watchState, live.state);
}

/** Calls the newest `listener` for as long as the component is there. */
export function useLiveListener(listener: LiveListener): void {
  const live = useLive();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(
    () =>
      live.listen({
        events: (batch) => newest.current.events?.(batch),
        gap: () => newest.current.gap?.(),
        connected: () => newest.current.connected?.(),
      }),
    [live],
  );
}

/** Lets live events refresh the queries they concern, and a gap refresh everything. */
export function keepFresh(live: LiveStream, queries: QueryClient): () => void {
  return live.listen({
    events(batch) {
      growRunEvents(queries, batch);
      for (const tag of staleTags(batch)) void queries.invalidateQueries({ queryKey: tag });
    },
    gap() {
      void queries.invalidateQueries();
    },
    connected() {
      void queries.refetchQueries({ predicate: (query) => query.state.status === "error", type: "active" });
    },
  });
}

/** Forgets who we were: called after a session began. */
export function useForgetIdentity(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    // A question asked before the session began would be answered for somebody else: it is not waited for.
    await queries.cancelQueries({ queryKey: tags.whoami() });
    await queries.invalidateQueries({ queryKey: tags.whoami() });
    // The owner is told more than others: what was asked before is asked again.
    void queries.invalidateQueries();
  };
}

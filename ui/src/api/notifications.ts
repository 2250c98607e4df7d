import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Api } from "./client";
import { useApi } from "./context";
import { ATTENTION_TYPES } from "./eventTypes";
import { EVENTS_PAGE, useIsOwner } from "./queries";
import { tags } from "./staleness";
import { sentAll, type LogEvent } from "./types";

export const cursorQuery = (api: Api) =>
  queryOptions({
    queryKey: tags.cursor(),
    queryFn: async () => (await api.call((client) => client.GET("/v1/notifications/cursor"))).position,
  });

/** Up to where the owner has seen notifications; `undefined` until it is known, and for anybody else. */
export function useCursor(): number | undefined {
  const api = useApi();
  const owner = useIsOwner();
  const { data } = useQuery({ ...cursorQuery(api), enabled: owner === true });
  return owner ? data : undefined;
}

/** Moves the owner's place forward; it is shown there at once. */
export function useMoveCursor() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (position: number) => api.call((client) => client.PUT("/v1/notifications/cursor", { body: { position } })),
    onMutate: async (position) => {
      await queries.cancelQueries({ queryKey: tags.cursor() });
      const before = queries.getQueryData<number>(tags.cursor());
      queries.setQueryData(tags.cursor(), position);
      return before;
    },
    onError: (_problem, _position, before) => queries.setQueryData(tags.cursor(), before),
    onSuccess: ({ position }) => queries.setQueryData(tags.cursor(), position),
  });
}

/** The last event up to a position: when it was looked at last. Events do not change, nor does what came before them. */
export const lastBeforeQuery = (api: Api, position: number) =>
  queryOptions({
    queryKey: [...tags.cursor(), "at", String(position)],
    queryFn: async (): Promise<LogEvent | null> => {
      const query = { order: "desc", limit: 1, before_position: position + 1 } as const;
      const { events } = await api.call((client) => client.GET("/v1/events", { params: { query } }));
      return sentAll(events)[0] ?? null;
    },
    staleTime: Number.POSITIVE_INFINITY,
    enabled: position > 0,
  });

/** What may need a person since the owner looked last, oldest first: the newest page of it. */
export function useSinceCursor(): readonly LogEvent[] {
  const api = useApi();
  const cursor = useCursor();
  const { data } = useQuery({
    queryKey: [...tags.notifications(), "since", String(cursor)],
    queryFn: async () => {
      const query = { event_types: [...ATTENTION_TYPES], order: "desc" as const, limit: EVENTS_PAGE, after_position: cursor };
      const { events } = await api.call((client) => client.GET("/v1/events", { params: { query } }));
      return sentAll(events).toReversed();
    },
    enabled: cursor !== undefined,
    // What was read meanwhile is left out at once, before the new answer is there.
    placeholderData: (before) => before,
  });
  return useMemo(() => (data ?? []).filter((event) => event.position > (cursor ?? 0)), [data, cursor]);
}

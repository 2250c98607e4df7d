import { infiniteQueryOptions, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Api } from "./client";
import { useApi } from "./context";
import { tags } from "./staleness";
import { sent, sentAll, type LogEvent, type Run, type RunStatus } from "./types";

/** The most events the server gives at once. */
export const EVENTS_PAGE = 200;
const RUNS_PAGE = 200;
const SEARCH_PAGE = 50;
const REDACTIONS_PAGE = 50;

export const whoamiQuery = (api: Api) =>
  queryOptions({
    queryKey: tags.whoami(),
    queryFn: () => api.call((client) => client.GET("/v1/whoami")),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const roomsQuery = (api: Api) =>
  queryOptions({
    queryKey: tags.rooms(),
    queryFn: async () => sentAll((await api.call((client) => client.GET("/v1/rooms"))).rooms),
  });

export const threadsQuery = (api: Api, roomId: string) =>
  queryOptions({
    queryKey: tags.threads(roomId),
    queryFn: async () =>
      sentAll(
        (
          await api.call((client) =>
            client.GET("/v1/rooms/{room_id}/threads", { params: { path: { room_id: roomId } } }),
          )
        ).threads,
      ),
  });

export interface RunsFilter {
  status?: RunStatus;
  roomId?: string;
}

export const runsQuery = (api: Api, filter: RunsFilter = {}) =>
  queryOptions({
    queryKey: [...tags.runs(), filter],
    queryFn: async () =>
      sentAll(
        (
          await api.call((client) =>
            client.GET("/v1/runs", {
              params: { query: { status: filter.status, room_id: filter.roomId, limit: RUNS_PAGE } },
            }),
          )
        ).runs,
      ),
  });

/** Runs page by page, as far back as somebody asks. */
export const runPagesQuery = (api: Api, filter: RunsFilter = {}) =>
  infiniteQueryOptions({
    queryKey: [...tags.runs(), "pages", filter],
    queryFn: async ({ pageParam }) => {
      const query = { status: filter.status, room_id: filter.roomId, limit: RUNS_PAGE, cursor: pageParam ?? undefined };
      const { runs, next_cursor } = await api.call((client) => client.GET("/v1/runs", { params: { query } }));
      return { runs: sentAll(runs), next: next_cursor ? Number(next_cursor) : null };
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });

export const runQuery = (api: Api, runId: string) =>
  queryOptions({
    queryKey: tags.run(runId),
    queryFn: async (): Promise<Run> =>
      sent(
        (await api.call((client) => client.GET("/v1/runs/{run_id}", { params: { path: { run_id: runId } } }))).run,
      ),
  });

export const artifactsQuery = (api: Api, runId: string) =>
  queryOptions({
    queryKey: tags.artifacts(runId),
    queryFn: async () =>
      sentAll(
        (await api.call((client) => client.GET("/v1/artifacts", { params: { query: { run_id: runId } } }))).artifacts,
      ),
  });

export const eventQuery = (api: Api, eventId: string) =>
  queryOptions({
    queryKey: tags.event(eventId),
    queryFn: async () =>
      sent(
        (
          await api.call((client) =>
            client.GET("/v1/events/{event_id}", { params: { path: { event_id: eventId } } }),
          )
        ).event,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Causes of causes that are looked up at once; the first of them leads on. */
const CAUSES_MAX = 20;

/** What led to an event, the first cause first, wherever it happened. */
export const causesQuery = (api: Api, { event_id, causation_id }: Pick<LogEvent, "event_id" | "causation_id">) =>
  queryOptions({
    queryKey: ["causes", event_id],
    queryFn: async ({ client }): Promise<LogEvent[]> => {
      const causes: LogEvent[] = [];
      const seen = new Set([event_id]);
      let next = causation_id;
      while (next && !seen.has(next) && causes.length < CAUSES_MAX) {
        seen.add(next);
        const cause: LogEvent = await client.fetchQuery(eventQuery(api, next));
        causes.unshift(cause);
        next = cause.causation_id;
      }
      return causes;
    },
    // What is written is written.
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What was redacted of an event, by which rule. */
export const redactionsQuery = (api: Api, eventId: string) =>
  queryOptions({
    queryKey: tags.redactions(eventId),
    queryFn: async () => {
      const query = { event_id: eventId, limit: REDACTIONS_PAGE };
      return sentAll((await api.call((client) => client.GET("/v1/audit/redactions", { params: { query } }))).redactions);
    },
  });

export const searchQuery = (api: Api, q: string, roomId?: string) =>
  queryOptions({
    queryKey: [...tags.search(), q, roomId ?? null],
    queryFn: async () =>
      sentAll(
        (
          await api.call((client) =>
            client.GET("/v1/search", { params: { query: { q, room_id: roomId, limit: SEARCH_PAGE } } }),
          )
        ).docs,
      ),
    enabled: q.trim() !== "",
  });

export const useRooms = () => useQuery(roomsQuery(useApi()));
export const useRun = (runId: string) => useQuery(runQuery(useApi(), runId));
export const useWhoami = () => useQuery(whoamiQuery(useApi()));

/** Whether this page acts for the owner; `null` until it is known. */
export function useIsOwner(): boolean | null {
  const { data } = useWhoami();
  return data ? data.is_owner : null;
}

/** Room titles by id, for places that show a room's name beside something else. */
export function useRoomTitles(): ReadonlyMap<string, string> {
  const { data } = useRooms();
  return useMemo(() => new Map((data ?? []).map((room) => [room.room_id, room.title])), [data]);
}

/** What belongs to one run: asked for by run, then grown by the live stream instead of asked for again. */
import { queryOptions, useQueries, useQuery, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Api } from "./client";
import { useApi } from "./context";
import { OUTPUT_TYPE, RUN_TYPES } from "./eventTypes";
import { EVENTS_PAGE } from "./queries";
import { tags } from "./staleness";
import { sentAll, type LogEvent } from "./types";

/** A run with more steps than this many pages hold is drawn up to there. */
const STRUCTURE_PAGES = 5;
const STRUCTURE_EVENTS = STRUCTURE_PAGES * EVENTS_PAGE;
/** Chunks of output that are kept; the run's page shows the rest. */
const OUTPUT_CHUNKS = 2 * EVENTS_PAGE;
/** A row that scrolls past is not worth a question. */
const SETTLE_MS = 200;

/** The events that shape a run, oldest first, without its output: enough to draw all of it. */
export const runStructureQuery = (api: Api, runId: string) =>
  queryOptions({
    queryKey: tags.structure(runId),
    queryFn: async (): Promise<LogEvent[]> => {
      const found: LogEvent[] = [];
      while (found.length < STRUCTURE_EVENTS) {
        const { events } = await api.call((client) =>
          client.GET("/v1/events", {
            params: {
              query: {
                run_id: runId,
                event_types: [...RUN_TYPES],
                order: "asc",
                limit: EVENTS_PAGE,
                after_position: found.at(-1)?.position,
              },
            },
          }),
        );
        found.push(...sentAll(events));
        if (events.length < EVENTS_PAGE) break;
      }
      return found;
    },
  });

const outputQuery = (api: Api, runId: string, limit: number, queryKey: readonly string[]) =>
  queryOptions({
    queryKey,
    queryFn: async (): Promise<LogEvent[]> => {
      const { events } = await api.call((client) =>
        client.GET("/v1/events", { params: { query: { run_id: runId, event_types: [OUTPUT_TYPE], order: "desc", limit } } }),
      );
      return sentAll(events).toReversed();
    },
  });

const newestOutput = (api: Api, runId: string) => outputQuery(api, runId, EVENTS_PAGE, tags.output(runId));
const lastOutput = (api: Api, runId: string) => outputQuery(api, runId, 1, tags.lastOutput(runId));

const dataOf = (answers: readonly { data?: LogEvent[] }[]): (LogEvent[] | undefined)[] => answers.map(({ data }) => data);

/** The events of several runs with the newest of their output; a run is absent until it was fetched. */
export function useRunEvents(runIds: readonly string[]): ReadonlyMap<string, readonly LogEvent[]> {
  const api = useApi();
  const structures = useQueries({ queries: runIds.map((runId) => runStructureQuery(api, runId)), combine: dataOf });
  const outputs = useQueries({ queries: runIds.map((runId) => newestOutput(api, runId)), combine: dataOf });
  const ids = runIds.join(" ");
  return useMemo(() => {
    const found = new Map<string, readonly LogEvent[]>();
    for (const [index, runId] of ids.split(" ").entries()) {
      const structure = structures[index];
      const output = outputs[index];
      if (structure && output) found.set(runId, [...structure, ...output].toSorted((a, b) => a.position - b.position));
    }
    return found;
  }, [ids, structures, outputs]);
}

/** The last chunk a run printed; `undefined` until it is known, `null` when there is none. */
export function useLastOutput(runId: string, wanted: boolean): LogEvent | null | undefined {
  const api = useApi();
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data } = useQuery({ ...lastOutput(api, runId), enabled: wanted && settled });
  return data === undefined ? undefined : (data.at(-1) ?? null);
}

/** Adds what just happened in runs to what is already held of them. */
export function growRunEvents(queries: QueryClient, batch: readonly LogEvent[]): void {
  for (const [runId, events] of byRun(batch)) {
    const printed = events.filter((event) => event.event_type === OUTPUT_TYPE);
    const others = events.filter((event) => RUN_TYPES.some((type) => type === event.event_type));
    grow(queries, tags.structure(runId), others, (all) => all.slice(0, STRUCTURE_EVENTS));
    grow(queries, tags.output(runId), printed, (all) => all.slice(-OUTPUT_CHUNKS));
    grow(queries, tags.lastOutput(runId), printed, (all) => all.slice(-1));
  }
}

function grow(
  queries: QueryClient,
  queryKey: readonly string[],
  events: readonly LogEvent[],
  cut: (all: LogEvent[]) => LogEvent[],
): void {
  const query = queries.getQueryCache().find<LogEvent[]>({ queryKey, exact: true });
  if (!query || events.length === 0) return;
  const add = () => {
    const held = query.state.data;
    if (!held) return;
    const last = held.at(-1)?.position ?? 0;
    const added = events.filter((event) => event.position > last);
    if (added.length > 0) queries.setQueryData(queryKey, cut([...held, ...added]));
  };
  // An answer on its way may be from before these: they are added to it when it is there.
  if (query.state.fetchStatus === "fetching") void query.promise?.then(add, () => undefined);
  else add();
}

function byRun(batch: readonly LogEvent[]): Map<string, LogEvent[]> {
  const found = new Map<string, LogEvent[]>();
  for (const event of batch) {
    if (!event.run_id) continue;
    const events = found.get(event.run_id);
    if (events) events.push(event);
    else found.set(event.run_id, [event]);
  }
  return found;
}

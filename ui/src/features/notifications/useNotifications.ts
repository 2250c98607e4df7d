import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useApi } from "../../api/context";
import { NOTIFIED_TYPES } from "../../api/eventTypes";
import { useEventWindow, type EventWindowStore, type WindowSnapshot } from "../../api/eventWindow";
import { runQuery, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { recordName } from "../../components/run/fold";
import { foldNotifications, type Folded, type KnownRun } from "./fold";

/** Earlier pages are fetched unasked until there are so many rows to show, */
const ROWS_WANTED = 40;
/** but never more events than this. */
const UNASKED_EVENTS = 1000;
/** Runs whose beginning lies before the events at hand are asked for one by one, up to so many. */
const RUNS_ASKED = 20;

export interface Notifications extends Folded {
  window: WindowSnapshot;
  store: EventWindowStore;
}

/** Notifications from the newest events back to the reader's place in them, live. */
export function useNotifications(cursor: number | undefined): Notifications {
  const [window, store] = useEventWindow({ types: NOTIFIED_TYPES });
  const { events } = window;
  const unknown = useMemo(() => foldNotifications(events).unknown.slice(-RUNS_ASKED), [events]);
  const known = useKnownRuns(unknown);
  const folded = useMemo(() => foldNotifications(events, known), [events, known]);
  const few = folded.notifications.length < ROWS_WANTED;
  const short = cursor !== undefined && (events[0]?.position ?? 0) > cursor;
  const idle = window.status === "ready" && window.problem === null && window.extending === null;
  const goOn = idle && window.older && (few || short) && events.length < UNASKED_EVENTS;
  useEffect(() => {
    if (goOn) void store.loadOlder();
  }, [goOn, store, events.length]);
  return { ...folded, window, store };
}

function useKnownRuns(runIds: readonly string[]): ReadonlyMap<string, KnownRun> {
  const api = useApi();
  const { data: recent } = useQuery(runsQuery(api));
  const listed = useMemo(() => new Map((recent ?? []).map((run) => [run.run_id, run])), [recent]);
  const missing = recent ? runIds.filter((runId) => !listed.has(runId)) : [];
  const asked = useQueries({ queries: missing.map((runId) => runQuery(api, runId)), combine: dataOf });
  return useMemo(() => {
    const runs = [...runIds.flatMap((runId) => listed.get(runId) ?? []), ...asked];
    return new Map(runs.map((run) => [run.run_id, { name: nameOf(run), by: { type: run.created_by_type, id: run.created_by_id }, startedAt: run.started_at }]));
  }, [runIds, listed, asked]);
}

const dataOf = (answers: readonly { data?: Run }[]): Run[] => answers.flatMap(({ data }) => data ?? []);

function nameOf(run: Run): KnownRun["name"] {
  const name = recordName(run);
  return name ? { text: name.text, code: name.command } : null;
}

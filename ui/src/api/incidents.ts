import { infiniteQueryOptions, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { fieldsOf, textOf } from "../text/json";
import type { Api } from "./client";
import { useApi } from "./context";
import type { EventType } from "./eventTypes";
import { EVENTS_PAGE } from "./queries";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sent, sentAll, type LogEvent, type Sent } from "./types";

type Schemas = components["schemas"];

export type Incident = Omit<Sent<Schemas["IncidentRow"]>, "rca"> & { rca: unknown };
export type Learning = Sent<Schemas["LearningRow"]>;
export type Severity = Incident["severity"];
type NewRca = Schemas["NewRca"];

export type IncidentsTab = "open" | "closed" | "all";

/** Incidents that are fetched at once. */
const INCIDENTS_PAGE = 50;
/** The server counts open ones up to here. */
export const OPEN_COUNTED = 1000;

const INCIDENT_TYPES: readonly EventType[] = ["incident.opened", "incident.rca.updated", "incident.learning.logged", "incident.closed"];

/** Incidents, the newest change first. */
export const incidentsQuery = (api: Api, tab: IncidentsTab) =>
  infiniteQueryOptions({
    queryKey: [...tags.incidents(), tab],
    queryFn: ({ pageParam }) =>
      api.call((client) =>
        client.GET("/v1/incidents", {
          params: { query: { status: tab === "all" ? undefined : tab, cursor: pageParam, limit: INCIDENTS_PAGE } },
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next_cursor }) => (next_cursor ? Number(next_cursor) : undefined),
    select: (data) => data.pages.flatMap((page) => sentAll(page.incidents)),
  });

export const incidentQuery = (api: Api, incidentId: string) =>
  queryOptions({
    queryKey: [...tags.incidents(), "one", incidentId],
    queryFn: async (): Promise<{ incident: Incident; learnings: Learning[] }> => {
      const path = { incident_id: incidentId };
      const answer = await api.call((client) => client.GET("/v1/incidents/{incident_id}", { params: { path } }));
      return { incident: sent(answer.incident), learnings: sentAll(answer.learning) };
    },
  });

/** What happened to an incident, oldest first. It shares its correlation with the run that caused it. */
export const incidentEventsQuery = (api: Api, { incident_id, correlation_id }: Incident) =>
  queryOptions({
    queryKey: [...tags.incidents(), "events", incident_id],
    queryFn: async (): Promise<LogEvent[]> => {
      const { events } = await api.call((client) =>
        client.GET("/v1/events", {
          params: { query: { correlation_id, event_types: [...INCIDENT_TYPES], order: "asc", limit: EVENTS_PAGE } },
        }),
      );
      return sentAll(events).filter((event) => textOf(event.data, "incident_id") === incident_id);
    },
  });

/** How many incidents are open, up to `OPEN_COUNTED`. */
export function useOpenIncidents(): number {
  const api = useApi();
  const { data } = useQuery({
    queryKey: [...tags.incidents(), "count"],
    queryFn: async () => {
      return (await api.call((client) => client.GET("/v1/incidents", { params: { query: { limit: 1 } } }))).open;
    },
  });
  return data ?? 0;
}

/** Why an incident happened, as it was written. */
export interface RootCause {
  /** What a person reads, and edits. */
  text: string | null;
  /** What stands beside it: a summary of the text, or the structure in which an analyst wrote. */
  beside: { summary?: string; analysis?: unknown };
}

/** The root cause that was written; `null` while there is none. */
export function rootCause(rca: unknown): RootCause | null {
  const summary = textOf(rca, "summary") ?? undefined;
  const analysis = fieldsOf(rca)["analysis"] ?? undefined;
  if (typeof analysis === "string") return { text: analysis, beside: summary ? { summary } : {} };
  if (analysis !== undefined) return { text: summary ?? null, beside: { analysis } };
  return summary ? { text: summary, beside: {} } : null;
}

/** The whole of it with another text: what stood beside the one before stays. */
export const withText = (cause: RootCause | null, text: string): NewRca =>
  cause?.beside.analysis === undefined ? { ...cause?.beside, analysis: text } : { ...cause.beside, summary: text };

/** What an incident tells besides: attempts, an exit code. */
export const detailsOf = ({ details }: Pick<Incident, "details">): [string, unknown][] =>
  Object.entries(fieldsOf(details)).filter(([, value]) => value !== null && value !== undefined);

export interface NewIncident {
  title: string;
  summary?: string;
  severity: Severity;
  room_id?: string;
  /** The same again is the same incident: a retry after a lost answer opens one. */
  idempotency_key: string;
}

export function useOpenIncident() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (incident: NewIncident) => api.call((client) => client.POST("/v1/incidents", { body: incident })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tags.incidents() }),
  });
}

/** One thing that is written of an incident. */
export type Finding =
  | { kind: "cause"; body: NewRca }
  | { kind: "learning"; body: { note: string } }
  | { kind: "close"; body: { reason?: string } };

export function useWriteFinding(incidentId: string) {
  const api = useApi();
  const queries = useQueryClient();
  const params = { path: { incident_id: incidentId } };
  return useMutation({
    mutationFn: (finding: Finding) =>
      api.call<unknown>((client) => {
        switch (finding.kind) {
          case "cause":
            return client.POST("/v1/incidents/{incident_id}/rca", { params, body: finding.body });
          case "learning":
            return client.POST("/v1/incidents/{incident_id}/learning", { params, body: finding.body });
          case "close":
            return client.POST("/v1/incidents/{incident_id}/close", { params, body: finding.body });
        }
      }),
    // Also after a refusal: somebody else may have written or closed, and the page must say so.
    onSettled: () => queries.invalidateQueries({ queryKey: tags.incidents() }),
  });
}

/** What is written of several incidents alike. */
export interface CommonFinding {
  cause: string;
  learning: string;
  reason?: string;
}

/**
 * Writes what an incident still lacks, and closes it. It is asked for first: a cause that somebody wrote meanwhile
 * is kept, what a first try wrote is not written twice, and one that is closed by now is left alone.
 */
export async function explainAndClose(api: Api, incidentId: string, finding: CommonFinding): Promise<"closed" | "before"> {
  const params = { path: { incident_id: incidentId } };
  const { incident, learning } = await api.call((client) => client.GET("/v1/incidents/{incident_id}", { params }));
  if (incident.status === "closed") return "before";
  if (!incident.rca) {
    await api.call((client) => client.POST("/v1/incidents/{incident_id}/rca", { params, body: { analysis: finding.cause } }));
  }
  if (learning.length === 0) {
    await api.call((client) => client.POST("/v1/incidents/{incident_id}/learning", { params, body: { note: finding.learning } }));
  }
  await api.call((client) => client.POST("/v1/incidents/{incident_id}/close", { params, body: { reason: finding.reason } }));
  return "closed";
}

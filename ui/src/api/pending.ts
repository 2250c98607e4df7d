/** What the API document does not say yet. Written by hand in the form of `schema.ts`, and gone once that has it. */
import type { components } from "./schema";

type Problem = components["schemas"]["ProblemBody"];

export type Severity = "low" | "medium" | "high" | "critical";

export interface IncidentRow {
  incident_id: string;
  workspace_id: string;
  room_id?: string | null;
  thread_id?: string | null;
  run_id?: string | null;
  status: "open" | "closed";
  title: string;
  summary?: string | null;
  severity: Severity;
  category?: string | null;
  entity_type?: string | null;
  entity_id?: string | null;
  details?: unknown;
  rca?: unknown;
  rca_updated_at?: string | null;
  learning_count: number;
  closed_reason?: string | null;
  created_by_type: string;
  created_by_id: string;
  created_at: string;
  closed_at?: string | null;
  updated_at: string;
  correlation_id: string;
  last_event_id: string;
  automatic: boolean;
}

export interface LearningRow {
  learning_id: string;
  incident_id: string;
  workspace_id: string;
  room_id?: string | null;
  run_id?: string | null;
  note: string;
  tags: string[];
  created_by_type: string;
  created_by_id: string;
  created_at: string;
  last_event_id: string;
}

export interface RoomReading {
  /** Up to where the owner has read; `null` unless the owner asks. */
  read_seq: number | null;
  /** How much is after that, up to 100, without what programs print. */
  unread: number | null;
}

export interface NewRca {
  summary?: string | null;
  analysis?: unknown;
}

interface Answer<T> {
  headers: { [name: string]: unknown };
  content: { "application/json": T };
}

interface Answers<T> {
  200: Answer<T>;
  403: Answer<Problem>;
  404: Answer<Problem>;
}

interface None {
  query?: never;
  header?: never;
  path?: never;
  cookie?: never;
}

interface At<P> {
  query?: never;
  header?: never;
  path: P;
  cookie?: never;
}

interface Read<P, T> {
  parameters: P;
  requestBody?: never;
  responses: Answers<T>;
}

interface Write<P, B, T> {
  parameters: P;
  requestBody: { content: { "application/json": B } };
  responses: Answers<T>;
}

type Incident = At<{ incident_id: string }>;

export interface PendingPaths {
  "/v1/incidents": {
    parameters: None;
    get: Read<
      {
        query?: { status?: "open" | "closed"; room_id?: string; run_id?: string; severity?: Severity; cursor?: number; limit?: number };
        header?: never;
        path?: never;
        cookie?: never;
      },
      { incidents: IncidentRow[]; next_cursor?: string | null; open: number }
    >;
    post: Write<
      None,
      { title?: string; summary?: string; severity?: Severity; category?: string; room_id?: string; run_id?: string; idempotency_key?: string },
      { incident_id: string; deduped: boolean }
    >;
  };
  "/v1/incidents/{incident_id}": {
    parameters: None;
    get: Read<Incident, { incident: IncidentRow; learning: LearningRow[] }>;
  };
  "/v1/incidents/{incident_id}/rca": {
    parameters: None;
    post: Write<Incident, NewRca, { ok: boolean }>;
  };
  "/v1/incidents/{incident_id}/learning": {
    parameters: None;
    post: Write<Incident, { note: string; tags?: string[] }, { learning_id: string }>;
  };
  "/v1/incidents/{incident_id}/close": {
    parameters: None;
    post: Write<Incident, { reason?: string }, { ok: boolean }>;
  };
  "/v1/rooms/{room_id}/read": {
    parameters: None;
    post: Write<At<{ room_id: string }>, { seq: number }, { room_id: string; read_seq: number; unread: number }>;
  };
  "/v1/notifications/cursor": {
    parameters: None;
    get: Read<None, { position: number }>;
    put: Write<None, { position: number }, { position: number }>;
  };
}

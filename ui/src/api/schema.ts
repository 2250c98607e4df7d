/**
 * The shape of the HTTP API as openapi-typescript writes it.
 * `npm run gen:api` replaces this file from docs/openapi.json.
 */
export interface components {
  schemas: {
    Problem: { error: string; message: string; hint?: string | null; field?: string | null };
    Whoami: {
      principal_id: string;
      principal_type: "user" | "service" | "agent" | "local";
      workspace_id: string;
      is_owner: boolean;
    };
    Room: {
      room_id: string;
      workspace_id: string;
      mission_id: string | null;
      title: string;
      topic: string | null;
      room_mode: string;
      default_lang: string;
      tool_policy_ref: string | null;
      created_at: string;
      updated_at: string;
      head_seq: number;
      last_event_at: string | null;
    };
    Thread: {
      thread_id: string;
      room_id: string;
      title: string;
      status: string;
      created_at: string;
      updated_at: string;
    };
    SearchDoc: {
      doc_id: string;
      workspace_id: string;
      room_id: string | null;
      thread_id: string | null;
      run_id: string | null;
      doc_type: string;
      content_text: string;
      lang: string;
      updated_at: string;
      event_id: string | null;
      position: number | null;
    };
    Event: {
      event_id: string;
      event_type: string;
      event_version: number;
      occurred_at: string;
      recorded_at: string;
      workspace_id: string;
      mission_id: string | null;
      room_id: string | null;
      thread_id: string | null;
      actor_type: string;
      actor_id: string;
      actor_principal_id: string | null;
      zone: string;
      run_id: string | null;
      step_id: string | null;
      stream_type: string;
      stream_id: string;
      stream_seq: number;
      position: number;
      correlation_id: string;
      causation_id: string | null;
      redaction_level: string;
      contains_secrets: boolean;
      data: unknown;
    };
    EventDetail: components["schemas"]["Event"] & {
      policy_context: unknown;
      model_context: unknown;
      display: unknown;
      idempotency_key: string | null;
      event_hash: string;
      prev_event_hash: string | null;
    };
    HashChain: {
      stream_type: string;
      stream_id: string;
      checked: number;
      valid: boolean;
      first_mismatch: unknown;
      last_event_hash: string | null;
      next_from_seq: number | null;
    };
    Run: {
      run_id: string;
      workspace_id: string;
      room_id: string | null;
      thread_id: string | null;
      status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      title: string | null;
      goal: string | null;
      input: unknown;
      output: unknown;
      error: unknown;
      tags: string[] | null;
      claimed_by_actor_id: string | null;
      lease_expires_at: string | null;
      lease_heartbeat_at: string | null;
      attempt_no: number | null;
      cancel_requested_at: string | null;
      created_at: string;
      started_at: string | null;
      ended_at: string | null;
      updated_at: string;
      correlation_id: string;
      last_event_id: string;
    };
    Artifact: {
      artifact_id: string;
      run_id: string | null;
      step_id: string | null;
      room_id: string | null;
      kind: string;
      title: string | null;
      mime_type: string | null;
      size_bytes: number | null;
      sha256: string | null;
      content: unknown;
      metadata: unknown;
      created_at: string;
    };
    EngineRegistered: { engine_id: string; actor_id: string; engine_token: string; token_id: string };
  };
}

type Schemas = components["schemas"];
type Reply<Status extends number, Body> = {
  [S in Status]: { headers: { [name: string]: unknown }; content: { "application/json": Body } };
} & { default: { headers: { [name: string]: unknown }; content: { "application/json": Schemas["Problem"] } } };
type Parameters<Path, Query> = ([Path] extends [never] ? { path?: never } : { path: Path }) & {
  query?: Query;
  header?: { [name: string]: string };
  cookie?: never;
};
type Get<Body, Query = never, Path = never> = {
  parameters: Parameters<Path, Query>;
  get: { parameters: Parameters<Path, Query>; responses: Reply<200, Body> };
};
type Post<Body, Request, Path = never, Status extends number = 201> = {
  parameters: Parameters<Path, never>;
  post: {
    parameters: Parameters<Path, never>;
    requestBody: { content: { "application/json": Request } };
    responses: Reply<Status, Body>;
  };
};

interface EventsQuery {
  order?: "asc" | "desc";
  after_position?: number;
  before_position?: number;
  limit?: number;
  room_id?: string;
  thread_id?: string;
  run_id?: string;
  correlation_id?: string;
  event_types?: string;
  actor_id?: string;
  actor_type?: string;
  since?: string;
  until?: string;
  stream_type?: string;
  stream_id?: string;
}

export interface paths {
  "/v1/whoami": Get<Schemas["Whoami"]>;
  "/v1/session": Post<never, { code: string }, never, 204>;
  "/v1/rooms": Get<{ rooms: Schemas["Room"][] }> &
    Post<{ room_id: string }, { title: string; topic?: string; room_mode?: string; default_lang?: string }>;
  "/v1/rooms/{room_id}": Get<{ room: Schemas["Room"] }, never, { room_id: string }>;
  "/v1/rooms/{room_id}/threads": Get<{ threads: Schemas["Thread"][] }, never, { room_id: string }> &
    Post<{ thread_id: string }, { title: string }, { room_id: string }>;
  "/v1/threads/{thread_id}/messages": Post<
    { message_id: string },
    { content_md: string; sender_type?: string; sender_id?: string; lang?: string },
    { thread_id: string }
  >;
  "/v1/search": Get<
    { docs: Schemas["SearchDoc"][] },
    { q: string; room_id?: string; thread_id?: string; doc_type?: string; limit?: number }
  >;
  "/v1/events": Get<{ events: Schemas["Event"][]; next_cursor: string | null }, EventsQuery>;
  "/v1/events/{event_id}": Get<{ event: Schemas["EventDetail"] }, never, { event_id: string }>;
  "/v1/audit/hash-chain/verify": Get<
    Schemas["HashChain"],
    { stream_type: string; stream_id: string; from_seq?: number; limit?: number }
  >;
  "/v1/runs": Get<{ runs: Schemas["Run"][] }, { room_id?: string; status?: string; limit?: number }> &
    Post<
      { run_id: string },
      { room_id: string; thread_id?: string; title?: string; goal?: string; input?: unknown; tags?: string[] }
    >;
  "/v1/runs/{run_id}": Get<{ run: Schemas["Run"] }, never, { run_id: string }>;
  "/v1/runs/{run_id}/cancel": Post<unknown, { reason?: string }, { run_id: string }, 200>;
  "/v1/artifacts": Get<{ artifacts: Schemas["Artifact"][] }, { run_id?: string; step_id?: string; room_id?: string }>;
  "/v1/engines/register": Post<Schemas["EngineRegistered"], { actor_id: string; rotate?: boolean }>;
}

/** Routes that the API's document does not hold yet, by hand. */
import type { Api } from "./client";

interface Evidence {
  evidence_id: string;
  run_id: string;
  workspace_id: string;
  room_id: string | null;
  thread_id: string | null;
  correlation_id: string;
  run_status: string;
  manifest: unknown;
  manifest_hash: string;
  event_hash_root: string;
  stream_type: string;
  stream_id: string;
  from_seq: number;
  to_seq: number;
  event_count: number;
  finalized_at: string;
}

interface PipelineItem {
  entity_type: "experiment" | "run" | "approval" | "scorecard";
  entity_id: string;
  title: string | null;
  status: string;
  room_id: string | null;
  thread_id: string | null;
  correlation_id: string | null;
  updated_at: string;
  last_event_id: string | null;
  links: {
    experiment_id: string | null;
    approval_id: string | null;
    run_id: string | null;
    evidence_id: string | null;
    scorecard_id: string | null;
    incident_id: string | null;
  };
  diagnostics?: string[];
}

interface Pipeline {
  meta: {
    generated_at: string;
    stage_stats: Record<string, { returned: number; total: number; truncated: boolean }>;
  };
  stages: Record<string, PipelineItem[]>;
}

interface Engine {
  engine_id: string;
  workspace_id: string;
  engine_name: string | null;
  actor_id: string;
  display_name: string | null;
  status: "active" | "inactive";
  live_tokens: number;
  last_seen_at: string | null;
  created_at: string;
  updated_at: string;
  deactivated_at: string | null;
  deactivated_reason: string | null;
}

interface Agent {
  agent_id: string;
  principal_id: string;
  display_name: string | null;
  created_at: string;
  revoked_at: string | null;
  quarantined_at: string | null;
  quarantine_reason: string | null;
}

export type PendingSchemas = {
  Evidence: Evidence;
  PipelineItem: PipelineItem;
  Pipeline: Pipeline;
  Engine: Engine;
  Agent: Agent;
};

interface Loose {
  GET(path: string, options: object): Promise<{ data?: unknown; error?: unknown; response: Response }>;
  POST(path: string, options: object): Promise<{ data?: unknown; error?: unknown; response: Response }>;
}

/** A call of a route that is typed here. */
export async function callPending<T>(api: Api, method: "GET" | "POST", path: string, options: object = {}): Promise<T> {
  return (await api.call((client) => (client as unknown as Loose)[method](path, options))) as T;
}

/** The evidence of a run: what was recorded of it when it ended, and the proof that it is still so. */
import { queryOptions } from "@tanstack/react-query";
import { fieldsOf, textOf } from "../text/json";
import type { Api } from "./client";
import { asProblem } from "./problem";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sent, type HashChain, type Sent } from "./types";

export type Evidence = Sent<components["schemas"]["EvidenceRow"]>;

/** Hashes checked per request. */
const VERIFY_EVENTS = 1000;

/** `null` where none was made: the run goes on, or ended before evidence was kept. */
export const evidenceQuery = (api: Api, runId: string) =>
  queryOptions({
    queryKey: tags.evidence(runId),
    queryFn: async (): Promise<Evidence | null> => {
      try {
        const path = { run_id: runId };
        const { evidence } = await api.call((client) => client.GET("/v1/runs/{run_id}/evidence", { params: { path } }));
        return sent(evidence);
      } catch (problem) {
        if (asProblem(problem).code === "evidence_not_found") return null;
        throw problem;
      }
    },
  });

/** The hashes of the events that the manifest lists, in its order. */
function hashesOf(manifest: unknown): string[] {
  const events = fieldsOf(manifest)["events"];
  return Array.isArray(events) ? events.flatMap((event) => textOf(event, "event_hash") ?? []) : [];
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}

/** JSON without white space, its keys in order: what the hash of a manifest is made of. */
export const canonical = (value: unknown): string => JSON.stringify(ordered(value));

export async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `sha256:${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export type EvidenceCheck =
  /** `listed` of the events are in the manifest; more of them than it holds are only in the root. */
  | { kind: "valid"; events: number; listed: number }
  /** The manifest is not what its hash was made of, or the root not that of the hashes it lists. */
  | { kind: "altered" }
  /** The log does not hold together where the run is, or holds other events there. */
  | { kind: "chain"; at: string };

/** The manifest by its hash, the root from the listed hashes, then the log of the run's stretch, hash by hash. */
export async function checkEvidence(api: Api, evidence: Evidence): Promise<EvidenceCheck> {
  const hashes = hashesOf(evidence.manifest);
  const whole = hashes.length === evidence.event_count;
  if ((await sha256(canonical(evidence.manifest))) !== evidence.manifest_hash) return { kind: "altered" };
  if (whole && (await sha256(hashes.join("\n"))) !== evidence.event_hash_root) return { kind: "altered" };
  // The walk begins just after the place it is given.
  let from: number | null = evidence.from_seq - 1;
  let last: string | null = null;
  while (from !== null && from < evidence.to_seq) {
    const query = {
      stream_type: evidence.stream_type,
      stream_id: evidence.stream_id,
      from_seq: from,
      limit: Math.min(VERIFY_EVENTS, evidence.to_seq - from),
    };
    const answer: HashChain = sent(
      await api.call((client) => client.GET("/v1/audit/hash-chain/verify", { params: { query } })),
    );
    if (!answer.valid) return { kind: "chain", at: JSON.stringify(answer.first_mismatch) };
    last = answer.last_event_hash;
    from = answer.next_from_seq;
  }
  // Each hash holds the one before it: where the last agrees, all of them do.
  if (whole && last !== hashes.at(-1)) return { kind: "chain", at: String(evidence.to_seq) };
  return { kind: "valid", events: evidence.event_count, listed: hashes.length };
}

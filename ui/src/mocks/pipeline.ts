/** The board and the evidence of a mock world: read off its runs and requests, as the runtime does. */
import { http, HttpResponse } from "msw";
import { canonical, sha256 } from "../api/evidence";
import { PER_STAGE, STAGES, type PipelineItem, type Stage } from "../api/pipeline";
import type { Run } from "../api/types";
import { recordName } from "../components/run/fold";
import type { World } from "./world";

const stageOfRun: Record<Run["status"], Stage> = {
  queued: "3_execute_workspace",
  running: "3_execute_workspace",
  succeeded: "4_review_evidence",
  failed: "6_demoted",
  cancelled: "6_demoted",
};

const noLinks = { experiment_id: null, approval_id: null, run_id: null, evidence_id: null, scorecard_id: null, incident_id: null };

function itemsOf(world: World): [Stage, PipelineItem][] {
  const waiting = world.gate.approvals.filter(({ status }) => status === "pending" || status === "held");
  const approvals = waiting.map((approval): [Stage, PipelineItem] => [
    "2_pending_approval",
    {
      entity_type: "approval",
      entity_id: approval.approval_id,
      title: approval.title ?? `${approval.action} ${approval.target ?? ""}`,
      status: approval.status,
      room_id: approval.room_id,
      thread_id: null,
      correlation_id: approval.correlation_id,
      updated_at: approval.updated_at,
      last_event_id: approval.last_event_id,
      links: { ...noLinks, approval_id: approval.approval_id, run_id: approval.run_id },
    },
  ]);
  const runs = world.runs.map((run): [Stage, PipelineItem] => [
    run.waiting_approval_id ? "2_pending_approval" : world.assessed.has(run.run_id) ? "5_promoted" : stageOfRun[run.status],
    {
      entity_type: "run",
      entity_id: run.run_id,
      title: recordName(run)?.text ?? run.run_id,
      status: run.status,
      room_id: run.room_id,
      thread_id: null,
      correlation_id: run.correlation_id,
      updated_at: run.ended_at ?? run.started_at ?? run.created_at,
      last_event_id: world.events.findLast((event) => event.run_id === run.run_id)?.event_id ?? run.last_event_id,
      links: {
        ...noLinks,
        run_id: run.run_id,
        approval_id: run.approval_id ?? run.waiting_approval_id,
        evidence_id: run.ended_at ? `evd_${run.run_id}` : null,
      },
    },
  ]);
  return [...approvals, ...runs].toSorted(([, a], [, b]) => b.updated_at.localeCompare(a.updated_at));
}

export function pipelineHandlers(world: World) {
  return [
    http.get("*/v1/pipeline/projection", ({ request }) => {
      const limit = Number(new URL(request.url).searchParams.get("per_stage") ?? PER_STAGE);
      const items = itemsOf(world);
      const of = (stage: Stage) => items.flatMap(([where, item]) => (where === stage ? [item] : []));
      const stats = STAGES.map((stage) => {
        const total = of(stage).length;
        return [stage, { returned: Math.min(limit, total), total, truncated: total > limit }];
      });
      return HttpResponse.json({
        meta: { schema_version: "2.1", generated_at: new Date(world.now()).toISOString(), stage_stats: Object.fromEntries(stats) },
        stages: Object.fromEntries(STAGES.map((stage) => [stage, of(stage).slice(0, limit)])),
      });
    }),
    http.get("*/v1/runs/:id/evidence", async ({ params }) => {
      const run = world.runs.find((each) => each.run_id === params["id"]);
      if (!run?.ended_at) {
        return HttpResponse.json({ error: "evidence_not_found", message: "There is no evidence of this run." }, { status: 404 });
      }
      const events = world.events.filter((event) => event.run_id === run.run_id);
      const pointers = events.map((event) => ({
        event_id: event.event_id,
        event_type: event.event_type,
        occurred_at: event.occurred_at,
        stream_seq: event.stream_seq,
        event_hash: world.detail(event.event_id)?.event_hash,
      }));
      const manifest = { run_id: run.run_id, run_status: run.status, events: pointers, counts: { events: pointers.length } };
      return HttpResponse.json({
        evidence: {
          evidence_id: `evd_${run.run_id}`,
          run_id: run.run_id,
          workspace_id: run.workspace_id,
          room_id: run.room_id,
          thread_id: null,
          correlation_id: run.correlation_id,
          run_status: run.status,
          manifest,
          manifest_hash: await sha256(canonical(manifest)),
          event_hash_root: await sha256(pointers.map((pointer) => pointer.event_hash).join("\n")),
          stream_type: "room",
          stream_id: run.room_id,
          from_seq: events[0]?.stream_seq ?? 1,
          to_seq: events.at(-1)?.stream_seq ?? 1,
          event_count: events.length,
          finalized_at: run.ended_at,
        },
      });
    }),
  ];
}

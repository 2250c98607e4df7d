import { http, HttpResponse } from "msw";
import type { Approval, Decision, KillSwitch, PolicyMode } from "../api/approvals";
import type { World } from "./world";

const DAY_MS = 86_400_000;
const status = { approve: "approved", deny: "denied", hold: "held" } as const;
const untouched = { reason: null, changed_at: null, changed_by_type: null, changed_by_id: null };

/** The gate of one world: what waits for the owner, and how the gate is set. */
export class GateWorld {
  readonly approvals: Approval[] = [];
  /** Every decision that was sent, in order. */
  readonly decided: (Decision & { approvalId: string })[] = [];
  killSwitch: KillSwitch = { enabled: false, ...untouched };
  mode: PolicyMode = { mode: "enforce", ...untouched };

  constructor(readonly world: World) {}

  request(wish: Partial<Approval> = {}, when = this.world.now()): Approval {
    const at = new Date(when).toISOString();
    const approval: Approval = {
      approval_id: this.world.id("appr"),
      workspace_id: "ws_dev",
      status: "pending",
      action: "email.send",
      target: "team@example.com",
      payload: { subject: "Hello" },
      payload_digest: `sha256:${"0".repeat(64)}`,
      title: null,
      request: null,
      context: null,
      reason_code: null,
      scope: { type: "once" },
      waiters: 1,
      requested_by_type: "agent",
      requested_by_id: "mailer",
      requested_at: at,
      created_at: at,
      updated_at: at,
      expires_at: new Date(when + DAY_MS).toISOString(),
      decision: null,
      decision_reason: null,
      decided_at: null,
      decided_by_type: null,
      decided_by_id: null,
      ended_at: null,
      ended_by: null,
      consumed_by_run_id: null,
      room_id: null,
      thread_id: null,
      run_id: null,
      step_id: null,
      correlation_id: "corr_1",
      last_event_id: "",
      ...wish,
    };
    this.approvals.unshift(approval);
    approval.last_event_id = this.world.append({
      type: "approval.requested",
      room: approval.room_id,
      run: approval.run_id ?? undefined,
      actor: [approval.requested_by_type, approval.requested_by_id],
      data: { approval_id: approval.approval_id, action: approval.action, target: approval.target, title: approval.title, expires_at: approval.expires_at },
      at: when,
      correlation: approval.correlation_id,
    }).event_id;
    return approval;
  }

  decide(approvalId: string, decision: Decision, when = this.world.now()): Approval | null {
    const approval = this.approvals.find((each) => each.approval_id === approvalId);
    if (!approval || !["pending", "held"].includes(approval.status)) return null;
    this.decided.push({ approvalId, ...decision });
    const at = new Date(when).toISOString();
    Object.assign(approval, {
      status: status[decision.decision],
      decision: decision.decision,
      decision_reason: decision.reason ?? null,
      scope: decision.scope ?? approval.scope,
      decided_at: at,
      decided_by_type: "user",
      decided_by_id: "owner",
    });
    this.world.append({
      type: "approval.decided",
      room: approval.room_id,
      run: approval.run_id ?? undefined,
      actor: ["user", "owner"],
      data: { approval_id: approvalId, decision: decision.decision, scope: approval.scope },
      cause: approval.last_event_id,
      at: when,
      correlation: approval.correlation_id,
    });
    return approval;
  }

  /** Ends what still allows or waits; `null` when there is nothing to take back. */
  revoke(approvalId: string, reason: string | null): Approval | null {
    const approval = this.approvals.find((each) => each.approval_id === approvalId);
    if (!approval || !["pending", "held", "approved"].includes(approval.status)) return null;
    Object.assign(approval, { status: "expired", ended_by: "revoked", ended_at: new Date(this.world.now()).toISOString() });
    this.world.append({
      type: "approval.expired",
      room: approval.room_id,
      actor: ["user", "owner"],
      data: { approval_id: approvalId, ended_by: "revoked", reason },
      cause: approval.last_event_id,
    });
    return approval;
  }
}

/** The gate's part of the API. */
export function gateHandlers(world: World) {
  const { gate } = world;
  const refused = () =>
    HttpResponse.json({ error: "owner_required", message: "Only the owner can do this.", hint: null }, { status: 403 });
  return [
    http.get("*/v1/approvals", ({ request }) => {
      const params = new URL(request.url).searchParams;
      const asked = params.get("status");
      const limit = Number(params.get("limit") ?? "50");
      const from = Number(params.get("cursor") ?? "0");
      const found = gate.approvals.filter((approval) => !asked || approval.status === asked);
      const count = (wanted: string) => gate.approvals.filter((approval) => approval.status === wanted).length;
      return HttpResponse.json({
        approvals: found.slice(from, from + limit),
        next_cursor: found.length > from + limit ? String(from + limit) : null,
        waiting: { pending: count("pending"), held: count("held") },
      });
    }),
    http.get("*/v1/approvals/:id", ({ params }) => {
      const approval = gate.approvals.find((each) => each.approval_id === params["id"]);
      return approval
        ? HttpResponse.json({ approval })
        : HttpResponse.json({ error: "approval_not_found", message: "There is no such approval." }, { status: 404 });
    }),
    http.post("*/v1/approvals/:id/decide", async ({ params, request }) => {
      if (!world.owner) return refused();
      const decided = gate.decide(String(params["id"]), (await request.json()) as Decision);
      const message = "The request has been decided before.";
      return decided
        ? HttpResponse.json({ ok: true })
        : HttpResponse.json({ error: "approval_already_decided", message, hint: null }, { status: 409 });
    }),
    http.post("*/v1/approvals/:id/revoke", async ({ params, request }) => {
      if (!world.owner) return refused();
      const { reason } = (await request.json()) as { reason?: string };
      const message = "There is nothing to take back: the approval is over.";
      return gate.revoke(String(params["id"]), reason ?? null)
        ? HttpResponse.json({ ok: true })
        : HttpResponse.json({ error: "approval_already_decided", message, hint: null }, { status: 409 });
    }),
    http.get("*/v1/action-registry", () =>
      HttpResponse.json({
        actions: [
          {
            action_type: "email.send",
            reversible: false,
            zone_required: "high_stakes",
            requires_pre_approval: true,
            post_review_required: false,
            metadata: { cost_impact: "medium", recovery_difficulty: "hard" },
            created_at: "2026-11-21T00:00:00.000Z",
            updated_at: "2026-11-21T00:00:00.000Z",
          },
        ],
      }),
    ),
    http.get("*/v1/policy/kill-switch", () => (world.owner ? HttpResponse.json(gate.killSwitch) : refused())),
    http.post("*/v1/policy/kill-switch", async ({ request }) => {
      const { enabled } = (await request.json()) as { enabled: boolean };
      const changed_at = new Date(world.now()).toISOString();
      gate.killSwitch = { enabled, reason: null, changed_at, changed_by_type: "user", changed_by_id: "owner" };
      world.append({ type: "policy.kill_switch.changed", actor: ["user", "owner"], data: { enabled } });
      return HttpResponse.json(gate.killSwitch);
    }),
    http.get("*/v1/policy/mode", () => (world.owner ? HttpResponse.json(gate.mode) : refused())),
    http.post("*/v1/policy/mode", async ({ request }) => {
      const { mode } = (await request.json()) as { mode: PolicyMode["mode"] };
      gate.mode = { ...gate.mode, mode };
      return HttpResponse.json(gate.mode);
    }),
  ];
}

/** A past worth looking into: what belongs together across rooms, waits, lost leases, and who holds what. */
import type { Approval } from "../api/approvals";
import type { Run } from "../api/types";
import type { World } from "./world";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const CORRELATION = "corr_release_0_4";

interface Told {
  world: World;
  run: Run;
  at: number;
}

/** One more event of a run, `after` milliseconds later than the one before. */
function next(told: Told, after: number, type: string, data: object = {}, actor: readonly [string, string] = ["service", "builder"], step?: string) {
  told.at += after;
  const { world, run } = told;
  return world.append({ type, room: run.room_id, run: run.run_id, step, actor, data: { run_id: run.run_id, ...data }, at: told.at, correlation: CORRELATION });
}

function begin(world: World, room: string, title: string, argv: string[], at: number, cause: string): Told {
  const run = world.createRun(room, title, argv, at, ["agent", "claude"], { correlation: CORRELATION, cause });
  return { world, run, at };
}

function end({ world, run, at }: Told, status: "succeeded" | "failed", message?: string): void {
  Object.assign(run, { status, ended_at: new Date(at).toISOString(), attempt_no: Math.max(1, run.attempt_no) });
  if (message) run.error = { message };
  if (status === "succeeded") world.assessed.add(run.run_id);
}

/** From one message: a build that waits for the owner and loses its worker, and a deployment in another room. */
export function seedStory(world: World): void {
  const now = world.now();
  const [release, nightly] = world.rooms;
  if (!release || !nightly) return;
  const thread = world.threads.find((each) => each.room_id === release.room_id);
  const start = now - 95 * MINUTE_MS;
  const asked = world.append({
    type: "message.created",
    room: release.room_id,
    thread: thread?.thread_id,
    actor: ["user", "owner"],
    data: { message_id: world.id("msg"), sender_type: "user", sender_id: "owner", content_md: "Please build **0.4** and put it on staging.", lang: "en" },
    at: start,
    correlation: CORRELATION,
  });
  const build = begin(world, release.room_id, "Build 0.4", ["make", "release"], start + 4 * SECOND_MS, asked.event_id);
  const approval: Partial<Approval> = { run_id: build.run.run_id, room_id: release.room_id, action: "command.execute", target: "/srv/build", payload: { argv: ["make", "release"], cwd: "/srv/build" }, title: "Build 0.4", requested_by_id: "claude", correlation_id: CORRELATION };
  const request = world.gate.request({ ...approval, requested_at: new Date(build.at).toISOString() }, build.at);
  next(build, 10, "run.waiting", { approval_id: request.approval_id });
  build.at += 130 * SECOND_MS;
  world.gate.decide(request.approval_id, { decision: "approve", scope: { type: "once" } }, build.at);
  request.status = "consumed";
  build.run.approval_id = request.approval_id;
  next(build, 1, "run.approved", { approval_id: request.approval_id });
  next(build, 4 * SECOND_MS, "run.claimed", { attempt_no: 1, actor_id: "builder" });
  build.run.started_at = new Date(build.at).toISOString();
  next(build, 5, "run.started");
  for (const [index, step] of ["fetch", "compile", "test"].entries()) {
    const id = world.id("step");
    next(build, 200, "step.created", { step_id: id, kind: "task", title: step }, undefined, id);
    const call = world.id("tc");
    next(build, 100, "tool.invoked", { tool_call_id: call, tool_name: "shell.exec", input: { argv: ["make", step] } }, undefined, id);
    if (index === 1) break;
    next(build, 12 * SECOND_MS, "tool.succeeded", { tool_call_id: call, output: { exit_code: 0, duration_ms: 12_000 } }, undefined, id);
  }
  next(build, 30 * SECOND_MS, "run.lease.expired", { attempt_no: 1 });
  next(build, 6 * SECOND_MS, "run.claimed", { attempt_no: 2, actor_id: "builder" });
  build.run.attempt_no = 2;
  build.run.claimed_by_actor_id = "builder";
  const id = world.id("step");
  const call = world.id("tc");
  next(build, 200, "step.created", { step_id: id, kind: "task", title: "compile" }, undefined, id);
  next(build, 100, "tool.invoked", { tool_call_id: call, tool_name: "shell.exec", input: { argv: ["make", "compile"] } }, undefined, id);
  next(build, 41 * SECOND_MS, "artifact.created", { artifact_id: world.id("art"), kind: "file", title: "signalbox-0.4.tar.gz", size_bytes: 4_812_334 }, undefined, id);
  next(build, 100, "tool.succeeded", { tool_call_id: call, output: { exit_code: 0, duration_ms: 41_100 } }, undefined, id);
  const built = next(build, 50, "run.completed", { summary: "built" });
  end(build, "succeeded");

  const deploy = begin(world, nightly.room_id, "Put 0.4 on staging", ["deploy", "staging"], build.at + 3 * SECOND_MS, built.event_id);
  next(deploy, 2 * SECOND_MS, "run.claimed", { attempt_no: 1, actor_id: "builder" });
  deploy.run.started_at = new Date(deploy.at).toISOString();
  world.append({
    type: "policy.denied",
    room: nightly.room_id,
    run: deploy.run.run_id,
    actor: ["service", "api"],
    data: { category: "egress", action: "external.write", target: "https://staging.example.net/deploy", reason_code: "capability_missing", reason: "No capability covers this host.", blocked: true },
    at: deploy.at + 700,
    correlation: CORRELATION,
    contexts: { policy_context: { principal: "claude", action: "external.write", target: "https://staging.example.net/deploy", capability_token_id: null, mode: "enforce" } },
  });
  deploy.at += 900;
  next(deploy, 400, "run.failed", { message: "staging refused the upload: HTTP 403" });
  end(deploy, "failed", "staging refused the upload: HTTP 403");
  world.append({
    type: "message.created",
    room: nightly.room_id,
    actor: ["agent", "claude"],
    data: { message_id: world.id("msg"), sender_type: "agent", sender_id: "claude", content_md: "Staging refused the upload with the token `[redacted]`. I need a capability for that host.", lang: "en" },
    at: deploy.at + 1500,
    cause: world.events.at(-1)?.event_id,
    correlation: CORRELATION,
    secret: true,
  });
}

/** What waits, what is held, and whose lease is about to end. */
export function seedFleet(world: World): void {
  const now = world.now();
  const [release, nightly] = world.rooms;
  const ago = (ms: number) => new Date(now - ms).toISOString();
  world.fleet.register("embedded_worker", null, { display_name: "Embedded worker", last_seen_at: ago(2 * SECOND_MS), created_at: ago(30 * HOUR_MS) });
  world.fleet.register("builder", nightly ? [nightly.room_id] : null, { last_seen_at: ago(6 * SECOND_MS), created_at: ago(20 * HOUR_MS) });
  world.fleet.deactivate(world.fleet.register("old_laptop", null, { last_seen_at: ago(26 * HOUR_MS) }));
  world.fleet.agent("claude", { created_at: ago(29 * HOUR_MS) });
  world.fleet.agent("nightwatch", { created_at: ago(26 * HOUR_MS) });
  world.fleet.agent("mailer", { created_at: ago(5 * HOUR_MS), quarantined_at: ago(HOUR_MS), quarantine_reason: "wrote to the wrong list" });
  if (!release || !nightly) return;
  const hold = (title: string, argv: string[], engine: string, heldMs: number, leftMs: number) => {
    const run = world.createRun(release.room_id, title, argv, now - heldMs - 1500, ["agent", "claude"]);
    const event = (type: string, data: object) =>
      world.append({ type, room: run.room_id, run: run.run_id, actor: ["service", engine], data: { run_id: run.run_id, ...data }, at: now - heldMs });
    event("run.claimed", { attempt_no: 1, actor_id: engine });
    event("run.started", {});
    Object.assign(run, {
      status: "running",
      attempt_no: 1,
      claimed_by_actor_id: engine,
      started_at: ago(heldMs),
      lease_heartbeat_at: ago(30 * SECOND_MS - leftMs),
      lease_expires_at: new Date(now + leftMs).toISOString(),
    });
  };
  hold("Index the archive", ["index", "--all"], "builder", 14 * MINUTE_MS, 24 * SECOND_MS);
  hold("Convert recordings", ["convert", "*.wav"], "embedded_worker", 3 * MINUTE_MS, 8 * SECOND_MS);
  world.gate.request({ title: "Tell the team that 0.4 is out", room_id: release.room_id, request: { purpose: "The release is out" } }, now - 4 * MINUTE_MS);
  world.gate.request({ action: "external.write", target: "https://api.example.com/v1/releases", payload: { method: "POST", tag: "0.4" }, requested_by_id: "claude", room_id: release.room_id, reason_code: "external_write_requires_approval" }, now - 11 * MINUTE_MS);
  world.gate.request({ action: "external.write", target: "https://api.example.com/v1/tags", status: "approved", scope: { type: "template", target: "https://api.example.com/v1/*" }, title: "Tags of releases", requested_by_id: "claude" }, now - 5 * HOUR_MS);
  world.gate.request({ action: "external.write", target: "https://files.example.com/upload", status: "denied", title: "Upload the logs", requested_by_id: "claude" }, now - 6 * HOUR_MS);
}

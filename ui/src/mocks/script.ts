/** What happens in the mock world: a past that is already there, and runs that go their course. */
import { formatArgv } from "../text/argv";
import type { Run } from "../api/types";
import type { World } from "./world";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WORKER = ["service", "embedded_worker"] as const;

interface Course {
  lines: readonly (readonly [stream: "stdout" | "stderr", text: string])[];
  /** Between two lines. */
  stepMs: number;
  exit: number;
  engine?: readonly [string, string];
  waitMs?: number;
}

/** Plays a run from claim to end at given times; `pace` waits between them when it is live. */
export async function play(world: World, run: Run, course: Course, begin: number | null, pace?: (ms: number) => Promise<void>) {
  let clock = begin;
  const at = () => clock ?? world.now();
  const pass = async (ms: number) => {
    if (clock !== null) clock += ms;
    else await pace?.(ms);
  };
  const engine = course.engine ?? WORKER;
  const room = run.room_id;
  const ids = { run: run.run_id, step: world.id("step"), tool: world.id("tc") };
  const argv = (run.input as { command: { argv: string[] } }).command.argv;
  const append = (type: string, data: unknown, step = true) =>
    world.append({ type, room, run: ids.run, step: step ? ids.step : undefined, actor: engine, data, at: at() });

  await pass(course.waitMs ?? 240);
  run.status = "running";
  run.attempt_no = 1;
  run.claimed_by_actor_id = engine[1];
  run.started_at = new Date(at()).toISOString();
  append("run.claimed", { run_id: ids.run, attempt_no: 1, engine_id: "eng_1", actor_id: engine[1], lease_seconds: 30 }, false);
  append("run.started", { run_id: ids.run }, false);
  append("step.created", { step_id: ids.step, kind: "command", title: "command" });
  append("tool.invoked", { tool_call_id: ids.tool, tool_name: "shell.exec", input: { argv, cwd: "/home/ada/signal" } });
  let offset = 0;
  for (const [stream, text] of course.lines) {
    await pass(course.stepMs);
    if (run.cancel_requested_at) break;
    append("tool.output", { tool_call_id: ids.tool, stream, offset_bytes: offset, text });
    offset += text.length;
  }
  await pass(course.stepMs);
  const text = course.lines.map((line) => line[1]).join("");
  const blob = `sha256:${ids.tool.padEnd(64, "a")}`;
  world.blobs.set(blob, text);
  const artifact = {
    artifact_id: world.id("art"),
    run_id: ids.run,
    step_id: ids.step,
    room_id: room,
    kind: "command.output",
    title: "command.output",
    mime_type: "text/plain",
    size_bytes: text.length,
    sha256: blob,
  };
  const moment = new Date(at()).toISOString();
  world.artifacts.push({
    ...artifact,
    workspace_id: run.workspace_id,
    thread_id: null,
    content_type: "blob",
    content_blob: blob,
    content_text: null,
    content_json: null,
    content_uri: null,
    metadata: {},
    correlation_id: run.correlation_id,
    last_event_id: "",
    created_at: moment,
    updated_at: moment,
  });
  append("artifact.created", { ...artifact, content: { type: "blob", blob } });
  const cancelled = run.cancel_requested_at !== null;
  const ok = course.exit === 0 && !cancelled;
  const result = cancelled ? { signal: "SIGTERM", duration_ms: 1000 } : { exit_code: course.exit, duration_ms: course.stepMs * (course.lines.length + 1) };
  append(ok ? "tool.succeeded" : "tool.failed", { tool_call_id: ids.tool, output: result });
  run.ended_at = new Date(at()).toISOString();
  run.status = cancelled ? "cancelled" : ok ? "succeeded" : "failed";
  run.output = result;
  if (run.status === "failed") run.error = { message: `the command exited with ${course.exit}`, exit_code: course.exit };
  append(
    cancelled ? "run.cancelled" : ok ? "run.completed" : "run.failed",
    cancelled
      ? { run_id: ids.run, reason: "asked by owner" }
      : ok
        ? { run_id: ids.run, output: result }
        : { run_id: ids.run, message: `the command exited with ${course.exit}` },
    false,
  );
  if (run.status === "failed") world.attention.openFor(run, at());
}

const TESTS: Course = {
  stepMs: 420,
  exit: 101,
  lines: [
    ["stderr", "   \u001b[1m\u001b[32mCompiling\u001b[0m kernel v0.1.0\n"],
    ["stderr", "    \u001b[1m\u001b[32mFinished\u001b[0m `test` profile in 3.21s\n"],
    ["stdout", "running 3 tests\ntest lease::expired_is_reclaimed ... \u001b[32mok\u001b[0m\n"],
    ["stdout", "test lease::fencing_token_is_checked ... \u001b[31mFAILED\u001b[0m\ntest lease::one_terminal_event ... \u001b[32mok\u001b[0m\n"],
    ["stdout", "\nfailures:\n    lease::fencing_token_is_checked\n\ntest result: \u001b[31mFAILED\u001b[0m. 2 passed; 1 failed\n"],
  ],
};

const ok = (lines: readonly string[], stepMs = 300, engine?: readonly [string, string]): Course => ({
  stepMs,
  exit: 0,
  engine,
  lines: lines.map((line) => ["stdout", `${line}\n`] as const),
});

/** Two days of a small team's work. */
export async function seed(world: World): Promise<void> {
  const now = world.now();
  const release = world.createRoom("release 0.4", "What goes out on Friday", now - 30 * HOUR_MS);
  const nightly = world.createRoom("nightly checks", "Every night at two", now - 29 * HOUR_MS);
  world.createRoom("research", null, now - 28 * HOUR_MS);
  const general = world.createThread(release.room_id, "General", now - 29.5 * HOUR_MS);
  world.createThread(release.room_id, "Changelog", now - 29 * HOUR_MS);
  const nightThread = world.createThread(nightly.room_id, "Results", now - 28.9 * HOUR_MS);

  const past = async (room: string, argv: string[], course: Course, at: number, actor: readonly [string, string] = ["user", "owner"], title?: string) => {
    const run = world.createRun(room, title ?? formatArgv(argv), argv, at, actor);
    await play(world, run, course, at + 20);
    return run;
  };

  await past(nightly.room_id, ["cargo", "audit"], ok(["    Loaded 812 security advisories", "    Scanning Cargo.lock for vulnerabilities (486 crate dependencies)", "\u001b[32mNo vulnerabilities found\u001b[0m"], 900), now - 26 * HOUR_MS, ["service", "cron"]);
  world.post(nightThread.thread_id, "Audit is **clean**. Next run tomorrow at two.", ["agent", "nightwatch"], now - 25.9 * HOUR_MS);
  world.post(general.thread_id, "Plan for 0.4:\n\n1. leases survive a killed worker\n2. `signalbox run` reports exit codes\n3. docs\n\nI take 1, can you take 2?", ["user", "owner"], now - 3 * HOUR_MS);
  world.post(general.thread_id, "Taking **2**. I will run the kernel tests first and report here.", ["agent", "claude"], now - 2.9 * HOUR_MS);
  await past(release.room_id, ["cargo", "test", "-p", "kernel"], TESTS, now - 2.8 * HOUR_MS, ["agent", "claude"]);
  world.post(general.thread_id, "One test fails: `lease::fencing_token_is_checked`. The claim compares the token as text, with case. Fix:\n\n```rust\nif !token.ct_eq(&lease.token) {\n    return Err(Reject::LeaseTokenMismatch);\n}\n```\n\nSee [the issue](https://example.org/42). ![graph](https://tracker.example/p.png)", ["agent", "claude"], now - 2.7 * HOUR_MS);
  await past(release.room_id, ["cargo", "test", "-p", "kernel"], { ...TESTS, exit: 0, lines: TESTS.lines.slice(0, 3).concat([["stdout", "test result: \u001b[32mok\u001b[0m. 3 passed; 0 failed\n"]]) }, now - 2.5 * HOUR_MS, ["agent", "claude"]);
  await past(release.room_id, ["git", "push", "origin", "lease-token"], ok(["To git.example:signalbox", "   3f2a91c..b07d4e2  lease-token -> lease-token"], 500), now - 2.4 * HOUR_MS, ["user", "ada"]);
  world.append({ type: "secret.leaked.detected", room: release.room_id, actor: ["service", "redactor"], data: { source_event_id: "ev_1", rule_ids: ["github_token"] }, at: now - 2.35 * HOUR_MS });
  await attentionOf(world, { release: release.room_id, nightly: nightly.room_id }, past);
  await past(release.room_id, ["signalbox", "--version"], ok(["signalbox 0.4.0-rc.1"], 60), now - 40 * MINUTE_MS);
  await past(nightly.room_id, ["sh", "-c", "df -h / | tail -1"], ok(["/dev/nvme0n1p2  468G  211G  234G  48% /"], 90), now - 30 * MINUTE_MS, ["service", "cron"], "Disk space");
  waitingOf(world, release.room_id);
  world.post(general.thread_id, "Release notes are in the *Changelog* thread. Looks good to me 👍", ["user", "ada"], now - 12 * MINUTE_MS);
}

type Past = (room: string, argv: string[], course: Course, at: number, actor?: readonly [string, string], title?: string) => Promise<Run>;

/** What needed the owner in the last two days, and what still does. */
async function attentionOf(world: World, rooms: { release: string; nightly: string }, past: Past): Promise<void> {
  const { attention } = world;
  const now = world.now();
  const cron = ["service", "cron"] as const;
  const audit: Course = { stepMs: 800, exit: 1, lines: [["stderr", "error: could not reach the advisory database\n"]] };

  const known = attention.incidents.at(-1);
  if (known) {
    attention.explain(known, { analysis: "The claim compared the fencing token as text, letter by letter and with case." }, ["agent", "claude"], now - 2.6 * HOUR_MS);
    attention.learn(known, "Secrets and tokens are compared with `ct_eq`, never as text.", ["user", "owner"], now - 2.5 * HOUR_MS);
    attention.close(known, "fixed in b07d4e2", now - 2.45 * HOUR_MS);
  }
  await past(rooms.release, ["cargo", "test", "--", "--ignored"], ok(["soak: 1 h simulated", "soak: 6 h simulated", "test result: ok. 4 passed"], 68_000), now - 2.2 * HOUR_MS, ["agent", "claude"], "Soak test");
  attention.cursor = world.events.length;
  for (const minutes of [100, 85, 70]) await past(rooms.nightly, ["cargo", "audit"], audit, now - minutes * MINUTE_MS, cron);
  world.append({ type: "policy.denied", room: rooms.release, actor: ["agent", "claude"], at: now - 64 * MINUTE_MS, data: { category: "egress", action: "http.post", target: "api.tracker.example", reason_code: "capability_scope", reason: "The agent's capability does not reach this host.", enforcement_mode: "enforce", blocked: true } });
  await past(rooms.release, ["npm", "run", "build"], { stepMs: 2100, exit: 2, lines: [["stdout", "vite v8.3.8 building for production...\n"], ["stderr", "Could not resolve ./strings from src/app/Rail.tsx\n"]] }, now - 52 * MINUTE_MS, ["agent", "claude"], "Build the page");
  await past(rooms.release, ["scripts/bundle.mjs", "--all"], ok(["bundling for linux", "bundling for windows", "3 bundles written"], 41_000), now - 46 * MINUTE_MS, ["user", "ada"], "Bundle the release");
}

/** What waits for the owner right now. */
function waitingOf(world: World, room: string): void {
  const { attention, gate } = world;
  const now = world.now();
  attention.open({ room_id: room, title: "The release page names the wrong version", summary: "Seen by two people on Thursday; the tag is right.", severity: "high" }, ["user", "ada"], now - 25 * MINUTE_MS);
  gate.request({ title: "Publish 0.4.0-rc.1", action: "github.release", target: "signalbox/signalbox", room_id: room, requested_by_id: "claude", requested_at: new Date(now - 6 * MINUTE_MS).toISOString() }, now - 6 * MINUTE_MS);
  gate.request({ action: "email.send", target: "team@example.com", requested_by_id: "mailer", requested_at: new Date(now - 2 * MINUTE_MS).toISOString() }, now - 2 * MINUTE_MS);
}

/** The course of a run that a person starts in the mock. */
export function courseOf(argv: readonly string[]): Course {
  if (argv[0] === "uname") return ok(["Linux box 6.12.0 #1 SMP x86_64 GNU/Linux"], 120);
  if (argv[0] === "git") return ok(["git version 2.47.2"], 100);
  return ok(Array.from({ length: 14 }, (_, index) => `\u001b[2m${String(index + 1).padStart(2)}/14\u001b[0m \u001b[36mmodule-${index}\u001b[0m built`), 700);
}

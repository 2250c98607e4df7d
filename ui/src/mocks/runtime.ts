import type { ComponentStatus, Diagnostics, RuntimeStatus } from "../platform";
import type { World } from "./world";

const started = new Date(Date.now() - 47 * 60_000).toISOString();

function component(name: string, change: Partial<ComponentStatus>): ComponentStatus {
  return {
    name,
    required: true,
    enabled: true,
    state: "healthy",
    pid: 4310,
    port: null,
    version: "0.1.0",
    restart_attempts: 0,
    next_restart_at: null,
    last_started_at: started,
    last_exit_at: null,
    last_exit_code: null,
    last_exit_signal: null,
    last_error_code: null,
    last_error_message: null,
    last_error_hint: null,
    updated_at: started,
    ...change,
  };
}

export function healthy(change: Partial<RuntimeStatus> = {}): RuntimeStatus {
  return {
    phase: "healthy",
    mode: "embedded",
    supervised: true,
    url: "http://127.0.0.1:4242",
    updated_at: started,
    restart_attempts_total: 0,
    degraded_component: null,
    fatal_component: null,
    last_error_code: null,
    last_error_message: null,
    last_error_component: null,
    last_error_at: null,
    components: {
      api: component("api", { pid: 4301, port: 4242 }),
      worker: component("worker", { pid: 4310, required: false }),
    },
    ...change,
  };
}

/** The worker has just died and waits for its next start. */
export function degraded(): RuntimeStatus {
  const message = "The worker ended by signal 9.";
  return healthy({
    phase: "degraded",
    degraded_component: "worker",
    restart_attempts_total: 3,
    last_error_code: "exited",
    last_error_message: message,
    last_error_component: "worker",
    last_error_at: new Date(Date.now() - 9000).toISOString(),
    components: {
      api: component("api", { pid: 4301, port: 4242 }),
      worker: component("worker", {
        state: "restarting",
        pid: null,
        restart_attempts: 3,
        next_restart_at: new Date(Date.now() + 8000).toISOString(),
        last_exit_signal: 9,
        last_error_code: "exited",
        last_error_message: message,
        last_error_hint: "It starts again by itself.",
      }),
    },
  });
}

/** The API cannot start: another program holds its port. */
export function portTaken(): RuntimeStatus {
  const message = "Port 4242 is in use by python3 (pid 812).";
  const hint = "Stop that program, or start Signalbox with another --listen address.";
  return healthy({
    phase: "fatal",
    url: null,
    fatal_component: "api",
    last_error_code: "port_in_use",
    last_error_message: message,
    last_error_component: "api",
    last_error_at: new Date(Date.now() - 20_000).toISOString(),
    components: {
      api: component("api", {
        state: "fatal",
        pid: null,
        last_exit_code: 3,
        last_error_code: "port_in_use",
        last_error_message: message,
        last_error_hint: hint,
      }),
      worker: component("worker", { state: "stopped", pid: null, required: false }),
    },
  });
}

let tick = 0;

export function diagnostics(runtime: RuntimeStatus, world: World | null): Diagnostics {
  tick += 1;
  const { api, worker } = runtime.components;
  const usage = (name: string, pid: number | null | undefined, memory: number) =>
    pid
      ? [
          {
            component: name,
            pid,
            memory_bytes: memory + Math.round(Math.sin(tick / 3) * 900_000),
            cpu_percent: Math.abs(Math.sin(tick / 2) * 2.4),
            uptime_seconds: 2820,
          },
        ]
      : [];
  const failing = Object.values(runtime.components).find((each) => each?.state === "fatal");
  return {
    generated_at: new Date(Date.now() + tick).toISOString(),
    app_version: "0.1.0",
    os: "Debian GNU/Linux 12 (x86_64)",
    data_dir: "/home/ada/.local/share/signalbox",
    data_dir_free_bytes: 251_000_000_000,
    runtime,
    usage: [...usage("api", api?.pid, 31_400_000), ...usage("worker", worker?.pid, 12_100_000), ...usage("supervisor", 4290, 96_300_000)],
    keyring: { state: "available", detail: "In the Secret Service of this session.", token_location: "os_keyring" },
    logs: [
      { component: "api", path: "/home/ada/.local/share/signalbox/logs/api.log" },
      { component: "worker", path: "/home/ada/.local/share/signalbox/logs/worker.log" },
    ],
    log_tail: Array.from({ length: 14 }, (_, index) => ({
      component: index % 3 === 0 ? "supervisor" : index % 2 === 0 ? "api" : "worker",
      time: new Date(Date.now() - (14 - index) * 4000).toISOString(),
      level: index === 9 ? "WARN" : index === 11 ? "ERROR" : "INFO",
      message: ["claimed run run_00000042, attempt 1", "listening on http://127.0.0.1:4242", "worker is healthy"][index % 3] ?? "",
    })),
    problems: failing
      ? [
          {
            code: failing.last_error_code ?? "start_failed",
            severity: "error",
            title: "The API cannot start",
            cause: failing.last_error_message ?? "",
            remedy: failing.last_error_hint ?? "",
            action: { kind: "retry" },
          },
        ]
      : [],
    database: world
      ? { schema_version: 1, sqlite_version: "3.53.1", size_bytes: 4_812_800, wal_bytes: 412_032, events: world.events.length, head_position: world.events.length }
      : null,
  };
}

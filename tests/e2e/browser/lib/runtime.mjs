// A real runtime for the browser tests: `signalbox up` on a data directory of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PROGRAM = process.platform === "win32" ? "signalbox.exe" : "signalbox";
const BINARY = process.env.SIGNALBOX_BINARY ?? join(ROOT, "target", "debug", PROGRAM);
const OWNER_TOKEN = "owner-token-of-the-browser-tests";

/** How long a condition may take to come true before the test fails. Nothing waits this long when all is well. */
export const PATIENCE_MS = 30_000;
const POLL_MS = 50;

/** Asks until the answer is truthy. */
export async function until(what, ask) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`it never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Starts a runtime; `stop` ends it and removes its data. */
export async function startRuntime() {
  const data = await mkdtemp(join(tmpdir(), "signalbox-e2e-"));
  const child = spawn(BINARY, ["up", "--listen", "127.0.0.1:0", "--data-dir", data], {
    env: { ...process.env, SIGNALBOX_OWNER_TOKEN: OWNER_TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const url = await readyUrl(child, () => log);
  const runtime = new Runtime(url);
  await until("the runtime is healthy", async () => (await runtime.status()).phase === "healthy");
  return Object.assign(runtime, {
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      await rm(data, { recursive: true, force: true });
    },
  });
}

async function readyUrl(child, log) {
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.ready) {
      child.stdout.resume();
      return said.url;
    }
    throw new Error(`it did not start: ${line}`);
  }
  throw new Error(`it ended before it was ready: ${log()}`);
}

class Runtime {
  constructor(url) {
    this.url = url;
  }

  /** One request; `token` null asks as anyone on this machine. */
  async ask(method, path, body, { token = OWNER_TOKEN } = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { "content-type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  get(path) {
    return this.ask("GET", path);
  }

  post(path, body) {
    return this.ask("POST", path, body ?? {});
  }

  /** As a script on this machine would: without any token. */
  postAsLocal(path, body) {
    return this.ask("POST", path, body, { token: null });
  }

  status() {
    return this.get("/v1/runtime").catch(() => ({ phase: "unreachable", components: {} }));
  }

  async room(title) {
    const { room_id } = await this.post("/v1/rooms", { title });
    const { thread_id } = await this.post(`/v1/rooms/${room_id}/threads`, { title: "General" });
    return { room: room_id, thread: thread_id };
  }

  command(room, argv, more = {}) {
    return this.post("/v1/runs", { room_id: room, title: argv.join(" "), input: { command: { argv, ...more } } });
  }

  /** The address of a one-time link that makes a browser the owner's. */
  async ownerLink() {
    return (await this.post("/v1/session/codes")).url;
  }
}

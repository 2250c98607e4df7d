/** Tasks and files of a mock world: what the board does with them, as far as the interface asks. */
import { http, HttpResponse } from "msw";
import type { BoardTask } from "../api/tasks";
import type { World } from "./world";

export class BoardWorld {
  readonly tasks: BoardTask[] = [];
  /** By their names. */
  readonly files = new Map<string, { type: string; bytes: Uint8Array<ArrayBuffer> }>();
  #keys = new Map<string, string>();

  constructor(readonly world: World) {}

  create(title: string, more: Partial<BoardTask> = {}): BoardTask {
    const now = this.world.now() / 1000;
    const id = this.world.id("task");
    const task: BoardTask = {
      id,
      created_at: now,
      updated_at: now,
      created_by: "agent.ann",
      assigned_to: null,
      claimed_by: null,
      claimed_at: null,
      status: "open",
      title,
      context: {},
      result: null,
      files: [],
      ch: "tasks",
      attempt: 0,
      lease_expires_at: null,
      correlation_id: `corr_${id}`,
      ...more,
    };
    this.tasks.unshift(task);
    this.tell(task, "task.created", task.created_by, { for: task.assigned_to });
    return task;
  }

  /** The same key again is the same task. */
  createOnce(key: string | null, title: string, more: Partial<BoardTask>): string {
    const known = key === null ? undefined : this.#keys.get(key);
    if (known) return known;
    const { id } = this.create(title, more);
    if (key !== null) this.#keys.set(key, id);
    return id;
  }

  /** What happened is told on the channel of the task. */
  tell(task: BoardTask, type: string, from: string, data: object = {}): void {
    this.world.append({
      type,
      channel: task.ch,
      actor: ["agent", from],
      correlation: task.correlation_id,
      data: { task_id: task.id, title: task.title, ...data },
    });
  }

  claim(task: BoardTask, from: string): void {
    Object.assign(task, { status: "claimed", claimed_by: from, claimed_at: this.world.now() / 1000, attempt: task.attempt + 1 });
    this.tell(task, "task.claimed", from, { attempt: task.attempt });
  }

  keep(name: string, type: string, content: string | Uint8Array<ArrayBuffer>): string {
    const bytes = typeof content === "string" ? new Uint8Array(new TextEncoder().encode(content)) : content;
    this.files.set(name, { type, bytes });
    return name;
  }
}

/** A file; what was kept otherwise was never looked at. */
function fileOf(world: World, name: string): { type: string; bytes: Uint8Array<ArrayBuffer> } | undefined {
  const text = world.blobs.get(name);
  if (text === undefined) return world.board.files.get(name);
  return { type: "application/octet-stream", bytes: new Uint8Array(new TextEncoder().encode(text)) };
}

const sentence = (status: number, error: string) => HttpResponse.json({ error }, { status });

interface Said {
  from: string;
  title?: string;
  ch?: string;
  for?: string;
  context?: unknown;
  result?: unknown;
  reason?: unknown;
}

export const taskHandlers = (world: World) => [
  http.get("*/tasks", ({ request }) => {
    const status = new URL(request.url).searchParams.get("status");
    return HttpResponse.json(world.board.tasks.filter((task) => !status || task.status === status));
  }),
  http.post("*/tasks", async ({ request }) => {
    const said = (await request.json()) as Said;
    const more = { created_by: said.from, assigned_to: said.for ?? null, context: said.context ?? {}, ch: said.ch ?? "tasks" };
    return HttpResponse.json(
      { id: world.board.createOnce(request.headers.get("idempotency-key"), said.title ?? "", more) },
      { status: 201 },
    );
  }),
  http.get("*/tasks/:id", ({ params }) => {
    const task = world.board.tasks.find((each) => each.id === params["id"]);
    return task ? HttpResponse.json(task) : sentence(404, "task not found");
  }),
  http.post("*/tasks/:id/:verb", async ({ params, request }) => {
    const { board } = world;
    const said = (await request.json()) as Said;
    const task = board.tasks.find((each) => each.id === params["id"]);
    if (!task) return sentence(404, "task not found");
    const verb = String(params["verb"]);
    if (verb === "claim") {
      if (task.status !== "open") return sentence(409, `task is ${task.status}, not open`);
      board.claim(task, said.from);
      return HttpResponse.json({ id: task.id, status: "claimed", "claimed-by": said.from, attempt: task.attempt });
    }
    if (verb === "interrupt") {
      board.tell(task, "task.interrupted", said.from, { reason: said.reason });
      return HttpResponse.json({ id: task.id, signalled: true });
    }
    if (task.claimed_by !== said.from) return sentence(403, "only the claiming agent can mark this task done");
    if (verb === "done") {
      const result = said.result ?? {};
      Object.assign(task, { status: "done", result: JSON.stringify(result), updated_at: world.now() / 1000, lease_expires_at: null });
      board.tell(task, "task.done", said.from, { result, files: task.files });
    } else {
      Object.assign(task, { status: "open", claimed_by: null, claimed_at: null, lease_expires_at: null });
      board.tell(task, "task.abandoned", said.from);
    }
    return HttpResponse.json({ id: task.id, status: task.status });
  }),
  http.get("*/files/:name", ({ params, request }) => {
    const file = fileOf(world, String(params["name"]));
    if (!file) return sentence(404, "blob not found");
    const size = file.bytes.length;
    const last = /^bytes=0-(\d+)$/.exec(request.headers.get("range") ?? "")?.[1];
    const headers = { "x-file-type": file.type };
    if (last === undefined) return HttpResponse.arrayBuffer(file.bytes.buffer, { headers });
    if (size === 0) return new HttpResponse(null, { status: 416, headers: { "content-range": "bytes */0" } });
    const end = Math.min(Number(last), size - 1);
    return HttpResponse.arrayBuffer(file.bytes.slice(0, end + 1).buffer, {
      status: 206,
      headers: { ...headers, "content-range": `bytes 0-${end}/${size}` },
    });
  }),
];

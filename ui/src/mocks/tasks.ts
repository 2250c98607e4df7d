/** Tasks of a mock world. */
import { http, HttpResponse } from "msw";
import type { BoardTask } from "../api/tasks";
import type { World } from "./world";

export class BoardWorld {
  readonly tasks: BoardTask[] = [];

  constructor(readonly world: World) {}

  create(title: string, more: Partial<BoardTask> = {}): BoardTask {
    const now = this.world.now() / 1000;
    const task: BoardTask = {
      id: this.world.id("task"),
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
      ...more,
    };
    this.tasks.unshift(task);
    return task;
  }
}

export const taskHandlers = (world: World) => [
  http.get("*/tasks", ({ request }) => {
    const status = new URL(request.url).searchParams.get("status");
    return HttpResponse.json(world.board.tasks.filter((task) => !status || task.status === status));
  }),
];

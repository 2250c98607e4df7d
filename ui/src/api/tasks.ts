/** Tasks of the board: what agents ask each other to do, and what a person does about it. */
import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { textOf } from "../text/json";
import { PERSON } from "./channels";
import type { Api } from "./client";
import { useApi } from "./context";
import { asProblem, Problem } from "./problem";
import type { components } from "./schema";
import { tags } from "./staleness";
import { strings } from "./strings";
import { sent, sentAll, type LogEvent, type Sent } from "./types";

export type BoardTask = Sent<components["schemas"]["BoardTask"]>;
export type TaskStatus = "open" | "claimed" | "done";

export const TASK_STATUSES: readonly TaskStatus[] = ["open", "claimed", "done"];

/** A heartbeat moves a lease without an event: while it is looked at, it is asked for this often. */
const LEASE_POLL_MS = 15_000;
/** The newest events of a task that its history shows. */
export const HISTORY_EVENTS = 100;

/** The tasks in one state, the newest first; of those that are done, the one that ended last. */
export const tasksQuery = (api: Api, status: TaskStatus) =>
  queryOptions({
    queryKey: [...tags.tasks(), status],
    queryFn: async (): Promise<BoardTask[]> => {
      const tasks = sentAll(await api.call((client) => client.GET("/tasks", { params: { query: { status } } })));
      return status === "done" ? tasks.toSorted((a, b) => (b.updated_at ?? 0) - (a.updated_at ?? 0)) : tasks;
    },
    refetchInterval: status === "claimed" ? LEASE_POLL_MS : false,
  });

export const taskQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...tags.tasks(), "one", id],
    queryFn: async (): Promise<BoardTask> =>
      sent(await api.call((client) => client.GET("/tasks/{id}", { params: { path: { id } } }))),
    refetchInterval: (query) => (query.state.data?.lease_expires_at === null ? false : LEASE_POLL_MS),
  });

/** What happened to a task, the oldest first. A correlation may hold more than one task. */
export const taskHistoryQuery = (api: Api, task: Pick<BoardTask, "id" | "correlation_id">) =>
  queryOptions({
    queryKey: [...tags.tasks(), "history", task.id],
    queryFn: async (): Promise<LogEvent[]> => {
      const query = { correlation_id: task.correlation_id, order: "desc" as const, limit: HISTORY_EVENTS };
      const { events } = await api.call((client) => client.GET("/v1/events", { params: { query } }));
      const of = sentAll(events).filter((event) => textOf(event.data, "task_id") === task.id);
      return of.toReversed();
    },
  });

/** A moment of the board, which counts in seconds, as everything else here takes it. */
export const momentOf = (seconds: number | null): string => new Date((seconds ?? 0) * 1000).toISOString();

/** The names of the files of a task: `sha256:<hex>`. */
export const filesOf = (task: Pick<BoardTask, "files">): string[] =>
  Array.isArray(task.files) ? task.files.filter((file) => typeof file === "string") : [];

export const TASK_VERBS = ["claim", "done", "abandon", "interrupt"] as const;
export type TaskVerb = (typeof TASK_VERBS)[number];

/** What a person can do to a task as it stands. */
export function verbsOf({ status, claimed_by }: Pick<BoardTask, "status" | "claimed_by">): readonly TaskVerb[] {
  if (status === "open") return ["claim"];
  if (status !== "claimed") return [];
  return claimed_by === PERSON ? ["done", "abandon"] : ["interrupt"];
}

/** Why a verb does not apply to a task as it stands, and what does. */
export function refusalOf(task: Pick<BoardTask, "status" | "claimed_by">, verb: TaskVerb): Problem {
  const { whyNot } = strings;
  const holder = task.claimed_by ?? "";
  const said = ((): readonly [string, string] => {
    if (task.status === "done") return [whyNot.done(holder), whyNot.askAgain];
    if (task.status === "open") return [whyNot.open, whyNot.claimFirst];
    if (holder === PERSON) return [whyNot.yours, whyNot.endIt];
    return [whyNot.held(holder), verb === "claim" ? whyNot.waitOrInterrupt : whyNot.onlyHolder(holder)];
  })();
  return new Problem(`task_${task.status}`, said[0], said[1]);
}

export interface NewTask {
  title: string;
  ch?: string;
  for?: string;
  context?: unknown;
  key: string;
}

export function useCreateTask() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ key, ...task }: NewTask) =>
      api.call((client) =>
        client.POST("/tasks", {
          // The same key again answers the same task: a retry after a lost answer asks once.
          params: { header: { "Idempotency-Key": key } },
          body: { from: PERSON, ...task },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: tags.tasks() }),
  });
}

/** What is said with a verb. */
export interface TaskAct {
  task: BoardTask;
  verb: TaskVerb;
  result?: unknown;
  reason?: string;
}

function send(api: Api, { task, verb, result, reason }: TaskAct): Promise<unknown> {
  const params = { path: { id: task.id } };
  // The number of the claim: one that is over ends nothing.
  const held = { from: PERSON, attempt: task.attempt };
  return api.call<unknown>((client) => {
    switch (verb) {
      case "claim":
        return client.POST("/tasks/{id}/claim", { params, body: { from: PERSON } });
      case "done":
        return client.POST("/tasks/{id}/done", { params, body: { ...held, result } });
      case "abandon":
        return client.POST("/tasks/{id}/abandon", { params, body: held });
      case "interrupt":
        return client.POST("/tasks/{id}/interrupt", { params, body: { from: PERSON, reason } });
    }
  });
}

/** Somebody was faster: the answer says only that, so the task itself is asked who holds it now. */
async function explained(api: Api, queries: QueryClient, act: TaskAct, thrown: unknown): Promise<Problem> {
  const problem = asProblem(thrown);
  if (problem.status !== 409 && problem.status !== 403) return problem;
  const now = await queries.fetchQuery({ ...taskQuery(api, act.task.id), staleTime: 0 }).catch(() => null);
  return now === null || verbsOf(now).includes(act.verb) ? problem : refusalOf(now, act.verb);
}

export function useTaskAct() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (act: TaskAct) => {
      try {
        return await send(api, act);
      } catch (thrown) {
        throw await explained(api, queries, act, thrown);
      }
    },
    // Also after a refusal: what the board shows is old then.
    onSettled: () => queries.invalidateQueries({ queryKey: tags.tasks() }),
  });
}

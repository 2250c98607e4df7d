/** Tasks of the board: what agents ask each other to do. */
import { queryOptions } from "@tanstack/react-query";
import type { Api } from "./client";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sentAll, type Sent } from "./types";

export type BoardTask = Sent<components["schemas"]["BoardTask"]>;
export type TaskStatus = "open" | "claimed" | "done";

export const TASK_STATUSES: readonly TaskStatus[] = ["open", "claimed", "done"];

/** A heartbeat moves a lease without an event: while it is looked at, it is asked for this often. */
const LEASE_POLL_MS = 15_000;

export const tasksQuery = (api: Api, status: TaskStatus) =>
  queryOptions({
    queryKey: [...tags.tasks(), status],
    queryFn: async (): Promise<BoardTask[]> =>
      sentAll(await api.call((client) => client.GET("/tasks", { params: { query: { status } } }))),
    refetchInterval: status === "claimed" ? LEASE_POLL_MS : false,
  });

/** A moment of the board, which counts in seconds, as everything else here takes it. */
export const momentOf = (seconds: number | null): string => new Date((seconds ?? 0) * 1000).toISOString();

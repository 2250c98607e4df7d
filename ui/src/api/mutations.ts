import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "./context";
import { tags } from "./staleness";

/** What the worker is asked to execute. */
export interface CommandSpec {
  argv: string[];
  cwd?: string;
  timeout_seconds?: number;
}

export function useCreateRoom() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (room: { title: string; topic?: string }) =>
      api.call((client) => client.POST("/v1/rooms", { body: room })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tags.rooms() }),
  });
}

export function useCreateThread(roomId: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (title: string) =>
      api.call((client) =>
        client.POST("/v1/rooms/{room_id}/threads", { params: { path: { room_id: roomId } }, body: { title } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: tags.threads(roomId) }),
  });
}

export function usePostMessage() {
  const api = useApi();
  return useMutation({
    mutationFn: (message: { threadId: string; content: string; key: string }) =>
      api.call((client) =>
        client.POST("/v1/threads/{thread_id}/messages", {
          // The same key again answers the same message: a retry after a lost answer posts once.
          params: { path: { thread_id: message.threadId }, header: { "Idempotency-Key": message.key } },
          body: { content_md: message.content },
        }),
      ),
  });
}

export function useStartCommand() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (run: { roomId: string; threadId?: string; title: string; command: CommandSpec }) =>
      api.call((client) =>
        client.POST("/v1/runs", {
          body: {
            room_id: run.roomId,
            thread_id: run.threadId,
            title: run.title,
            input: { command: run.command },
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: tags.runs() }),
  });
}

export function useCancelRun() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runId: string) =>
      api.call((client) =>
        client.POST("/v1/runs/{run_id}/cancel", { params: { path: { run_id: runId } }, body: {} }),
      ),
    onSettled: (_answer, _problem, runId) => queries.invalidateQueries({ queryKey: tags.run(runId) }),
  });
}

export function useRedeemCode() {
  const api = useApi();
  return useMutation({
    mutationFn: async (code: string) => {
      const { proof } = await api.call((client) => client.POST("/v1/session", { body: { code } }));
      api.platform.keepProof?.(proof);
    },
  });
}

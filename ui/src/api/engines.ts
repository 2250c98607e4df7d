/** Workers and agents: who may claim runs, with which tokens, and who is kept from acting. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./client";
import { useApi } from "./context";
import type { components } from "./schema";
import { tags, type Tag } from "./staleness";
import { sentAll, type Run, type Sent } from "./types";

export type Engine = Sent<components["schemas"]["EngineRow"]>;
export type Agent = Sent<components["schemas"]["AgentRow"]>;
export type EngineToken = Sent<components["schemas"]["EngineToken"]>;

/** A token that was just made: this once its secret is known. */
export interface NewToken {
  engineId: string;
  secret: string;
  /** The only room it may claim from, when it is one. */
  room: string | null;
}

/** Leases are prolonged without an event: while they are looked at, they are asked for this often. */
const LEASE_POLL_MS = 5000;
const HELD_PAGE = 200;

export const enginesQuery = (api: Api) =>
  queryOptions({
    queryKey: tags.engines(),
    queryFn: async () => sentAll((await api.call((client) => client.GET("/v1/engines"))).engines),
  });

export const engineTokensQuery = (api: Api, engineId: string) =>
  queryOptions({
    queryKey: [...tags.engines(), "tokens", engineId],
    queryFn: async (): Promise<EngineToken[]> => {
      const path = { engine_id: engineId };
      return sentAll(
        (await api.call((client) => client.GET("/v1/engines/{engine_id}/tokens", { params: { path } }))).tokens,
      );
    },
  });

/** The runs that a worker holds now. */
export const heldRunsQuery = (api: Api) =>
  queryOptions({
    queryKey: [...tags.runs(), "held"],
    queryFn: async (): Promise<Run[]> => {
      const query = { status: "running", limit: HELD_PAGE } as const;
      const { runs } = await api.call((client) => client.GET("/v1/runs", { params: { query } }));
      return sentAll(runs).filter((run) => run.lease_expires_at !== null);
    },
    refetchInterval: LEASE_POLL_MS,
  });

/** Agents, the last registered first, page after page. */
export const agentsQuery = (api: Api) =>
  infiniteQueryOptions({
    queryKey: tags.agents(),
    queryFn: ({ pageParam }) => api.call((client) => client.GET("/v1/agents", { params: { query: { cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => sentAll(page.agents)),
  });

/** A change of the workers, after which they are asked for again: also after a refusal. */
function useEngineChange<T, R>(change: (api: Api, wish: T) => Promise<R>, tag: Tag = tags.engines()) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: T) => change(api, wish),
    onSettled: () => queries.invalidateQueries({ queryKey: tag }),
  });
}

const onlyRoom = (rooms: readonly string[]): string | null => (rooms.length === 1 ? (rooms[0] ?? null) : null);

export const useRegisterEngine = () =>
  useEngineChange(async (api, wish: { name: string; rooms: string[] }): Promise<NewToken> => {
    const body = { actor_id: wish.name, rooms: wish.rooms.length > 0 ? wish.rooms : undefined };
    const made = await api.call((client) => client.POST("/v1/engines/register", { body }));
    return { engineId: made.engine_id, secret: made.engine_token, room: onlyRoom(wish.rooms) };
  });

export const useIssueToken = () =>
  useEngineChange(async (api, engineId: string): Promise<NewToken> => {
    const path = { engine_id: engineId };
    const made = await api.call((client) =>
      client.POST("/v1/engines/{engine_id}/tokens/issue", { params: { path }, body: {} }),
    );
    return { engineId, secret: made.token.engine_token, room: null };
  });

export const useRevokeToken = () =>
  useEngineChange((api, { engineId, tokenId }: { engineId: string; tokenId: string }) => {
    const path = { engine_id: engineId, token_id: tokenId };
    return api.call((client) =>
      client.POST("/v1/engines/{engine_id}/tokens/{token_id}/revoke", { params: { path }, body: {} }),
    );
  });

export const useDeactivateEngine = () =>
  useEngineChange((api, engineId: string) => {
    const path = { engine_id: engineId };
    return api.call((client) => client.POST("/v1/engines/{engine_id}/deactivate", { params: { path }, body: {} }));
  });

export const useQuarantine = () =>
  useEngineChange(
    (api, { agentId, reason }: { agentId: string; reason?: string }) => {
      const path = { agent_id: agentId };
      const body = { quarantine_reason: reason };
      return api.call((client) => client.POST("/v1/agents/{agent_id}/quarantine", { params: { path }, body }));
    },
    tags.agents(),
  );

export const useUnquarantine = () =>
  useEngineChange(
    (api, agentId: string) => {
      const path = { agent_id: agentId };
      return api.call((client) => client.POST("/v1/agents/{agent_id}/unquarantine", { params: { path } }));
    },
    tags.agents(),
  );

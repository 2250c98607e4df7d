import { infiniteQueryOptions, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./client";
import { useApi } from "./context";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sent, sentAll, type Sent } from "./types";

type Schemas = components["schemas"];

export type Approval = Omit<Sent<Schemas["ApprovalRow"]>, "scope"> & { scope: Readonly<Record<string, unknown>> };
export type ApprovalStatus = Approval["status"];
export type KillSwitch = Sent<Schemas["KillSwitch"]>;
export type PolicyMode = Sent<Schemas["PolicyMode"]>;
export type RegisteredAction = Schemas["RegisteredAction"];
export type Verdict = "approve" | "deny" | "hold";

/** What is sent as a decision; a scope or an end replaces what was asked for. */
export interface Decision {
  decision: Verdict;
  reason?: string;
  scope?: { type: "once" | "run" | "room" | "workspace" } | { type: "template"; target: string; room_id?: string };
  expires_at?: string;
}

/** What ends an approval that still allows, or a request that still waits. */
export interface Revocation {
  decision: "revoke";
  reason?: string;
}

/** Approvals that are fetched at once. */
const APPROVALS_PAGE = 50;

export const isWaiting = ({ status }: Pick<Approval, "status">): boolean => status === "pending" || status === "held";

export type ApprovalsTab = "waiting" | "decided" | "all";

/** What the server is asked for, list after list: it knows one status at a time, or all. */
const lists: Record<ApprovalsTab, readonly (ApprovalStatus | undefined)[]> = {
  waiting: ["pending", "held"],
  decided: [undefined],
  all: [undefined],
};

interface Place {
  list: number;
  cursor: number | null;
}

interface ApprovalPage {
  approvals: Approval[];
  next: Place | null;
}

async function pageFrom(api: Api, tab: ApprovalsTab, from: Place): Promise<ApprovalPage> {
  const found: Approval[] = [];
  let place: Place | null = from;
  while (place !== null && found.length < APPROVALS_PAGE) {
    const here: Place = place;
    const { approvals, next_cursor } = await api.call((client) =>
      client.GET("/v1/approvals", {
        params: {
          query: { status: lists[tab][here.list], cursor: here.cursor ?? undefined, limit: APPROVALS_PAGE },
        },
      }),
    );
    const rows = sentAll(approvals) as Approval[];
    found.push(...(tab === "decided" ? rows.filter((row) => !isWaiting(row)) : rows));
    if (next_cursor) place = { list: here.list, cursor: Number(next_cursor) };
    else place = here.list + 1 < lists[tab].length ? { list: here.list + 1, cursor: null } : null;
  }
  return { approvals: found, next: place };
}

/** Approvals, the newest change first; of those that wait, the undecided before the held. */
export const approvalsQuery = (api: Api, tab: ApprovalsTab) =>
  infiniteQueryOptions({
    queryKey: [...tags.approvals(), tab],
    queryFn: ({ pageParam }) => pageFrom(api, tab, pageParam),
    initialPageParam: { list: 0, cursor: null } as Place,
    getNextPageParam: (page: ApprovalPage) => page.next,
  });

export const approvalQuery = (api: Api, approvalId: string) =>
  queryOptions({
    queryKey: [...tags.approvals(), "one", approvalId],
    queryFn: async () => {
      const path = { approval_id: approvalId };
      const { approval } = await api.call((client) => client.GET("/v1/approvals/{approval_id}", { params: { path } }));
      return sent(approval) as Approval;
    },
  });

/** Earlier requests that a new one is compared with, and a pattern is tried on. */
const RECENT = 200;

/** What was asked last, whatever became of it: one answer for every card. */
export const recentQuery = (api: Api) =>
  queryOptions({
    queryKey: [...tags.approvals(), "recent"],
    queryFn: async (): Promise<Approval[]> => {
      const query = { limit: RECENT };
      const { approvals } = await api.call((client) => client.GET("/v1/approvals", { params: { query } }));
      return sentAll(approvals) as Approval[];
    },
  });

/** What was asked of one action before: its targets, the newest first, each once. */
export const targetsQuery = (api: Api, action: string) =>
  queryOptions({
    ...recentQuery(api),
    select: (approvals: Approval[]): string[] => {
      const of = approvals.filter((approval) => approval.action === action);
      return [...new Set(of.flatMap(({ target }) => target ?? []))];
    },
  });

/** How many requests wait for the owner, in the whole workspace. */
export function useWaitingCount(): number {
  const api = useApi();
  const { data } = useQuery({
    queryKey: [...tags.approvals(), "count"],
    queryFn: async () => {
      const { waiting } = await api.call((client) => client.GET("/v1/approvals", { params: { query: { limit: 1 } } }));
      return waiting.pending + waiting.held;
    },
  });
  return data ?? 0;
}

/** What the gate knows of actions, by their names; it changes only with the program. */
export function useActionRegistry(): ReadonlyMap<string, RegisteredAction> {
  const api = useApi();
  const { data } = useQuery({
    queryKey: tags.actions(),
    queryFn: async () => (await api.call((client) => client.GET("/v1/action-registry"))).actions,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return new Map((data ?? []).map((action) => [action.action_type, action]));
}

export const killSwitchQuery = (api: Api) =>
  queryOptions({
    queryKey: [...tags.policy(), "kill-switch"],
    queryFn: async (): Promise<KillSwitch> => sent(await api.call((client) => client.GET("/v1/policy/kill-switch"))),
  });

export const policyModeQuery = (api: Api) =>
  queryOptions({
    queryKey: [...tags.policy(), "mode"],
    queryFn: async (): Promise<PolicyMode> => sent(await api.call((client) => client.GET("/v1/policy/mode"))),
  });

export function useDecide() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ approvalId, decision }: { approvalId: string; decision: Decision }) =>
      api.call((client) =>
        client.POST("/v1/approvals/{approval_id}/decide", {
          params: { path: { approval_id: approvalId } },
          body: { ...decision, scope: decision.scope as Record<string, never> | undefined },
        }),
      ),
    // Also after a refusal: somebody else may have decided, and the card must say so.
    onSettled: () => queries.invalidateQueries({ queryKey: tags.approvals() }),
  });
}

export function useRevoke() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ approvalId, reason }: { approvalId: string; reason?: string }) =>
      api.call((client) =>
        client.POST("/v1/approvals/{approval_id}/revoke", { params: { path: { approval_id: approvalId } }, body: { reason } }),
      ),
    // Also after a refusal: it may have been used up meanwhile, and the card must say so.
    onSettled: () => queries.invalidateQueries({ queryKey: tags.approvals() }),
  });
}

export function useSetKillSwitch() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (enabled: boolean) => api.call((client) => client.POST("/v1/policy/kill-switch", { body: { enabled } })),
    onSettled: () => queries.invalidateQueries({ queryKey: tags.policy() }),
  });
}

export function useSetPolicyMode() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (mode: PolicyMode["mode"]) => api.call((client) => client.POST("/v1/policy/mode", { body: { mode } })),
    onSettled: () => queries.invalidateQueries({ queryKey: tags.policy() }),
  });
}

/** Claims of keys: agents that ask to come in under a name, and the owner's answer. */
import { infiniteQueryOptions, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./client";
import { useApi } from "./context";
import { useIsOwner } from "./queries";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sent, sentAll, type Sent } from "./types";

export type Claim = Sent<components["schemas"]["ClaimRow"]>;
export type ClaimState = Claim["state"];
export type ClaimAnswer = "confirm" | "refuse";

/** As many may wait at once. */
const WAITING_MAX = 100;
/** Of those that were answered, fetched at once. */
const CLAIMS_PAGE = 10;
/** A claim that ends tells nobody: so soon after its end it is asked for again. */
const AFTER_END_MS = 500;
const POLL_MS_MIN = 1_000;
/** No timer of a browser lasts longer. */
const POLL_MS_MAX = 24 * 60 * 60 * 1_000;

/** Until the first of them ends. */
function untilEnd(claims: readonly Claim[] | undefined): number | false {
  if (!claims || claims.length === 0) return false;
  const first = Math.min(...claims.map((claim) => Date.parse(claim.expires_at)));
  return Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, first - Date.now() + AFTER_END_MS));
}

/** Those that wait for the owner, the newest first. Only the owner may ask. */
export const waitingClaimsQuery = (api: Api, owner: boolean | null) =>
  queryOptions({
    queryKey: [...tags.claims(), "pending"],
    queryFn: async (): Promise<Claim[]> => {
      const query = { state: "pending", limit: WAITING_MAX };
      return sentAll((await api.call((client) => client.GET("/v1/claims", { params: { query } }))).claims);
    },
    enabled: owner === true,
    refetchInterval: (query) => untilEnd(query.state.data),
  });

/** All there ever were, the newest first. */
export const claimsQuery = (api: Api, owner: boolean | null) =>
  infiniteQueryOptions({
    queryKey: [...tags.claims(), "all"],
    queryFn: async ({ pageParam }) => {
      const query = { state: "all", limit: CLAIMS_PAGE, cursor: pageParam ?? undefined };
      const { claims, next_cursor } = await api.call((client) => client.GET("/v1/claims", { params: { query } }));
      return { claims: sentAll(claims), next: next_cursor ? Number(next_cursor) : null };
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    enabled: owner === true,
  });

/** How many wait for the owner; none for anybody else. */
export function useWaitingClaims(): number {
  const owner = useIsOwner();
  const { data } = useQuery(waitingClaimsQuery(useApi(), owner));
  return data?.length ?? 0;
}

export function useAnswerClaim() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ claim, answer }: { claim: Claim; answer: ClaimAnswer }) => {
      const params = { path: { claim_id: claim.claim_id } };
      return sent(
        await api.call((client) =>
          answer === "confirm"
            ? client.POST("/v1/claims/{claim_id}/confirm", { params })
            : client.POST("/v1/claims/{claim_id}/refuse", { params }),
        ),
      );
    },
    // Also after a refusal: somebody else may have answered, or it ended meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: tags.claims() }),
  });
}

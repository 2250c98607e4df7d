/** Claims of keys of a mock world. */
import { http, HttpResponse } from "msw";
import type { Claim, ClaimState } from "../api/claims";
import type { World } from "./world";

const CLAIM_MS = 24 * 60 * 60 * 1_000;

export class ClaimsWorld {
  readonly claims: Claim[] = [];

  constructor(readonly world: World) {}

  request(username: string, more: Partial<Claim> = {}): Claim {
    const now = this.world.now();
    const claim: Claim = {
      claim_id: this.world.id("claim"),
      username,
      signature: "amber-falcon-seven",
      state: "pending",
      replaces_key: false,
      created_at: new Date(now).toISOString(),
      expires_at: new Date(now + CLAIM_MS).toISOString(),
      decided_at: null,
      ...more,
    };
    this.claims.unshift(claim);
    const { claim_id, signature, expires_at } = claim;
    this.world.append({ type: "topic.claim.requested", data: { claim_id, principal: username, signature, expires_at } });
    return claim;
  }

  answer(claim: Claim, state: ClaimState): void {
    Object.assign(claim, { state, decided_at: new Date(this.world.now()).toISOString() });
    this.world.append({ type: `topic.claim.${state}`, actor: ["user", "owner"], data: { claim_id: claim.claim_id } });
  }
}

const problem = (status: number, error: string, message: string, hint: string | null = null) =>
  HttpResponse.json({ error, message, hint }, { status });

export const claimHandlers = (world: World) => [
  http.get("*/v1/claims", ({ request }) => {
    if (!world.owner) return problem(403, "owner_required", "Only the owner may do this.");
    const params = new URL(request.url).searchParams;
    const from = Number(params.get("cursor") ?? 0);
    const limit = Number(params.get("limit") ?? 50);
    const found = world.keys.claims.filter(({ state }) => params.get("state") !== "pending" || state === "pending");
    const claims = found.slice(from, from + limit);
    return HttpResponse.json({ claims, next_cursor: claims.length === limit ? String(from + limit) : null });
  }),
  http.post("*/v1/claims/:id/:answer", ({ params }) => {
    const claim = world.keys.claims.find((each) => each.claim_id === params["id"]);
    if (!claim) return problem(404, "claim_not_found", "There is no such claim.");
    if (claim.state !== "pending") {
      return problem(409, "claim_already_decided", `The claim is ${claim.state}.`, "Whoever wants a key asks again.");
    }
    world.keys.answer(claim, params["answer"] === "confirm" ? "confirmed" : "refused");
    return HttpResponse.json(claim);
  }),
];

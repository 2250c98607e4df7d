/** Workers and agents of a mock world. */
import { http, HttpResponse } from "msw";
import type { Agent, Engine, EngineToken } from "../api/engines";
import type { World } from "./world";

const SECRET = "engtok_0123456789abcdef";

export class EnginesWorld {
  readonly engines: Engine[] = [];
  readonly tokens: EngineToken[] = [];
  readonly agents: Agent[] = [];

  constructor(readonly world: World) {}

  #moment = (at?: number): string => new Date(at ?? this.world.now()).toISOString();

  register(name: string, rooms: string[] | null = null, more: Partial<Engine> = {}): Engine {
    const known = this.engines.find((engine) => engine.actor_id === name);
    const engine = known ?? {
      engine_id: this.world.id("eng"),
      workspace_id: "ws_dev",
      engine_name: name,
      principal_id: null,
      metadata: null,
      actor_id: name,
      display_name: null,
      status: "active" as const,
      live_tokens: 0,
      last_seen_at: null,
      created_at: this.#moment(),
      updated_at: this.#moment(),
      deactivated_at: null,
      deactivated_reason: null,
      ...more,
    };
    if (!known) this.engines.unshift(engine);
    this.issue(engine, rooms);
    return engine;
  }

  issue(engine: Engine, rooms: string[] | null = null): EngineToken {
    const token: EngineToken = {
      token_id: this.world.id("engtok"),
      engine_id: engine.engine_id,
      workspace_id: engine.workspace_id,
      capability_token_id: null,
      token_label: null,
      scopes: { rooms: rooms ?? ["*"] },
      rooms,
      issued_at: this.#moment(),
      valid_until: null,
      revoked_at: null,
      last_used_at: engine.last_seen_at,
    };
    this.tokens.unshift(token);
    engine.live_tokens += 1;
    return token;
  }

  revoke(tokenId: string): void {
    const token = this.tokens.find((each) => each.token_id === tokenId && each.revoked_at === null);
    const engine = this.engines.find((each) => each.engine_id === token?.engine_id);
    if (!token || !engine) return;
    token.revoked_at = this.#moment();
    engine.live_tokens -= 1;
    this.world.append({ type: "engine.token.revoked", actor: ["user", "owner"], data: { token_id: tokenId } });
  }

  deactivate(engine: Engine): void {
    for (const token of this.tokens) if (token.engine_id === engine.engine_id) this.revoke(token.token_id);
    Object.assign(engine, { status: "inactive", deactivated_at: this.#moment() });
  }

  agent(name: string, more: Partial<Agent> = {}): Agent {
    const agent: Agent = {
      agent_id: this.world.id("agt"),
      principal_id: this.world.id("prn"),
      display_name: name,
      created_at: this.#moment(),
      revoked_at: null,
      quarantined_at: null,
      quarantine_reason: null,
      ...more,
    };
    this.agents.push(agent);
    return agent;
  }
}

export function engineHandlers(world: World) {
  const { fleet } = world;
  const gone = () => HttpResponse.json({ error: "engine_not_found", message: "There is no such worker." }, { status: 404 });
  const engineOf = (id: unknown) => fleet.engines.find((engine) => engine.engine_id === id);
  const quarantine = (id: unknown, at: string | null, reason: string | null) => {
    const agent = fleet.agents.find((each) => each.agent_id === id);
    if (!agent) return HttpResponse.json({ error: "agent_not_found", message: "There is no such agent." }, { status: 404 });
    Object.assign(agent, { quarantined_at: at, quarantine_reason: reason });
    return HttpResponse.json({ ok: true });
  };
  return [
    http.get("*/v1/engines", () => HttpResponse.json({ engines: fleet.engines })),
    http.post("*/v1/engines/register", async ({ request }) => {
      const body = (await request.json()) as { actor_id: string; rooms?: string[] };
      const engine = fleet.register(body.actor_id, body.rooms ?? null);
      const token_id = fleet.tokens[0]?.token_id;
      return HttpResponse.json({ engine_id: engine.engine_id, actor_id: body.actor_id, engine_token: SECRET, token_id }, { status: 201 });
    }),
    http.get("*/v1/engines/:id/tokens", ({ params }) =>
      HttpResponse.json({ tokens: fleet.tokens.filter((token) => token.engine_id === params["id"]) }),
    ),
    http.post("*/v1/engines/:id/tokens/issue", ({ params }) => {
      const engine = engineOf(params["id"]);
      if (!engine) return gone();
      return HttpResponse.json({ token: { ...fleet.issue(engine), engine_token: SECRET } }, { status: 201 });
    }),
    http.post("*/v1/engines/:id/tokens/:token/revoke", ({ params }) => {
      fleet.revoke(String(params["token"]));
      return HttpResponse.json({ ok: true });
    }),
    http.post("*/v1/engines/:id/deactivate", ({ params }) => {
      const engine = engineOf(params["id"]);
      if (!engine) return gone();
      fleet.deactivate(engine);
      return HttpResponse.json({ ok: true });
    }),
    http.get("*/v1/agents", ({ request }) => {
      const params = new URL(request.url).searchParams;
      const from = Number(params.get("cursor") ?? "0");
      const to = from + Number(params.get("limit") ?? "50");
      const has_more = fleet.agents.length > to;
      return HttpResponse.json({ agents: fleet.agents.slice(from, to), has_more, next_cursor: has_more ? String(to) : null });
    }),
    http.post("*/v1/agents/:id/quarantine", async ({ params, request }) => {
      const { quarantine_reason } = (await request.json()) as { quarantine_reason?: string };
      return quarantine(params["id"], new Date(world.now()).toISOString(), quarantine_reason ?? null);
    }),
    http.post("*/v1/agents/:id/unquarantine", ({ params }) => quarantine(params["id"], null, null)),
  ];
}

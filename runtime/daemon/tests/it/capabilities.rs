//! Capabilities over HTTP: an agent cannot grant itself anything.

use crate::identity::{text, whoami};
use crate::support::{Api, Http};
use serde_json::{Value, json};

const GRANT: &str = "/v1/capabilities/grant";
const REVOKE: &str = "/v1/capabilities/revoke";

async fn principal(http: &Http) -> String {
    text(&whoami(http).await, "principal_id")
}

async fn agent(api: &Api) -> (String, String) {
    let body = json!({"display_name": "Ann"});
    let made = api.local().post("/v1/agents", body).await.expect(201);
    (text(&made, "agent_id"), text(&made, "principal_id"))
}

async fn grant(http: &Http, to: &str, by: &str, more: Value) -> String {
    let reply = http.post(GRANT, body(to, by, more)).await;
    text(&reply.expect(201), "token_id")
}

fn body(to: &str, by: &str, more: Value) -> Value {
    let mut body = json!({"issued_to_principal_id": to, "granted_by_principal_id": by});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

async fn events(api: &Api, types: &str) -> Vec<Value> {
    let path = format!("/v1/events?limit=200&event_types={types}");
    let page = api.owner().get(&path).await.expect(200);
    page["events"].as_array().unwrap().clone()
}

/// Everything that a program with `curl` and no token can send: it grants nothing, to nobody.
#[tokio::test]
async fn nobody_grants_itself_anything() {
    let api = Api::start();
    let (local, owner) = (api.local(), api.owner());
    let engine = api.engine("builder").await;
    let (me, engines, owners) = (
        principal(&local).await,
        principal(&engine).await,
        principal(&owner).await,
    );
    let (_, agents) = agent(&api).await;
    let all = json!({"rooms": ["*"], "tools": ["*"], "egress_domains": ["*"], "action_types": ["*"], "data_access": {"read": ["*"], "write": ["*"]}});
    let held = grant(&owner, &agents, &owners, json!({"scopes": all})).await;
    let before = api.head().await;
    for to in [&me, &agents, &engines, &owners] {
        for by in [&me, &agents, &engines, &owners] {
            for parent in [Value::Null, json!(held), json!("nowhere")] {
                let body = body(to, by, json!({"scopes": all, "parent_token_id": parent}));
                for declared in [
                    json!({}),
                    json!({"actor_type": "user", "actor_id": "owner"}),
                    json!({"actor_type": "agent", "actor_id": "x"}),
                ] {
                    let mut body = body.clone();
                    body.as_object_mut()
                        .unwrap()
                        .extend(declared.as_object().unwrap().clone());
                    local.post(GRANT, body).await.refused(403, "owner_only");
                }
                // An engine is known, but holds none of these.
                let reply = engine.post(GRANT, body).await;
                match parent.as_str() {
                    None => reply.refused(403, "owner_only"),
                    Some("nowhere") => reply.refused(404, "parent_token_not_found"),
                    Some(_) => reply.refused(403, "parent_token_grantor_mismatch"),
                };
            }
        }
    }
    for http in [&local, &engine] {
        http.post(REVOKE, json!({"token_id": held}))
            .await
            .refused(403, "owner_only");
    }
    assert!(events(&api, "agent.capability.revoked").await.is_empty());
    let since = owner
        .get(&format!(
            "/v1/events?limit=200&event_types=agent.capability.granted&after_position={before}"
        ))
        .await
        .expect(200);
    assert_eq!(since["events"], json!([]), "nothing was granted");
    let tried = events(&api, "agent.delegation.attempted").await;
    assert_eq!(tried.len(), 32);
    assert!(tried.iter().all(|it| it["actor_id"] == "builder"));
    for who in [&me, &owners] {
        let path = format!("/v1/capabilities?principal_id={who}");
        assert_eq!(local.get(&path).await.expect(200)["tokens"], json!([]));
    }
}

#[tokio::test]
async fn a_capability_is_handed_on_narrowed_and_ends_with_its_parent() {
    let api = Api::start();
    let owner = api.owner();
    let made = owner
        .post("/v1/engines/register", json!({"actor_id": "builder"}))
        .await
        .expect(201);
    let engine = api.local().bearer(&text(&made, "engine_token"));
    let (owners, engines) = (principal(&owner).await, principal(&engine).await);
    let (agent_id, agents) = agent(&api).await;
    let wide = json!({"tools": ["*"], "action_types": ["x", "y"], "egress_domains": ["*.a.test"]});
    let root = grant(
        &owner,
        &engines,
        &owners,
        json!({"scopes": wide, "valid_until": "2100-01-01T00:00:00Z"}),
    )
    .await;
    let asked = json!({"tools": ["ls"], "action_types": ["*"], "egress_domains": ["b.a.test", "c.test"], "rooms": ["*"]});
    let child = grant(
        &engine,
        &agents,
        &engines,
        json!({"scopes": asked, "parent_token_id": root, "valid_until": "2200-01-01T00:00:00Z"}),
    )
    .await;
    let held = async |who: &str| {
        let path = format!("/v1/capabilities?principal_id={who}");
        api.local().get(&path).await.expect(200)["tokens"][0].take()
    };
    let row = held(&agents).await;
    for (member, expected) in [
        ("token_id", json!(child)),
        ("workspace_id", json!("ws_dev")),
        ("issued_to_principal_id", json!(agents)),
        ("granted_by_principal_id", json!(engines)),
        ("parent_token_id", json!(root)),
        (
            "scopes",
            json!({"tools": ["ls"], "action_types": ["x", "y"], "egress_domains": ["b.a.test"]}),
        ),
        ("valid_until", json!("2100-01-01T00:00:00.000Z")),
        ("revoked_at", json!(null)),
        ("is_live", json!(true)),
        ("depth", json!(1)),
    ] {
        assert_eq!(row[member], expected, "{member}");
    }
    for who in [&agents, &engines] {
        let path = format!("/v1/capabilities/delegations?principal_id={who}");
        let edges = api.local().get(&path).await.expect(200);
        let edge = &edges["edges"][0];
        assert!(text(edge, "edge_id").starts_with("cedg_"));
        assert_eq!(
            json!([
                edge["parent_token_id"],
                edge["child_token_id"],
                edge["granted_by_principal_id"],
                edge["issued_to_principal_id"],
                edge["depth"],
                edge["parent_token_owner_principal_id"],
                edge["child_token_owner_principal_id"]
            ]),
            json!([root, child, engines, agents, 1, engines, agents])
        );
    }
    let evaluate = async |action: &str| {
        let body = json!({"action": action, "actor_type": "agent", "actor_id": agent_id, "principal_id": agents, "capability_token_id": child});
        let ruling = api.local().post("/v1/policy/evaluate", body).await;
        text(&ruling.expect(200), "reason_code")
    };
    assert_eq!(evaluate("x").await, "default_allow");
    assert_eq!(evaluate("z").await, "capability_scope_action_not_allowed");
    let revoke = async |http: &Http, token_id: &str| {
        http.post(REVOKE, json!({"token_id": token_id, "reason": "done"}))
            .await
    };
    revoke(&engine, &root).await.refused(403, "owner_only");
    assert_eq!(revoke(&owner, &root).await.expect(200), json!({"ok": true}));
    let again = revoke(&owner, &root).await.expect(200);
    assert_eq!(again, json!({"ok": true, "already_revoked": true}));
    assert_eq!(evaluate("x").await, "capability_token_revoked");
    let row = held(&agents).await;
    assert_eq!(
        json!([row["revoked_at"], row["is_live"]]),
        json!([null, false])
    );
    // Its own it may take back itself.
    assert_eq!(
        revoke(&engine, &child).await.expect(200),
        json!({"ok": true})
    );
    assert_eq!(events(&api, "agent.capability.revoked").await.len(), 2);
}

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let owner = api.owner();
    let by = principal(&owner).await;
    let (_, to) = agent(&api).await;
    let revoked = grant(&owner, &to, &by, json!({})).await;
    owner
        .post(REVOKE, json!({"token_id": revoked}))
        .await
        .expect(200);
    let mut chain = vec![grant(&owner, &to, &by, json!({})).await];
    for _ in 0..3 {
        let parent = chain.last().unwrap().clone();
        chain.push(grant(&owner, &to, &to, json!({"parent_token_id": parent})).await);
    }
    let head = api.head().await;
    for (body, status, code) in [
        (
            json!({"granted_by_principal_id": by}),
            400,
            "issued_to_principal_id_required",
        ),
        (
            json!({"issued_to_principal_id": to}),
            400,
            "granted_by_principal_id_required",
        ),
        (
            body("p_none", &by, json!({})),
            400,
            "issued_to_principal_not_found",
        ),
        (
            body(&to, "p_none", json!({})),
            400,
            "granted_by_principal_not_found",
        ),
        (
            body(&to, &by, json!({"valid_until": "soon"})),
            400,
            "invalid_valid_until",
        ),
        (
            body(&to, &by, json!({"valid_until": "2020-01-01T00:00:00Z"})),
            400,
            "invalid_valid_until",
        ),
        (
            body(&to, &by, json!({"scopes": {"tools": "ls"}})),
            400,
            "invalid_body",
        ),
        (
            body(&to, &by, json!({"scopes": {"tools": vec!["x"; 101]}})),
            400,
            "too_many_entries",
        ),
        (
            body(&to, &by, json!({"scopes": {"tools": ["x".repeat(201)]}})),
            400,
            "field_too_long",
        ),
    ] {
        owner.post(GRANT, body).await.refused(status, code);
    }
    assert_eq!(api.head().await, head);
    for (body, status, code) in [
        (
            body(&to, &to, json!({"parent_token_id": "none"})),
            404,
            "parent_token_not_found",
        ),
        (
            body(&to, &by, json!({"parent_token_id": chain[0]})),
            403,
            "parent_token_grantor_mismatch",
        ),
        (
            body(&to, &to, json!({"parent_token_id": revoked})),
            400,
            "parent_token_revoked",
        ),
        (
            body(&to, &to, json!({"parent_token_id": chain[3]})),
            400,
            "delegation_depth_exceeded",
        ),
    ] {
        owner.post(GRANT, body).await.refused(status, code);
    }
    let tried = events(&api, "agent.delegation.attempted").await;
    let reasons: Vec<&str> = tried
        .iter()
        .map(|it| it["data"]["denied_reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "parent_token_not_found",
            "parent_token_grantor_mismatch",
            "parent_token_revoked",
            "delegation_depth_exceeded"
        ]
    );
    assert_eq!(
        json!([
            tried[3]["data"]["depth"],
            tried[3]["data"]["max_depth"],
            tried[3]["data"]["parent_token_owner_principal_id"]
        ]),
        json!([4, 3, to])
    );
    owner
        .post(REVOKE, json!({}))
        .await
        .bad("token_id_required", "token_id");
    owner
        .post(REVOKE, json!({"token_id": "none"}))
        .await
        .refused(404, "token_not_found");
    let foreign = owner.clone().workspace("ws_b");
    foreign
        .post(REVOKE, json!({"token_id": chain[0]}))
        .await
        .refused(404, "token_not_found");
    let path = format!("/v1/capabilities?principal_id={to}");
    assert_eq!(foreign.get(&path).await.expect(200)["tokens"], json!([]));
    for path in [
        "/v1/capabilities",
        "/v1/capabilities?principal_id=",
        "/v1/capabilities/delegations",
    ] {
        owner
            .get(path)
            .await
            .bad("principal_id_required", "principal_id");
    }
}

/// Names alone make nobody: what the contract says of the way to them.
#[tokio::test]
async fn principals_are_made_on_demand() {
    let api = Api::start();
    let local = api.local();
    let ensure = async |body: Value| local.post("/v1/principals/legacy/ensure", body).await;
    let body = json!({"actor_type": "agent", "actor_id": "ann"});
    let first = ensure(body.clone()).await.expect(200);
    assert_eq!(ensure(body).await.expect(200), first);
    assert_eq!(
        json!([
            first["principal"]["principal_type"],
            first["principal"]["legacy_actor_type"],
            first["principal"]["legacy_actor_id"]
        ]),
        json!(["agent", "agent", "ann"])
    );
    assert!(first["principal"]["created_at"].is_string());
    for (body, code, field) in [
        (
            json!({"actor_id": "ann"}),
            "invalid_actor_type",
            "actor_type",
        ),
        (
            json!({"actor_type": "robot", "actor_id": "ann"}),
            "invalid_actor_type",
            "actor_type",
        ),
        (
            json!({"actor_type": "user"}),
            "invalid_actor_id",
            "actor_id",
        ),
        (
            json!({"actor_type": "user", "actor_id": " "}),
            "invalid_actor_id",
            "actor_id",
        ),
        (
            json!({"actor_type": "user", "actor_id": "x".repeat(201)}),
            "invalid_actor_id",
            "actor_id",
        ),
        (
            json!({"actor_type": "user", "actor_id": "a\u{0}"}),
            "invalid_actor_id",
            "actor_id",
        ),
    ] {
        ensure(body).await.bad(code, field);
    }
}

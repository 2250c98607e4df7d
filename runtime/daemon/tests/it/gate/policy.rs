//! The gate's answers, its settings and its registry over HTTP.

use super::{ask, decide, evaluate, events, says, switch, text};
use crate::support::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn answers_and_their_events() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    assert_eq!(
        evaluate(&local, json!({"action": "look.around"})).await,
        says("allow", "default_allow")
    );
    assert!(
        events(&api, "policy.denied,policy.requires_approval")
            .await
            .is_empty()
    );
    let context = json!({"why": "because", "key": format!("sk-{}", "a".repeat(24))});
    let body = json!({"action": "external_write", "room_id": room, "context": context, "zone": "high_stakes"});
    let ruling = local.post("/v1/policy/evaluate", body).await.expect(200);
    assert_eq!(ruling["decision"], "require_approval");
    assert_eq!(ruling["reason_code"], "external_write_requires_approval");
    assert_eq!(
        json!([ruling["enforcement_mode"], ruling["blocked"]]),
        json!(["enforce", true])
    );
    assert!(text(&ruling, "reason").ends_with('.'));
    let told = events(&api, "policy.requires_approval").await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["data"],
        json!({"category": "action", "action": "external.write", "reason_code": "external_write_requires_approval",
            "reason": ruling["reason"], "enforcement_mode": "enforce", "blocked": true})
    );
    assert_eq!(told[0]["zone"], "high_stakes");
    assert_eq!(told[0]["stream_id"], room.as_str());
    let path = format!("/v1/events/{}", text(&told[0], "event_id"));
    let detail = local.get(&path).await.expect(200)["event"].take();
    assert_eq!(
        detail["policy_context"],
        json!({"principal_id": null, "zone": "high_stakes", "context": {"why": "because", "key": "[redacted]"}})
    );
    let path = format!("/v1/audit/hash-chain/verify?stream_type=room&stream_id={room}");
    let verified = local.get(&path).await.expect(200);
    assert_eq!(
        verified["valid"], true,
        "zones and contexts are hashed: {verified}"
    );
}

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let local = api.local();
    let evaluate = "/v1/policy/evaluate";
    for (body, status, code) in [
        (json!({}), 400, "missing_action"),
        (json!({"action": ""}), 400, "missing_action"),
        (json!({"action": "command.execute"}), 400, "action_reserved"),
        (json!({"action": "x", "zone": "wild"}), 400, "invalid_zone"),
        (
            json!({"action": "x", "room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            json!({"action": "x", "run_id": "run_none"}),
            404,
            "run_not_found",
        ),
        (
            json!({"action": "x", "actor_id": "owner"}),
            403,
            "actor_reserved",
        ),
        (
            json!({"action": "x", "target": format!("sk-{}", "a".repeat(24))}),
            400,
            "secret_in_identifier",
        ),
    ] {
        local.post(evaluate, body).await.refused(status, code);
    }
    let owner = api.owner();
    let set = "/v1/policy/kill-switch";
    owner
        .post(set, json!({}))
        .await
        .bad("missing_enabled", "enabled");
    owner
        .post(set, json!({"enabled": "yes"}))
        .await
        .bad("invalid_body", "enabled");
    let mode = "/v1/policy/mode";
    owner
        .post(mode, json!({}))
        .await
        .bad("invalid_mode", "mode");
    owner
        .post(mode, json!({"mode": "off"}))
        .await
        .bad("invalid_mode", "mode");
    let ensure = "/v1/principals/legacy/ensure";
    for (body, code, field) in [
        (json!({"actor_id": "a"}), "invalid_actor_type", "actor_type"),
        (
            json!({"actor_type": "robot", "actor_id": "a"}),
            "invalid_actor_type",
            "actor_type",
        ),
        (
            json!({"actor_type": "agent"}),
            "invalid_actor_id",
            "actor_id",
        ),
        (
            json!({"actor_type": "agent", "actor_id": " "}),
            "invalid_actor_id",
            "actor_id",
        ),
    ] {
        local.post(ensure, body).await.bad(code, field);
    }
}

#[tokio::test]
async fn an_agent_is_who_its_principal_is() {
    let api = Api::start();
    let local = api.local();
    let ensure = async |kind: &str, id: &str| {
        let body = json!({"actor_type": kind, "actor_id": id});
        let reply = local.post("/v1/principals/legacy/ensure", body).await;
        reply.expect(200)["principal"].take()
    };
    let ann = ensure("agent", "ann").await;
    assert_eq!(ensure("agent", "ann").await, ann, "the same one");
    assert_eq!(
        json!([
            ann["principal_type"],
            ann["legacy_actor_type"],
            ann["legacy_actor_id"]
        ]),
        json!(["agent", "agent", "ann"])
    );
    assert!(text(&ann, "created_at").ends_with('Z'));
    let service = ensure("service", "ann").await;
    assert_ne!(service["principal_id"], ann["principal_id"]);
    for (id, principal, expected) in [
        ("ann", Value::Null, says("deny", "agent_principal_required")),
        (
            "ann",
            json!("nobody"),
            says("deny", "agent_principal_not_found"),
        ),
        (
            "ann",
            service["principal_id"].clone(),
            says("deny", "agent_principal_not_found"),
        ),
        (
            "bob",
            ann["principal_id"].clone(),
            says("deny", "agent_actor_id_mismatch"),
        ),
        (
            "ann",
            ann["principal_id"].clone(),
            says("allow", "default_allow"),
        ),
    ] {
        let body = json!({"action": "x", "actor_type": "agent", "actor_id": id, "principal_id": principal});
        assert_eq!(evaluate(&local, body).await, expected);
    }
    // The principal of an actor is the one that its events name.
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let body = json!({"content_md": "hi", "sender_type": "agent", "sender_id": "ann"});
    local
        .post(&format!("/v1/threads/{thread}/messages"), body)
        .await
        .expect(201);
    let said = events(&api, "message.created").await;
    assert_eq!(said[0]["actor_principal_id"], ann["principal_id"]);
    let me = api.owner().get("/v1/whoami").await.expect(200);
    let owner = ensure("user", "owner").await;
    assert_eq!(
        json!([me["principal_id"], me["actor_id"]]),
        json!([owner["principal_id"], "owner"])
    );
}

#[tokio::test]
async fn the_kill_switch_is_audited_wins_and_survives() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let id = ask(
        &local,
        json!({"action": "external.write", "scope": {"type": "workspace"}}),
    )
    .await;
    decide(&api, &id, json!({"decision": "approve"})).await;
    let write = json!({"action": "external.write"});
    assert_eq!(
        evaluate(&local, write.clone()).await,
        says("allow", "approval_allows_action")
    );
    let state = owner.get("/v1/policy/kill-switch").await.expect(200);
    assert_eq!(
        json!([state["enabled"], state["changed_at"]]),
        json!([false, null])
    );
    let on = switch(&api, true).await;
    assert_eq!(
        json!([on["enabled"], on["reason"], on["changed_by_id"]]),
        json!([true, "a test", "owner"])
    );
    switch(&api, true).await;
    for http in [&local, &owner] {
        assert_eq!(
            evaluate(http, write.clone()).await,
            says("deny", "kill_switch_active")
        );
    }
    let elsewhere = owner.clone().workspace("ws_b");
    assert_eq!(
        evaluate(&elsewhere, write.clone()).await,
        says("deny", "kill_switch_active"),
        "it is one for all workspaces"
    );
    let state = elsewhere.get("/v1/policy/kill-switch").await.expect(200);
    assert_eq!(state["enabled"], true);
    let changes = events(&api, "policy.kill_switch.changed").await;
    assert_eq!(changes.len(), 1, "what is on already is not turned on");
    assert_eq!(
        changes[0]["data"],
        json!({"enabled": true, "reason": "a test"})
    );
    assert_eq!(changes[0]["actor_id"], "owner");

    let api = Api::start_again(api.kill());
    assert_eq!(
        evaluate(&api.local(), write.clone()).await,
        says("deny", "kill_switch_active")
    );
    let mode = api
        .owner()
        .post("/v1/policy/mode", json!({"mode": "shadow"}))
        .await
        .expect(200);
    assert_eq!(mode["mode"], "shadow");
    let denied = api
        .local()
        .post("/v1/policy/evaluate", write.clone())
        .await
        .expect(200);
    assert_eq!(
        json!([denied["enforcement_mode"], denied["blocked"]]),
        json!(["shadow", true])
    );
    switch(&api, false).await;
    let asked = api
        .local()
        .post("/v1/policy/evaluate", json!({"action": "email.send"}))
        .await;
    let asked = asked.expect(200);
    assert_eq!(
        json!([asked["decision"], asked["blocked"]]),
        json!(["require_approval", false])
    );

    let api = Api::start_again(api.stop().await);
    let mode = api.owner().get("/v1/policy/mode").await.expect(200);
    assert_eq!(
        json!([mode["mode"], mode["changed_by_id"]]),
        json!(["shadow", "owner"])
    );
    assert_eq!(
        evaluate(&api.local(), write).await,
        says("allow", "approval_allows_action")
    );
}

#[tokio::test]
async fn the_registry_is_the_contracts() {
    let api = Api::start();
    let registry = api.local().get("/v1/action-registry").await.expect(200);
    let rows: Vec<Value> = registry["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            assert!(
                text(row, "created_at").ends_with('Z') && text(row, "updated_at").ends_with('Z')
            );
            json!([
                row["action_type"],
                row["reversible"],
                row["zone_required"],
                row["requires_pre_approval"],
                row["post_review_required"],
                row["metadata"]["cost_impact"],
                row["metadata"]["recovery_difficulty"],
            ])
        })
        .collect();
    let easy = |name: &str| json!([name, true, "supervised", false, true, "low", "easy"]);
    let hard =
        |name: &str, cost: &str| json!([name, false, "high_stakes", true, false, cost, "hard"]);
    assert_eq!(
        rows,
        [
            easy("api.call.idempotent"),
            hard("api.call.mutating", "high"),
            easy("artifact.create"),
            easy("artifact.update"),
            hard("email.send", "medium"),
            hard("external.write", "high"),
            hard("payment.execute", "high"),
        ]
    );
}

//! Requests that would leave this machine, over HTTP.

use super::{approval, decide, events, switch, text};
use crate::support::{Api, Scene};
use serde_json::{Value, json};

const PATH: &str = "/v1/egress/requests";

#[tokio::test]
async fn a_request_is_decided_written_down_and_asked_for_once() {
    let api = Api::start();
    let local = api.local();
    let Scene {
        room, run, step, ..
    } = Scene::set(&local).await;
    let body = json!({"target_url": "https://API.example.com/v1/things", "method": "post", "room_id": room,
        "run_id": run, "step_id": step, "context": {"size": 3}});
    let asked = local.post(PATH, body.clone()).await.expect(201);
    assert!(text(&asked, "egress_request_id").starts_with("egr_"));
    assert_eq!(asked["decision"], "require_approval");
    assert_eq!(asked["reason_code"], "external_write_requires_approval");
    let id = text(&asked, "approval_id");
    let again = local.post(PATH, body.clone()).await.expect(201);
    assert_eq!(
        again["approval_id"], asked["approval_id"],
        "a retry opens no other"
    );
    assert_ne!(again["egress_request_id"], asked["egress_request_id"]);
    let waiting = approval(&local, &id).await;
    assert_eq!(
        json!([
            waiting["title"],
            waiting["target"],
            waiting["run_id"],
            waiting["waiters"],
            waiting["reason_code"]
        ]),
        json!([
            "Egress request to api.example.com",
            "https://api.example.com/v1/things",
            run,
            1,
            "external_write_requires_approval"
        ])
    );
    assert_eq!(
        waiting["payload"],
        json!({"method": "POST", "context": {"size": 3}})
    );
    decide(&api, &id, json!({"decision": "approve"})).await;
    let allowed = local.post(PATH, body.clone()).await.expect(201);
    assert_eq!(
        json!([allowed["decision"], allowed["approval_id"]]),
        json!(["allow", id])
    );
    let next = local.post(PATH, body).await.expect(201);
    assert_eq!(next["decision"], "require_approval");
    assert_ne!(next["approval_id"], id.as_str());

    let page = local
        .get(&format!("{PATH}?room_id={room}&limit=3"))
        .await
        .expect(200);
    let rows = page["requests"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[1]["egress_request_id"], allowed["egress_request_id"],
        "newest first"
    );
    for (member, expected) in [
        ("workspace_id", json!("ws_dev")),
        ("room_id", json!(room)),
        ("run_id", json!(run)),
        ("step_id", json!(step)),
        ("requested_by_type", json!("user")),
        ("requested_by_id", json!("anon")),
        ("zone", json!("supervised")),
        ("action", json!("external.write")),
        ("method", json!("POST")),
        ("target_url", json!("https://api.example.com/v1/things")),
        ("target_domain", json!("api.example.com")),
        ("policy_decision", json!("allow")),
        ("policy_reason_code", json!("approval_allows_action")),
        ("enforcement_mode", json!("enforce")),
        ("blocked", json!(false)),
        ("approval_id", json!(id)),
    ] {
        assert_eq!(rows[1][member], expected, "{member}");
    }
    let cursor = text(&page, "next_cursor");
    let rest = local
        .get(&format!("{PATH}?limit=3&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["requests"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    let consumed = events(&api, "approval.consumed").await;
    assert_eq!(
        json!([
            consumed[0]["data"]["egress_request_id"],
            consumed[0]["data"]["category"]
        ]),
        json!([allowed["egress_request_id"], "egress"])
    );
    let told = events(&api, "egress.requested,egress.allowed,egress.blocked").await;
    assert_eq!(told.len(), 8);
    assert!(told.iter().all(|event| event["run_id"] == run.as_str()));
}

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let local = api.local();
    for (body, status, code) in [
        (json!({}), 400, "invalid_target_url"),
        (
            json!({"target_url": "ftp://a.test/"}),
            400,
            "invalid_target_url",
        ),
        (
            json!({"target_url": "https://user:pw@a.test/"}),
            400,
            "invalid_target_url",
        ),
        (
            json!({"target_url": "https://a.test/", "method": "BREW"}),
            400,
            "invalid_method",
        ),
        (
            json!({"target_url": "https://a.test/", "action": "command.execute"}),
            400,
            "action_reserved",
        ),
        (
            json!({"target_url": "https://a.test/", "zone": "wild"}),
            400,
            "invalid_zone",
        ),
        (
            json!({"target_url": "https://a.test/", "room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            json!({"target_url": "https://a.test/", "run_id": "run_none"}),
            404,
            "run_not_found",
        ),
        (
            json!({"target_url": "https://a.test/", "step_id": "step_none"}),
            404,
            "step_not_found",
        ),
    ] {
        local.post(PATH, body).await.refused(status, code);
    }
    local
        .get(&format!("{PATH}?room_id=room_none"))
        .await
        .refused(404, "room_not_found");
    local
        .get(&format!("{PATH}?cursor=-1"))
        .await
        .bad("invalid_parameter", "cursor");
    assert_eq!(api.head().await, 0);
}

#[tokio::test]
async fn the_kill_switch_denies_and_says_so() {
    let api = Api::start();
    let local = api.local();
    switch(&api, true).await;
    let body = json!({"target_url": "https://a.test/"});
    let denied = local.post(PATH, body).await.expect(201);
    assert_eq!(
        json!([
            denied["decision"],
            denied["reason_code"],
            denied["blocked"],
            denied["approval_id"]
        ]),
        json!(["deny", "kill_switch_active", true, null])
    );
    let told = events(&api, "policy.denied,egress.blocked").await;
    assert_eq!(told.len(), 2);
}

/// A tool call that is not allowed is an answer, not an error, and nothing is invoked.
#[tokio::test]
async fn tool_calls_pass_the_gate() {
    let api = Api::start();
    let local = api.local();
    let Scene { run, step, .. } = Scene::set(&local).await;
    let path = format!("/v1/steps/{step}/toolcalls");
    let send = |to: &str| json!({"tool_name": "email.send", "input": {"to": to}});
    let asked = local.post(&path, send("ann")).await.expect(200);
    assert_eq!(
        json!([asked["decision"], asked["reason_code"]]),
        json!(["require_approval", "action_pre_approval_required"])
    );
    let id = text(&asked, "approval_id");
    let waiting = approval(&local, &id).await;
    assert_eq!(
        json!([
            waiting["action"],
            waiting["payload"],
            waiting["run_id"],
            waiting["step_id"]
        ]),
        json!(["tool.call.email.send", {"to": "ann"}, run, step])
    );
    decide(&api, &id, json!({"decision": "approve"})).await;
    assert_eq!(
        local.post(&path, send("bob")).await.expect(200)["decision"],
        "require_approval"
    );
    let call = local.post(&path, send("ann")).await.expect(201);
    assert_eq!(approval(&local, &id).await["status"], "consumed");
    let consumed = events(&api, "approval.consumed").await;
    assert_eq!(consumed[0]["data"]["tool_call_id"], call["tool_call_id"]);
    let calls = local
        .get(&format!("/v1/toolcalls?run_id={run}"))
        .await
        .expect(200);
    assert_eq!(
        calls["tool_calls"].as_array().unwrap().len(),
        2,
        "that of the scene, and this"
    );
    local
        .post(&path, json!({"tool_name": "x", "zone": "wild"}))
        .await
        .bad("invalid_zone", "zone");
    let agent = json!({"tool_name": "x", "actor_type": "agent", "actor_id": "ann"});
    let denied = local.post(&path, agent).await.expect(200);
    assert_eq!(denied["reason_code"], "agent_principal_required");
    switch(&api, true).await;
    let denied = local
        .post(&path, json!({"tool_name": "ls"}))
        .await
        .expect(200);
    assert_eq!(denied["reason_code"], "kill_switch_active");
    local
        .post(&path, json!({"tool_name": "runtime.noop"}))
        .await
        .expect(201);
}

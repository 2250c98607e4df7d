//! Asking the owner over HTTP, and the owner's answers.

use super::{approval, ask, decide, evaluate, events, says, text};
use crate::support::{Api, Http};
use serde_json::{Value, json};

#[tokio::test]
async fn an_agent_asks_and_goes_on_once() {
    let api = Api::start();
    let agent = api.local();
    let room = agent.room("room").await;
    let write = json!({"action": "external.write", "target": "https://api.example.com/x",
        "payload": {"title": "hello"}, "room_id": room});
    let asks = says("require_approval", "external_write_requires_approval");
    assert_eq!(evaluate(&agent, write.clone()).await, asks);
    let mut request = write.clone();
    request["title"] = json!("Publish it");
    request["request"] = json!({"purpose": "a test", "risks": ["none"]});
    request["context"] = json!({"prompt": "please"});
    let id = ask(&agent, request.clone()).await;
    assert!(id.starts_with("appr_"), "{id}");
    assert_eq!(ask(&agent, request.clone()).await, id, "the same request");
    let waiting = approval(&agent, &id).await;
    for (member, expected) in [
        ("status", json!("pending")),
        ("action", json!("external.write")),
        ("target", json!("https://api.example.com/x")),
        ("payload", json!({"title": "hello"})),
        ("title", json!("Publish it")),
        ("request", json!({"purpose": "a test", "risks": ["none"]})),
        ("context", json!({"prompt": "please"})),
        ("scope", json!({"type": "once"})),
        ("room_id", json!(room)),
        ("run_id", Value::Null),
        ("workspace_id", json!("ws_dev")),
        ("requested_by_type", json!("user")),
        ("requested_by_id", json!("anon")),
        ("waiters", json!(1)),
        ("decision", Value::Null),
        ("decided_at", Value::Null),
    ] {
        assert_eq!(waiting[member], expected, "{member}");
    }
    let digest = text(&waiting, "payload_digest");
    assert!(
        digest.starts_with("sha256:") && digest.len() == 71,
        "{digest}"
    );

    decide(&api, &id, json!({"decision": "approve", "reason": "fine"})).await;
    let approved = approval(&agent, &id).await;
    assert_eq!(
        json!([
            approved["status"],
            approved["decision"],
            approved["decided_by_id"],
            approved["decision_reason"]
        ]),
        json!(["approved", "approve", "owner", "fine"])
    );
    let other = json!({"action": "external.write", "target": "https://api.example.com/y",
        "payload": {"title": "hello"}, "room_id": room});
    assert_eq!(evaluate(&agent, other).await, asks);
    let allowed = agent
        .post("/v1/policy/evaluate", write.clone())
        .await
        .expect(200);
    assert_eq!(
        json!([
            allowed["decision"],
            allowed["reason_code"],
            allowed["approval_id"],
            allowed["blocked"]
        ]),
        json!(["allow", "approval_allows_action", id, false])
    );
    assert_eq!(approval(&agent, &id).await["status"], "consumed");
    assert_eq!(evaluate(&agent, write).await, asks, "the second asks again");
    assert_ne!(ask(&agent, request).await, id);

    // One story, in the room's own stream, each event caused by the one before it.
    let story = events(
        &api,
        "approval.requested,approval.decided,approval.consumed",
    )
    .await;
    let types: Vec<&Value> = story.iter().map(|event| &event["event_type"]).collect();
    assert_eq!(
        types,
        [
            "approval.requested",
            "approval.decided",
            "approval.consumed",
            "approval.requested"
        ]
    );
    for pair in story[..3].windows(2) {
        assert_eq!(pair[1]["causation_id"], pair[0]["event_id"]);
        assert_eq!(pair[1]["correlation_id"], pair[0]["correlation_id"]);
        assert_eq!(pair[1]["stream_id"], room.as_str());
    }
}

#[tokio::test]
async fn only_the_owner_decides() {
    let api = Api::start();
    let agent = api.local();
    let engine = api.engine("builder").await;
    let id = ask(&agent, json!({"action": "external.write"})).await;
    let decide = format!("/v1/approvals/{id}/decide");
    let revoke = format!("/v1/approvals/{id}/revoke");
    let approve = json!({"decision": "approve", "actor_type": "user", "actor_id": "owner"});
    let forged = |http: Http| http.header("origin", "http://evil.test");
    for path in [&decide, &revoke] {
        agent
            .post(path, approve.clone())
            .await
            .refused(403, "owner_only");
        engine
            .post(path, approve.clone())
            .await
            .refused(403, "owner_only");
        for http in [forged(agent.clone()), forged(api.owner())] {
            http.post(path, approve.clone())
                .await
                .refused(403, "origin_forbidden");
        }
        let site = api.owner().header("sec-fetch-site", "cross-site");
        site.post(path, approve.clone())
            .await
            .refused(403, "origin_forbidden");
        let guess = agent.clone().bearer("sbo_guess");
        guess
            .post(path, approve.clone())
            .await
            .refused(401, "invalid_token");
        let cookie = agent.clone().header("cookie", "signalbox_session=guess");
        cookie
            .post(path, approve.clone())
            .await
            .refused(403, "owner_only");
    }
    for (path, body) in [
        ("/v1/policy/kill-switch", json!({"enabled": true})),
        ("/v1/policy/mode", json!({"mode": "shadow"})),
    ] {
        for http in [&agent, &engine] {
            http.post(path, body.clone())
                .await
                .refused(403, "owner_only");
            http.get(path).await.refused(403, "owner_only");
        }
    }
    assert_eq!(approval(&agent, &id).await["status"], "pending");
}

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let foreign = owner.clone().workspace("ws_b").room("elsewhere").await;
    let own = ask(&owner, json!({"action": "email.send"})).await;
    let id = ask(&local, json!({"action": "external.write", "room_id": room})).await;
    let head = api.head().await;
    let new = "/v1/approvals";
    for (body, status, code) in [
        (json!({}), 400, "missing_action"),
        (json!({"action": "command.execute"}), 400, "action_reserved"),
        (json!({"action": 1}), 400, "invalid_body"),
        (
            json!({"action": "x", "room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            json!({"action": "x", "room_id": foreign}),
            404,
            "room_not_found",
        ),
        (
            json!({"action": "x", "run_id": "run_none"}),
            404,
            "run_not_found",
        ),
        (
            json!({"action": "x", "thread_id": "th_none"}),
            404,
            "thread_not_found",
        ),
        (
            json!({"action": "x", "scope": {"type": "forever"}}),
            400,
            "invalid_scope",
        ),
        (
            json!({"action": "x", "scope": {"type": "room"}}),
            400,
            "invalid_scope",
        ),
        (
            json!({"action": "x", "expires_at": "tomorrow"}),
            400,
            "invalid_expires_at",
        ),
        (
            json!({"action": "x", "expires_at": "2000-01-01T00:00:00Z"}),
            400,
            "invalid_expires_at",
        ),
        (
            json!({"action": "x", "actor_id": "owner"}),
            403,
            "actor_reserved",
        ),
    ] {
        local.post(new, body).await.refused(status, code);
    }
    let decide = |id: &str| format!("/v1/approvals/{id}/decide");
    for (id, body, status, code) in [
        (
            "appr_none",
            json!({"decision": "approve"}),
            404,
            "approval_not_found",
        ),
        (&id, json!({}), 400, "invalid_decision"),
        (
            &id,
            json!({"decision": "approved"}),
            400,
            "invalid_decision",
        ),
        (&id, json!({"decision": ""}), 400, "invalid_decision"),
        (&id, json!({"decision": 1}), 400, "invalid_body"),
        (
            &id,
            json!({"decision": "approve", "scope": {"type": "run"}}),
            400,
            "invalid_scope",
        ),
        (
            &id,
            json!({"decision": "approve", "expires_at": "then"}),
            400,
            "invalid_expires_at",
        ),
        (&own, json!({"decision": "approve"}), 403, "own_request"),
    ] {
        owner.post(&decide(id), body).await.refused(status, code);
    }
    let elsewhere = owner.clone().workspace("ws_b");
    let approve = json!({"decision": "approve"});
    elsewhere
        .post(&decide(&id), approve.clone())
        .await
        .refused(404, "approval_not_found");
    elsewhere
        .get(&format!("{new}/{id}"))
        .await
        .refused(404, "approval_not_found");
    local
        .get(&format!("{new}/appr_none"))
        .await
        .refused(404, "approval_not_found");
    for (query, code, field) in [
        ("status=open", "invalid_status", "status"),
        ("cursor=x", "invalid_parameter", "cursor"),
        ("limit=1.5", "invalid_parameter", "limit"),
    ] {
        local.get(&format!("{new}?{query}")).await.bad(code, field);
    }
    local
        .get(&format!("{new}?room_id={foreign}"))
        .await
        .refused(404, "room_not_found");
    assert_eq!(api.head().await, head, "no refusal left an event");

    owner
        .post(&decide(&id), json!({"decision": "hold"}))
        .await
        .expect(200);
    owner.post(&decide(&id), approve.clone()).await.expect(200);
    for decision in ["approve", "deny", "hold"] {
        let again = owner
            .post(&decide(&id), json!({"decision": decision}))
            .await;
        again.refused(409, "approval_already_decided");
    }
    let revoke = format!("{new}/{id}/revoke");
    owner
        .post(&revoke, json!({"reason": "no longer"}))
        .await
        .expect(200);
    let revoked = approval(&local, &id).await;
    assert_eq!(
        json!([revoked["status"], revoked["ended_by"]]),
        json!(["expired", "revoked"])
    );
    owner
        .post(&revoke, json!({}))
        .await
        .refused(409, "approval_already_decided");
    owner
        .post(&decide(&id), approve)
        .await
        .refused(409, "approval_expired");
}

/// Filters, order, pages and counts.
#[tokio::test]
async fn the_inbox() {
    let api = Api::start();
    let local = api.local();
    let (one, two) = (local.room("one").await, local.room("two").await);
    let mut ids = Vec::new();
    for number in 0..7 {
        let room = if number % 2 == 0 { &one } else { &two };
        ids.push(
            ask(
                &local,
                json!({"action": "x", "target": number.to_string(), "room_id": room}),
            )
            .await,
        );
    }
    decide(&api, &ids[0], json!({"decision": "hold"})).await;
    decide(&api, &ids[1], json!({"decision": "deny"})).await;
    decide(&api, &ids[2], json!({"decision": "approve"})).await;
    let list = async |query: &str| {
        let page = local
            .get(&format!("/v1/approvals?{query}"))
            .await
            .expect(200);
        let rows = page["approvals"].as_array().unwrap();
        let found: Vec<usize> = rows
            .iter()
            .map(|row| {
                ids.iter()
                    .position(|id| row["approval_id"] == id.as_str())
                    .unwrap()
            })
            .collect();
        (found, page)
    };
    assert_eq!(
        list("").await.0,
        [2, 1, 0, 6, 5, 4, 3],
        "newest change first"
    );
    assert_eq!(list("status=pending").await.0, [6, 5, 4, 3]);
    assert_eq!(list("status=held").await.0, [0]);
    assert_eq!(list("status=approved").await.0, [2]);
    assert_eq!(list("status=denied").await.0, [1]);
    assert!(list("status=consumed").await.0.is_empty());
    assert_eq!(list(&format!("room_id={two}")).await.0, [1, 5, 3]);
    assert_eq!(
        list(&format!("room_id={two}&status=pending")).await.0,
        [5, 3]
    );
    let (first, page) = list("limit=3").await;
    assert_eq!(first, [2, 1, 0]);
    assert_eq!(page["waiting"], json!({"pending": 4, "held": 1}));
    let (second, page) = list(&format!("limit=3&cursor={}", text(&page, "next_cursor"))).await;
    assert_eq!(second, [6, 5, 4]);
    let (third, page) = list(&format!("limit=3&cursor={}", text(&page, "next_cursor"))).await;
    assert_eq!((third, &page["next_cursor"]), (vec![3], &Value::Null));
}

#[tokio::test]
async fn those_who_ask_the_same_are_counted() {
    let api = Api::start();
    let local = api.local();
    let body = |name: &str| json!({"action": "external.write", "target": "t", "actor_id": name});
    let id = ask(&local, body("ann")).await;
    for name in ["bob", "ann", "cyd", "bob"] {
        assert_eq!(ask(&local, body(name)).await, id);
    }
    assert_eq!(approval(&local, &id).await["waiters"], 3);
    assert_eq!(events(&api, "approval.joined").await.len(), 2);
}

/// What a secret would open is bound by its digest, and shown without it.
#[tokio::test]
async fn a_secret_in_a_payload_is_masked_and_bound_all_the_same() {
    let api = Api::start();
    let local = api.local();
    let secret = |letter: &str| format!("sk-{}", letter.repeat(24));
    let write = |key: &str| json!({"action": "external.write", "payload": {"key": key}});
    let id = ask(&local, write(&secret("a"))).await;
    let shown = approval(&local, &id).await;
    assert_eq!(shown["payload"], json!({"key": "[redacted]"}));
    decide(&api, &id, json!({"decision": "approve"})).await;
    let asks = says("require_approval", "external_write_requires_approval");
    assert_eq!(evaluate(&local, write(&secret("b"))).await, asks);
    assert_eq!(evaluate(&local, write("[redacted]")).await, asks);
    let allowed = says("allow", "approval_allows_action");
    assert_eq!(evaluate(&local, write(&secret("a"))).await, allowed);
}

//! What is refused, by its code; and that a refusal leaves nothing.

use super::{get, open, understand};
use crate::support::Api;
use serde_json::json;

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let (owner, local, engine) = (api.owner(), api.local(), api.engine("builder").await);
    let elsewhere = owner.clone().workspace("ws_b");
    let (room, other) = (local.room("room").await, local.room("other").await);
    let (thread, foreign) = (local.thread(&room).await, elsewhere.room("elsewhere").await);
    let run = local.run(&room).await;
    let message = json!({"content_md": "hello"});
    let keyed = local.clone().header("idempotency-key", "used");
    keyed
        .post(&format!("/v1/threads/{thread}/messages"), message)
        .await
        .expect(201);
    let id = open(
        &local,
        json!({"title": "x", "room_id": room, "idempotency_key": "k"}),
    )
    .await;
    let head = api.head().await;
    for (body, status, code) in [
        (json!({}), 400, "missing_title"),
        (json!({"title": " "}), 400, "missing_title"),
        (json!({"title": 1}), 400, "invalid_body"),
        (
            json!({"title": "x", "severity": "worst"}),
            400,
            "invalid_severity",
        ),
        (
            json!({"title": "x", "run_id": run, "room_id": other}),
            400,
            "run_room_mismatch",
        ),
        (
            json!({"title": "x", "run_id": run, "thread_id": thread}),
            400,
            "run_thread_mismatch",
        ),
        (
            json!({"title": "x", "room_id": other, "thread_id": thread}),
            400,
            "thread_room_mismatch",
        ),
        (
            json!({"title": "x", "idempotency_key": "x".repeat(201)}),
            400,
            "invalid_idempotency_key",
        ),
        (
            json!({"title": "x", "idempotency_key": ""}),
            400,
            "invalid_idempotency_key",
        ),
        (
            json!({"title": "x", "run_id": "run_none"}),
            404,
            "run_not_found",
        ),
        (
            json!({"title": "x", "room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            json!({"title": "x", "room_id": foreign}),
            404,
            "room_not_found",
        ),
        (
            json!({"title": "x", "thread_id": "th_none"}),
            404,
            "thread_not_found",
        ),
        (
            json!({"title": "x", "actor_id": "owner"}),
            403,
            "actor_reserved",
        ),
        (
            json!({"title": "x", "room_id": room, "idempotency_key": "used"}),
            409,
            "idempotency_conflict_unresolved",
        ),
    ] {
        local
            .post("/v1/incidents", body)
            .await
            .refused(status, code);
    }
    let path = format!("/v1/incidents/{id}");
    for (action, body, status, code) in [
        ("rca", json!({}), 400, "missing_rca_payload"),
        (
            "rca",
            json!({"summary": "", "analysis": {}}),
            400,
            "missing_rca_payload",
        ),
        ("rca", json!({"summary": 1}), 400, "invalid_body"),
        ("learning", json!({}), 400, "missing_note"),
        (
            "learning",
            json!({"note": "x", "tags": "disk"}),
            400,
            "invalid_type",
        ),
        (
            "close",
            json!({}),
            409,
            "incident_close_blocked_missing_rca",
        ),
    ] {
        let reply = owner.post(&format!("{path}/{action}"), body).await;
        reply.refused(status, code);
    }
    let body = json!({"summary": "x", "note": "x"});
    for who in [&local, &engine] {
        let close = who.post(&format!("{path}/close"), json!({})).await;
        close.refused(403, "owner_only");
    }
    // Unknown, or of another workspace: it does not exist.
    for (who, id) in [(&owner, "inc_none"), (&elsewhere, id.as_str())] {
        let path = format!("/v1/incidents/{id}");
        who.get(&path).await.refused(404, "incident_not_found");
        for action in ["rca", "learning", "close"] {
            let reply = who.post(&format!("{path}/{action}"), body.clone()).await;
            reply.refused(404, "incident_not_found");
        }
    }
    let query = "/v1/incidents?";
    for (asked, code, field) in [
        ("status=pending", "invalid_status", "status"),
        ("status=", "invalid_status", "status"),
        ("severity=worst", "invalid_severity", "severity"),
        ("cursor=x", "invalid_parameter", "cursor"),
        ("limit=1.5", "invalid_parameter", "limit"),
    ] {
        local.get(&format!("{query}{asked}")).await.bad(code, field);
    }
    local
        .get(&format!("{query}room_id={foreign}"))
        .await
        .refused(404, "room_not_found");
    assert_eq!(api.head().await, head, "no refusal left an event");

    local
        .post(&format!("{path}/rca"), body.clone())
        .await
        .expect(200);
    let early = owner.post(&format!("{path}/close"), json!({})).await;
    early.refused(409, "incident_close_blocked_missing_learning");
    understand(&local, &id).await;
    owner
        .post(&format!("{path}/close"), json!({}))
        .await
        .expect(200);
    let again = owner.post(&format!("{path}/close"), json!({})).await;
    again.refused(409, "incident_already_closed");
    for action in ["rca", "learning"] {
        let late = local.post(&format!("{path}/{action}"), body.clone()).await;
        late.refused(409, "incident_closed");
    }
    assert_eq!(get(&local, &id).await["incident"]["learning_count"], 1);
}

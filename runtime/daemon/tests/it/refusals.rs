//! Which refusal each wrong request about runs gets, with its status; none leaves an event.

use crate::support::{Api, Scene};
use serde_json::{Value, json};

fn id(value: &Value, member: &str) -> String {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {value}"))
        .to_owned()
}

#[tokio::test]
async fn refusals_by_code() {
    let api = Api::start();
    let local = api.local();
    let (engine, other) = (api.engine("builder").await, api.engine("other").await);
    let Scene {
        room,
        run: started,
        step,
        call,
        ..
    } = Scene::set(&local).await;
    let leased = local.run(&room).await;
    let claimed = engine
        .post("/v1/runs/claim", json!({"room_id": room}))
        .await
        .expect(200);
    assert_eq!(claimed["run"]["run_id"], leased.as_str());
    let token = id(&claimed["run"], "claim_token");
    let queued = local.run(&room).await;
    let elsewhere = local.thread(&local.room("other").await).await;
    let head = api.head().await;
    for (who, path, body, status, code) in [
        (
            &local,
            "/v1/runs".to_owned(),
            json!({"room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            &local,
            "/v1/runs".to_owned(),
            json!({"room_id": room, "thread_id": "th_none"}),
            404,
            "thread_not_found",
        ),
        (
            &local,
            "/v1/runs".to_owned(),
            json!({"room_id": room, "thread_id": elsewhere}),
            400,
            "thread_room_mismatch",
        ),
        (
            &local,
            "/v1/runs/run_none/start".to_owned(),
            json!({}),
            404,
            "run_not_found",
        ),
        (
            &local,
            format!("/v1/runs/{started}/start"),
            json!({}),
            409,
            "run_not_queued",
        ),
        (
            &local,
            format!("/v1/runs/{queued}/complete"),
            json!({}),
            409,
            "run_not_running",
        ),
        (
            &local,
            format!("/v1/runs/{queued}/steps"),
            json!({"kind": "k"}),
            409,
            "run_not_running",
        ),
        (
            &local,
            format!("/v1/runs/{leased}/complete"),
            json!({}),
            409,
            "lease_token_mismatch",
        ),
        (
            &other,
            format!("/v1/runs/{leased}/complete"),
            json!({}),
            409,
            "lease_token_mismatch",
        ),
        (
            &engine,
            format!("/v1/runs/{leased}/complete"),
            json!({"claim_token": "x"}),
            409,
            "lease_token_mismatch",
        ),
        (
            &local,
            format!("/v1/runs/{leased}/steps"),
            json!({"kind": "k"}),
            409,
            "lease_token_mismatch",
        ),
        (
            &local,
            format!("/v1/runs/{started}/complete"),
            json!({"claim_token": token}),
            409,
            "lease_token_mismatch",
        ),
        (
            &engine,
            format!("/v1/runs/{leased}/lease/heartbeat"),
            json!({}),
            400,
            "missing_claim_token",
        ),
        (
            &engine,
            format!("/v1/runs/{leased}/lease/heartbeat"),
            json!({"claim_token": "x"}),
            409,
            "lease_token_mismatch",
        ),
        (
            &engine,
            format!("/v1/runs/{queued}/lease/heartbeat"),
            json!({"claim_token": token}),
            409,
            "run_not_running",
        ),
        (
            &engine,
            "/v1/runs/run_none/lease/heartbeat".to_owned(),
            json!({"claim_token": token}),
            404,
            "run_not_found",
        ),
        (
            &engine,
            format!("/v1/runs/{leased}/lease/release"),
            json!({}),
            400,
            "missing_claim_token",
        ),
        (
            &engine,
            format!("/v1/runs/{leased}/lease/release"),
            json!({"claim_token": "x"}),
            409,
            "lease_token_mismatch",
        ),
        (
            &engine,
            "/v1/runs/claim".to_owned(),
            json!({"room_id": "room_none"}),
            404,
            "room_not_found",
        ),
        (
            &local,
            "/v1/steps/step_none/toolcalls".to_owned(),
            json!({"tool_name": "t"}),
            404,
            "step_not_found",
        ),
        (
            &local,
            "/v1/steps/step_none/artifacts".to_owned(),
            json!({"kind": "k"}),
            404,
            "step_not_found",
        ),
        (
            &local,
            "/v1/toolcalls/tc_none/succeed".to_owned(),
            json!({}),
            404,
            "tool_call_not_found",
        ),
        (
            &local,
            "/v1/toolcalls/tc_none/output".to_owned(),
            json!({"stream": "stdout", "offset_bytes": 0, "text": "x"}),
            404,
            "tool_call_not_found",
        ),
        (
            &local,
            format!("/v1/steps/{step}/artifacts"),
            json!({"kind": "k", "content": {"type": "text", "text": "a"}, "size_bytes": 2}),
            400,
            "size_mismatch",
        ),
        (
            &local,
            format!("/v1/steps/{step}/artifacts"),
            json!({"kind": "k", "content": {"type": "text", "text": "a"}, "sha256": "0".repeat(64)}),
            400,
            "sha256_mismatch",
        ),
        (
            &local,
            format!("/v1/steps/{step}/artifacts"),
            json!({"kind": "k", "content": {"type": "blob", "blob": "sha256:00"}}),
            400,
            "blob_not_found",
        ),
    ] {
        who.post(&path, body).await.refused(status, code);
    }
    for (path, code) in [
        ("/v1/runs/run_none", "run_not_found"),
        ("/v1/runs/run_none/steps", "run_not_found"),
        ("/v1/runs/run_none/attempts", "run_not_found"),
        ("/v1/runs?room_id=room_none", "room_not_found"),
        ("/v1/toolcalls/tc_none", "tool_call_not_found"),
        ("/v1/artifacts/art_none", "artifact_not_found"),
        ("/v1/events/none", "event_not_found"),
        (
            "/v1/events/00000000-0000-0000-0000-000000000000",
            "event_not_found",
        ),
        ("/v1/events?room_id=room_none", "room_not_found"),
        ("/v1/engines/eng_none/nothing", "not found"),
    ] {
        let body = local.get(path).await.expect(404);
        assert_eq!(body["error"], code, "{path}");
    }
    assert_eq!(api.head().await, head, "a refusal leaves nothing behind");
    local
        .post(
            &format!("/v1/toolcalls/{call}/fail"),
            json!({"message": "m"}),
        )
        .await
        .expect(200);
    local
        .post(&format!("/v1/toolcalls/{call}/fail"), json!({}))
        .await
        .refused(409, "tool_call_not_running");
    let error = local
        .get(&format!("/v1/toolcalls/{call}"))
        .await
        .expect(200)["tool_call"]["error"]
        .clone();
    assert_eq!(
        error,
        json!({"message": "m"}),
        "a message stands in for an error"
    );
}

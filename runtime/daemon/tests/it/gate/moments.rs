//! What ends by itself, and what a restart or a rebuild must not change.

use super::{approval, ask, decide, events, text};
use crate::support::{Api, eventually};
use kernel::Timestamp;
use serde_json::json;

/// `expires_at` this many milliseconds from the runtime's present.
async fn soon(api: &Api, millis: i64) -> String {
    let health = api.local().get("/health").await.expect(200);
    let now = Timestamp::parse(health["ts"].as_str().unwrap()).unwrap();
    now.plus_millis(millis).to_string()
}

#[tokio::test]
async fn what_nobody_decides_ends_and_its_run_fails() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let until = soon(&api, 300).await;
    let id = ask(
        &local,
        json!({"action": "external.write", "expires_at": until}),
    )
    .await;
    let stays = ask(
        &local,
        json!({"action": "external.write", "target": "other"}),
    )
    .await;
    let body = json!({"room_id": room, "input": {"command": {"argv": ["ls"]}}});
    let run = local.post("/v1/runs", body).await.expect(201);
    let waiting = text(&run, "waiting_approval_id");
    let path = format!("/v1/approvals/{waiting}/decide");
    let hold = json!({"decision": "hold", "expires_at": soon(&api, 300).await});
    api.owner().post(&path, hold).await.expect(200);
    for id in [&id, &waiting] {
        eventually("it expires", || async {
            (approval(&local, id).await["status"] == "expired").then_some(())
        })
        .await;
    }
    assert_eq!(approval(&local, &stays).await["status"], "pending");
    let run_id = text(&run, "run_id");
    let failed = local.get(&format!("/v1/runs/{run_id}")).await.expect(200);
    assert_eq!(failed["run"]["status"], "failed");
    assert_eq!(failed["run"]["error"]["code"], "approval_expired");
    assert_eq!(failed["run"]["waiting_approval_id"], json!(null));
    let ended = events(&api, "approval.expired").await;
    assert!(ended.iter().all(|event| event["actor_id"] == "signalbox"));
    let approve = json!({"decision": "approve"});
    let path = format!("/v1/approvals/{id}/decide");
    api.owner()
        .post(&path, approve)
        .await
        .refused(409, "approval_expired");
}

/// An approval that was over while nobody served is over when somebody serves again.
#[tokio::test]
async fn a_restart_forgets_nothing() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let body = json!({"room_id": room, "input": {"command": {"argv": ["ls"]}}});
    let run = local.post("/v1/runs", body).await.expect(201);
    let (run_id, id) = (text(&run, "run_id"), text(&run, "waiting_approval_id"));
    let api = Api::start_again(api.kill());
    let waiting = api
        .local()
        .get(&format!("/v1/runs/{run_id}"))
        .await
        .expect(200);
    assert_eq!(
        json!([
            waiting["run"]["status"],
            waiting["run"]["waiting_approval_id"]
        ]),
        json!(["queued", id])
    );
    decide(&api, &id, json!({"decision": "approve"})).await;
    let api = Api::start_again(api.kill());
    let engine = api.engine("builder").await;
    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(claimed["run"]["run_id"], run_id.as_str());
    assert_eq!(claimed["run"]["execution"]["kind"], "command");
    assert_eq!(claimed["run"]["approval_id"], id.as_str());
    assert_eq!(
        approval(&api.local(), &id).await["consumed_by_run_id"],
        run_id.as_str()
    );
}

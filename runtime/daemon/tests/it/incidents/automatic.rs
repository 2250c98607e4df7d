//! Incidents that open by themselves: seen at once, and only where somebody is to find out why.

use super::{events, get, ids, open};
use crate::support::{Api, Http, history, projections, say};
use daemon::store::rebuild;
use serde_json::{Value, json};

/// A run that the engine has claimed, and how to write to it.
async fn claimed(api: &Api, engine: &Http, room: &str, title: &str) -> (String, Value) {
    let body = json!({"room_id": room, "title": title});
    let run = api.owner().post("/v1/runs", body).await.expect(201);
    let claim = json!({ "room_id": room });
    let claim = engine.post("/v1/runs/claim", claim).await.expect(200);
    let run_id = run["run_id"].as_str().unwrap().to_owned();
    assert_eq!(claim["run"]["run_id"], run_id.as_str());
    (run_id, claim["run"]["claim_token"].clone())
}

#[tokio::test]
async fn a_failed_run_is_an_incident_at_once() {
    let api = Api::start();
    let (local, engine) = (api.local(), api.engine("builder").await);
    let room = local.room("room").await;
    let (run, token) = claimed(&api, &engine, &room, "Backup").await;
    let body = json!({"claim_token": token, "message": "The disk is full", "error": {"code": "exit_status", "status": 1}});
    engine
        .post(&format!("/v1/runs/{run}/fail"), body)
        .await
        .expect(200);
    let listed = local
        .get(&format!("/v1/incidents?status=open&run_id={run}"))
        .await
        .expect(200);
    let incident = &listed["incidents"][0];
    for (member, expected) in [
        ("incident_id", json!(run.replace("run_", "inc_"))),
        ("room_id", json!(room)),
        ("run_id", json!(run)),
        ("title", json!("Run failed: Backup")),
        ("summary", json!("The disk is full")),
        ("severity", json!("medium")),
        ("category", json!("run_failed")),
        ("details", json!({"code": "exit_status", "status": 1})),
        ("automatic", json!(true)),
        ("created_by_type", json!("service")),
        ("created_by_id", json!("signalbox")),
    ] {
        assert_eq!(incident[member], expected, "{member}");
    }
    let failed = events(&api, "run.failed").await.remove(0);
    let opened = events(&api, "incident.opened").await.remove(0);
    assert_eq!(opened["causation_id"], failed["event_id"]);
    assert_eq!(opened["correlation_id"], failed["correlation_id"]);
    assert_eq!(opened["stream_id"], room.as_str());
    let seq = |event: &Value| event["stream_seq"].as_u64().unwrap();
    assert_eq!(seq(&opened), seq(&failed) + 1, "the same transaction");

    // Its key answers with it, and it is worked on like any other.
    let again = json!({"title": "x", "idempotency_key": format!("run_failed:{run}")});
    let again = local.post("/v1/incidents", again).await.expect(200);
    assert_eq!(
        again,
        json!({"incident_id": incident["incident_id"], "deduped": true})
    );
    let id = incident["incident_id"].as_str().unwrap();
    super::understand(&local, id).await;
    let path = format!("/v1/incidents/{id}/close");
    api.owner().post(&path, json!({})).await.expect(200);
    assert_eq!(get(&local, id).await["incident"]["status"], "closed");
}

#[tokio::test]
async fn what_is_cancelled_denied_or_only_watched_is_none() {
    let api = Api::start();
    let (owner, local, engine) = (api.owner(), api.local(), api.engine("builder").await);
    let room = local.room("room").await;
    // Cancelled while it waits, and while somebody holds it.
    let waiting = local.run(&room).await;
    let cancel = |run: &str| format!("/v1/runs/{run}/cancel");
    local.post(&cancel(&waiting), json!({})).await.expect(200);
    let (held, token) = claimed(&api, &engine, &room, "held").await;
    owner.post(&cancel(&held), json!({})).await.expect(200);
    let body = json!({ "claim_token": token });
    engine
        .post(&format!("/v1/runs/{held}/fail"), body)
        .await
        .expect(200);
    // Denied by the owner, and taken back.
    for answer in ["decide", "revoke"] {
        let body = json!({"room_id": room, "input": {"command": {"argv": ["ls", answer]}}});
        let run = local.post("/v1/runs", body).await.expect(201);
        let approval = run["waiting_approval_id"].as_str().unwrap();
        let path = format!("/v1/approvals/{approval}/{answer}");
        owner
            .post(&path, json!({"decision": "deny"}))
            .await
            .expect(200);
    }
    // Only watched, as `signalbox run` does.
    let body = json!({"room_id": room, "observed": true});
    let watched = local.post("/v1/runs", body).await.expect(201);
    let body = json!({"claim_token": watched["claim_token"]});
    let path = format!("/v1/runs/{}/fail", watched["run_id"].as_str().unwrap());
    local.post(&path, body).await.expect(200);
    assert_eq!(say(&api, &["run", "--", "false"]).code, Some(1));

    assert_eq!(events(&api, "run.failed").await.len(), 4);
    assert_eq!(ids(&local, "limit=200").await, Vec::<String>::new());
}

/// Nobody keeps a run from failing, or its incident from opening, by using up the key before.
#[tokio::test]
async fn a_key_that_is_taken_keeps_nothing_from_happening() {
    let api = Api::start();
    let (local, engine) = (api.local(), api.engine("builder").await);
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let (run, token) = claimed(&api, &engine, &room, "Backup").await;
    let keyed = local
        .clone()
        .header("idempotency-key", &format!("run_failed:{run}"));
    keyed.message(&thread, "mine").await;
    let body = json!({"claim_token": token});
    engine
        .post(&format!("/v1/runs/{run}/fail"), body)
        .await
        .expect(200);
    assert_eq!(
        ids(&local, &format!("run_id={run}")).await,
        [run.replace("run_", "inc_")]
    );
}

#[tokio::test]
async fn incidents_are_rebuilt_from_the_log() {
    let api = Api::start();
    let local = api.local();
    let made = history::write(&api, 1).await;
    history::incidents(&api, &made.rooms[0]).await;
    let id = open(&local, json!({"title": "last", "idempotency_key": "again"})).await;
    let look = "/v1/incidents?limit=200";
    let seen = local.get(look).await.expect(200);
    let automatic = |row: &Value| row["automatic"] == true;
    let rows = seen["incidents"].as_array().unwrap();
    assert!(
        rows.iter().any(automatic) && !rows.iter().all(automatic),
        "{seen}"
    );
    let stopped = api.stop().await;
    let live = projections(&stopped.data_dir);
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    assert!(report.unchanged(), "{report:?}");
    for name in ["incident", "incident_learning"] {
        let filled = |table: &rebuild::Table| table.name == name && table.rows > 0;
        assert!(report.tables.iter().any(filled), "{report:?}");
    }
    assert_eq!(projections(&stopped.data_dir), live);
    let api = Api::start_again(stopped);
    assert_eq!(api.local().get(look).await.expect(200), seen);
    let again = json!({"title": "x", "idempotency_key": "again"});
    let again = api.local().post("/v1/incidents", again).await.expect(200);
    assert_eq!(again["incident_id"], id.as_str(), "keys are kept too");
}

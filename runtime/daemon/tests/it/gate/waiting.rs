//! Runs that wait for the owner, with a real worker.

use super::{approval, decide, events, switch, text};
use crate::support::{Api, Http, Watched, Worker, eventually};
use serde_json::{Value, json};

/// Creates a run with this input as `http` does, and watches it.
async fn create(api: &Api, http: &Http, input: Value) -> (Watched, Value) {
    let room_id = http.room("runs").await;
    let body = json!({"room_id": room_id, "input": input});
    let created = http.post("/v1/runs", body).await.expect(201);
    let run_id = text(&created, "run_id");
    (Watched::of(api, &room_id, &run_id).await, created)
}

fn touch(marker: &std::path::Path) -> Value {
    json!({"command": {"argv": ["touch", marker.to_str().unwrap()]}})
}

#[tokio::test]
async fn a_command_of_somebody_else_is_executed_once_it_is_approved() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let local = api.local();
    let marker = api.data_dir.join("marker");
    let (mut run, created) = create(&api, &local, touch(&marker)).await;
    let waits = run.until("run.waiting").await;
    let id = text(&waits, "approval_id");
    assert_eq!(created["waiting_approval_id"], id.as_str());
    // The next run is not held up, and by then the worker has looked at both.
    let (mut next, _) = create(&api, &local, json!({})).await;
    next.until("run.completed").await;
    assert!(!marker.exists());
    let card = approval(&local, &id).await;
    assert_eq!(card["action"], "command.execute");
    assert_eq!(card["run_id"], run.run_id.as_str());
    assert_eq!(
        card["payload"]["argv"],
        json!(["touch", marker.to_str().unwrap()])
    );
    decide(&api, &id, json!({"decision": "approve"})).await;
    run.until("run.completed").await;
    assert!(marker.exists());
    assert_eq!(
        run.types,
        [
            "run.created",
            "policy.requires_approval",
            "approval.requested",
            "run.waiting",
            "approval.decided",
            "run.approved",
            "approval.consumed",
            "run.claimed",
            "run.started",
            "step.created",
            "tool.invoked",
            "tool.succeeded",
            "run.completed"
        ]
    );
    let row = local
        .get(&format!("/v1/runs/{}", run.run_id))
        .await
        .expect(200);
    assert_eq!(
        json!([
            row["run"]["by_owner"],
            row["run"]["approval_id"],
            row["run"]["attempt_no"]
        ]),
        json!([false, id, 1])
    );
    let path = format!("/v1/events?run_id={}&limit=200", run.run_id);
    let story = local.get(&path).await.expect(200);
    let first = &story["events"][0]["correlation_id"];
    for event in story["events"].as_array().unwrap() {
        assert_eq!(&event["correlation_id"], first, "one correlation: {event}");
    }
}

#[tokio::test]
async fn a_command_that_is_denied_never_runs() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let marker = api.data_dir.join("marker");
    let (mut run, created) = create(&api, &api.local(), touch(&marker)).await;
    let id = text(&created, "waiting_approval_id");
    decide(
        &api,
        &id,
        json!({"decision": "deny", "reason": "Not today."}),
    )
    .await;
    let end = run.until("run.failed").await;
    assert_eq!(end["error"]["code"], "approval_denied");
    assert!(text(&end, "message").contains("Not today."));
    // Also an engine's run is somebody else's.
    let engine = api.engine("builder").await;
    let (_, created) = create(&api, &engine, touch(&marker)).await;
    assert!(created["waiting_approval_id"].is_string());
    assert!(!marker.exists());
}

#[tokio::test]
async fn a_request_of_a_run_waits_and_goes_on_by_itself() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let local = api.local();
    let egress = json!({"action": "external.write", "target_url": "https://api.example.com/x", "method": "POST"});
    let input = json!({"runtime": {"egress": egress}});
    let (mut run, _) = create(&api, &local, input.clone()).await;
    let waits = run.until("run.waiting").await;
    let id = text(&waits, "approval_id");
    let queued = local
        .get(&format!("/v1/runs/{}", run.run_id))
        .await
        .expect(200);
    assert_eq!(
        json!([
            queued["run"]["status"],
            queued["run"]["waiting_approval_id"],
            queued["run"]["lease_expires_at"]
        ]),
        json!(["queued", id, null])
    );
    decide(&api, &id, json!({"decision": "approve"})).await;
    let end = run.until("run.completed").await;
    assert_eq!(end["output"]["approval_id"], id.as_str());
    assert_eq!(end["output"]["decision"], "allow");
    assert!(run.types.contains(&"egress.allowed".to_owned()));
    let calls = local
        .get(&format!("/v1/toolcalls?run_id={}", run.run_id))
        .await
        .expect(200);
    assert_eq!(calls["tool_calls"][0]["tool_name"], "egress.request");
    let (mut second, _) = create(&api, &local, input.clone()).await;
    let waits = second.until("run.waiting").await;
    assert_ne!(waits["approval_id"], id.as_str(), "the second asks again");
    decide(
        &api,
        &text(&waits, "approval_id"),
        json!({"decision": "deny"}),
    )
    .await;
    let end = second.until("run.failed").await;
    assert_eq!(end["error"]["code"], "approval_denied");

    let shadow = json!({"mode": "shadow"});
    api.owner()
        .post("/v1/policy/mode", shadow)
        .await
        .expect(200);
    let (mut watched, _) = create(&api, &local, input).await;
    let end = watched.until("run.completed").await;
    assert_eq!(
        end["output"]["decision"], "require_approval",
        "only watched"
    );
}

#[tokio::test]
async fn the_kill_switch_stops_the_worker() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let (owner, local) = (api.owner(), api.local());
    switch(&api, true).await;
    let marker = api.data_dir.join("marker");
    for (http, input) in [
        (&owner, touch(&marker)),
        (&local, touch(&marker)),
        (
            &owner,
            json!({"runtime": {"egress": {"target_url": "https://a.test/"}}}),
        ),
    ] {
        let (mut run, _) = create(&api, http, input).await;
        let end = run.until("run.failed").await;
        assert_eq!(end["error"]["code"], "kill_switch_active");
    }
    let (mut run, _) = create(&api, &local, json!({})).await;
    run.until("run.completed").await;
    assert!(!marker.exists());
    switch(&api, false).await;
    let (mut run, _) = create(&api, &owner, touch(&marker)).await;
    run.until("run.completed").await;
    assert!(marker.exists());
}

#[tokio::test]
async fn a_run_that_is_cancelled_while_it_waits_closes_its_card() {
    let api = Api::start();
    let local = api.local();
    let (_, created) = create(&api, &local, json!({"command": {"argv": ["ls"]}})).await;
    let (run_id, id) = (
        text(&created, "run_id"),
        text(&created, "waiting_approval_id"),
    );
    local
        .post(&format!("/v1/runs/{run_id}/start"), json!({}))
        .await
        .refused(409, "run_waiting_for_approval");
    local
        .post(&format!("/v1/runs/{run_id}/cancel"), json!({}))
        .await
        .expect(200);
    let closed = approval(&local, &id).await;
    assert_eq!(
        json!([closed["status"], closed["ended_by"]]),
        json!(["expired", "run_ended"])
    );
    let waiting = local.get("/v1/approvals?status=pending").await.expect(200);
    assert_eq!(waiting["waiting"], json!({"pending": 0, "held": 0}));
}

/// What an approval that stays allows goes without asking, until it is taken back.
#[tokio::test]
async fn an_approval_that_stays_allows_the_same_command_again() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let local = api.local();
    let room_id = local.room("runs").await;
    let body = json!({"room_id": room_id, "input": {"command": {"argv": ["true"]}}});
    let first = local.post("/v1/runs", body.clone()).await.expect(201);
    let id = text(&first, "waiting_approval_id");
    decide(
        &api,
        &id,
        json!({"decision": "approve", "scope": {"type": "room"}}),
    )
    .await;
    for run in [
        first,
        local.post("/v1/runs", body.clone()).await.expect(201),
    ] {
        let run_id = text(&run, "run_id");
        let look = async || {
            let row = local.get(&format!("/v1/runs/{run_id}")).await.expect(200)["run"].take();
            (row["status"] == "succeeded").then_some(row)
        };
        let row = eventually("it is executed", look).await;
        assert_eq!(row["approval_id"], id.as_str());
    }
    let revoke = format!("/v1/approvals/{id}/revoke");
    api.owner().post(&revoke, json!({})).await.expect(200);
    let third = local.post("/v1/runs", body).await.expect(201);
    assert_ne!(third["waiting_approval_id"], id.as_str());
    assert!(events(&api, "approval.consumed").await.is_empty());
}

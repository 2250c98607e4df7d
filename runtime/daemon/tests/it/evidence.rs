//! Evidence of runs over HTTP: made when they end, whoever ends them, and proven by the log itself.

use crate::support::{Api, Http};
use kernel::canonical;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn sha256(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}

async fn evidence(http: &Http, run: &str) -> Value {
    let reply = http.get(&format!("/v1/runs/{run}/evidence")).await;
    reply.expect(200)["evidence"].clone()
}

async fn started(http: &Http, room: &str) -> String {
    let run = http.run(room).await;
    let path = format!("/v1/runs/{run}/start");
    http.post(&path, json!({})).await.expect(200);
    run
}

async fn end(http: &Http, run: &str, how: &str) {
    let path = format!("/v1/runs/{run}/{how}");
    http.post(&path, json!({})).await.expect(200);
}

/// Checks a manifest against the log, event by event.
async fn assert_proven(http: &Http, evidence: &Value) {
    let pointers = evidence["manifest"]["events"].as_array().unwrap();
    let mut hashes = Vec::new();
    let mut last_seq = 0;
    for pointer in pointers {
        let path = format!("/v1/events/{}", pointer["event_id"].as_str().unwrap());
        let event = http.get(&path).await.expect(200)["event"].clone();
        for member in ["event_type", "occurred_at", "stream_seq", "event_hash"] {
            assert_eq!(pointer[member], event[member], "{pointer}");
        }
        assert_eq!(event["run_id"], evidence["run_id"]);
        assert_eq!(event["stream_id"], evidence["stream_id"]);
        let seq = pointer["stream_seq"].as_u64().unwrap();
        assert!(seq > last_seq, "in the order of numbers: {pointers:?}");
        last_seq = seq;
        hashes.push(pointer["event_hash"].as_str().unwrap());
    }
    assert_eq!(evidence["event_count"], hashes.len());
    assert_eq!(evidence["from_seq"], pointers[0]["stream_seq"]);
    assert_eq!(evidence["to_seq"], last_seq);
    assert_eq!(evidence["event_hash_root"], sha256(&hashes.join("\n")));
    let canonical = canonical::to_string(&evidence["manifest"]);
    assert_eq!(evidence["manifest_hash"], sha256(&canonical));
}

#[tokio::test]
async fn a_run_that_ends_leaves_its_evidence() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let run = started(&local, &room).await;
    let path = format!("/v1/runs/{run}/evidence");
    local.get(&path).await.refused(404, "evidence_not_found");
    let finalize = format!("{path}/finalize");
    let reply = local.post(&finalize, json!({})).await;
    reply.refused(409, "run_not_ended");
    let step = local
        .post(&format!("/v1/runs/{run}/steps"), json!({"kind": "task"}))
        .await
        .expect(201)["step_id"]
        .clone();
    let steps = format!("/v1/steps/{}", step.as_str().unwrap());
    let call = json!({"tool_name": "t"});
    let call = local.post(&format!("{steps}/toolcalls"), call).await;
    let call = call.expect(201)["tool_call_id"].clone();
    let artifact = json!({"kind": "report"});
    let artifact = local.post(&format!("{steps}/artifacts"), artifact).await;
    let artifact = artifact.expect(201)["artifact_id"].clone();
    end(&local, &run, "complete").await;

    let made = evidence(&local, &run).await;
    assert_proven(&local, &made).await;
    assert_eq!(made["evidence_id"], run.replace("run_", "evd_"));
    assert_eq!(made["run_status"], "succeeded");
    assert_eq!(made["manifest"]["steps"], json!([step]));
    assert_eq!(made["manifest"]["tool_calls"], json!([call]));
    assert_eq!(made["manifest"]["artifacts"], json!([artifact]));
    let events = local
        .get(&format!("/v1/events?run_id={run}"))
        .await
        .expect(200);
    let types: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "run.created",
            "run.started",
            "step.created",
            "tool.invoked",
            "artifact.created",
            "tool.failed",
            "run.completed",
            "evidence.manifest.created"
        ]
    );
    let event = &events["events"][7];
    assert_eq!(event["actor_id"], "signalbox");
    assert_eq!(event["causation_id"], events["events"][6]["event_id"]);
    assert_eq!(event["data"]["manifest"], made["manifest"]);
    let detail = format!("/v1/events/{}", event["event_id"].as_str().unwrap());
    let detail = local.get(&detail).await.expect(200);
    let key = format!("evidence_manifest:{run}");
    assert_eq!(detail["event"]["idempotency_key"], key);

    let again = local.post(&finalize, json!({})).await.expect(200);
    assert_eq!(again, json!({"created": false, "evidence": made}));
    assert_eq!(evidence(&local, &run).await, made);
}

#[tokio::test]
async fn every_way_out_leaves_evidence() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let room = local.room("room").await;
    let failed = started(&local, &room).await;
    end(&local, &failed, "fail").await;
    let cancelled = local.run(&room).await;
    end(&local, &cancelled, "cancel").await;
    let command = json!({"room_id": room, "input": {"command": {"argv": ["true"]}}});
    let denied = local.post("/v1/runs", command).await.expect(201);
    let approval = denied["waiting_approval_id"].as_str().unwrap();
    let path = format!("/v1/approvals/{approval}/decide");
    let deny = json!({"decision": "deny"});
    owner.post(&path, deny).await.expect(200);
    let denied = denied["run_id"].as_str().unwrap();
    for (run, status) in [
        (failed.as_str(), "failed"),
        (&cancelled, "cancelled"),
        (denied, "failed"),
    ] {
        let made = evidence(&local, run).await;
        assert_eq!(made["run_status"], status, "{run}");
        assert_proven(&local, &made).await;
    }
}

/// Numbers of more digits come later, also 10 after 9 and 100 after 99.
#[tokio::test]
async fn runs_across_nine_and_ninety_nine_have_evidence() {
    let api = Api::start();
    let local = api.local();
    for before in [5, 6, 7, 8, 95, 96, 97, 98] {
        let room = local.room("room").await;
        let thread = local.thread(&room).await;
        for _ in 2..before {
            local.message(&thread, "hello").await;
        }
        let run = started(&local, &room).await;
        end(&local, &run, "complete").await;
        let made = evidence(&local, &run).await;
        assert_proven(&local, &made).await;
        let seqs = [&made["from_seq"], &made["to_seq"]];
        assert_eq!(json!(seqs), json!([before + 1, before + 3]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_ends_at_once_are_one_end_and_one_manifest() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    for _ in 0..4 {
        let run = started(&local, &room).await;
        let mut work = tokio::task::JoinSet::new();
        for client in 0..16 {
            let how = ["complete", "fail", "evidence/finalize"][client % 3];
            let (http, path) = (local.clone(), format!("/v1/runs/{run}/{how}"));
            work.spawn(async move { http.post(&path, json!({})).await });
        }
        let replies = work.join_all().await;
        for reply in &replies {
            assert!([200, 409].contains(&reply.status), "{}", reply.text);
        }
        for (types, count) in [
            ("run.completed,run.failed", 1),
            ("evidence.manifest.created", 1),
        ] {
            let path = format!("/v1/events?run_id={run}&event_types={types}");
            let found = local.get(&path).await.expect(200);
            assert_eq!(found["events"].as_array().unwrap().len(), count, "{types}");
        }
        let made = evidence(&local, &run).await;
        assert_proven(&local, &made).await;
    }
}

#[tokio::test]
async fn evidence_of_other_workspaces_does_not_exist() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let foreign = owner.clone().workspace("ws_b");
    let room = foreign.room("elsewhere").await;
    let run = started(&foreign, &room).await;
    end(&foreign, &run, "complete").await;
    evidence(&foreign, &run).await;
    for run in [run.as_str(), "run_nowhere"] {
        let path = format!("/v1/runs/{run}/evidence");
        for who in [&owner, &local] {
            who.get(&path).await.refused(404, "evidence_not_found");
            let finalize = format!("{path}/finalize");
            who.post(&finalize, json!({}))
                .await
                .refused(404, "run_not_found");
        }
    }
}

/// A run that ended before there was evidence gets it when somebody asks for it.
#[tokio::test]
async fn a_run_of_before_is_finalized_on_demand() {
    let api = Api::start();
    let room = api.local().room("room").await;
    let run = started(&api.local(), &room).await;
    end(&api.local(), &run, "complete").await;
    let stopped = api.stop().await;
    // As an older log has it: its last event is the end of the run.
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER event_no_delete;
             DELETE FROM evidence;
             DELETE FROM event WHERE position = (SELECT max(position) FROM event);
             UPDATE stream SET head_seq = head_seq - 1,
               head_hash = (SELECT hash FROM event ORDER BY position DESC LIMIT 1) WHERE stream_type = 'room';
             CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE (ABORT, 'events are append-only'); END;",
        )
        .unwrap();
    drop(database);

    let api = Api::start_again(stopped);
    let local = api.local();
    let path = format!("/v1/runs/{run}/evidence");
    local.get(&path).await.refused(404, "evidence_not_found");
    let reply = local.post(&format!("{path}/finalize"), json!({})).await;
    let made = reply.expect(201);
    assert_eq!(made["created"], true);
    assert_proven(&local, &made["evidence"]).await;
    assert_eq!(made["evidence"]["manifest"]["counts"]["events"], 3);
    let newest = local.get("/v1/events?order=desc&limit=1").await.expect(200);
    assert_eq!(newest["events"][0]["actor_id"], "anon", "whoever asked");
}

/// A key is a text that anybody may send: one that somebody used up keeps nothing from being proven.
#[tokio::test]
async fn a_key_that_is_taken_keeps_no_evidence_away() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let run = started(&local, &room).await;
    let body =
        json!({"title": "t", "run_id": run, "idempotency_key": format!("evidence_manifest:{run}")});
    local.post("/v1/incidents", body).await.expect(201);
    end(&local, &run, "complete").await;
    assert_proven(&local, &evidence(&local, &run).await).await;
}

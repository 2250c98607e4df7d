//! A file that an older Signalbox wrote is brought up to date when it is opened.

use crate::support::{Api, history, projections};
use daemon::store::rebuild;
use rusqlite::Connection;
use serde_json::json;

/// What came with the board and later, and the version before it.
pub const BOARD: &str = "
DROP TABLE topic;
DROP TABLE topic_grant;
DROP TABLE topic_agent;
DROP TABLE topic_key;
DROP TABLE topic_app;
DROP TABLE topic_public_key;
DROP TABLE topic_claim;
DROP TABLE topic_claim_token;
DROP TABLE log_epoch;
DROP TABLE advertisement;
DROP TABLE channel_message;
DROP TABLE task;
DROP TABLE task_lease;
DROP TABLE presence;
DROP TABLE file;
DROP INDEX scope_channel;
ALTER TABLE scope DROP COLUMN channel;
PRAGMA user_version = 14;
";

/// What came with the review of work and after it, and the version before.
const REVIEW: &str = "
DROP INDEX run_claimable_room;
DROP INDEX tool_call_open;
ALTER TABLE tool_call DROP COLUMN output_events;
DROP TABLE evidence;
DROP TABLE experiment;
DROP TABLE scorecard;
DROP TABLE pipeline_item;
DROP TABLE pipeline_stage;
DROP INDEX run_experiment;
DROP INDEX run_experiment_newest;
DROP INDEX run_experiment_active;
ALTER TABLE run DROP COLUMN experiment_id;
DROP TABLE artifact_object;
DROP INDEX egress_request_open;
DROP INDEX egress_request_response;
DROP INDEX egress_request_run;
ALTER TABLE egress_request DROP COLUMN perform;
ALTER TABLE egress_request DROP COLUMN progress;
ALTER TABLE egress_request DROP COLUMN outcome;
ALTER TABLE egress_request DROP COLUMN response_blob;
ALTER TABLE egress_request DROP COLUMN ended_at;
ALTER TABLE egress_request DROP COLUMN last_event_id;
PRAGMA user_version = 9;
";

/// What the first schema did not have, beside that.
const LATER: &str = "
DROP TABLE blob_upload;
DROP INDEX event_causation;
DROP TABLE event_span;
DROP TABLE search_progress;
DROP TABLE approval;
DROP TABLE approval_waiter;
DROP TABLE policy_setting;
DROP TABLE egress_request;
DROP TABLE read_cursor;
DROP TABLE agent;
DROP TABLE capability;
ALTER TABLE engine DROP COLUMN metadata;
ALTER TABLE engine DROP COLUMN updated_at;
ALTER TABLE engine DROP COLUMN deactivated_at;
ALTER TABLE engine DROP COLUMN deactivated_reason;
ALTER TABLE engine_token DROP COLUMN capability_token_id;
ALTER TABLE engine_token DROP COLUMN token_label;
DROP TABLE owner;
DROP TABLE resource_label;
DROP TABLE session;
CREATE TABLE session (digest BLOB PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
DROP TABLE incident;
DROP TABLE incident_learning;
ALTER TABLE actor DROP COLUMN first_seen_at;
DROP INDEX run_claimable;
DROP INDEX run_unfinished;
ALTER TABLE run DROP COLUMN names_command;
ALTER TABLE run DROP COLUMN waits;
ALTER TABLE run DROP COLUMN waiting_approval_id;
ALTER TABLE run DROP COLUMN approval_id;
CREATE INDEX run_queued ON run (workspace_id, created_position) WHERE status = 'queued' AND observed = 0;
PRAGMA user_version = 1;
";

#[tokio::test]
async fn the_first_schema_is_brought_up_to_date() {
    let api = Api::start();
    let made = history::write(&api, 3).await;
    let run = json!({"room_id": made.rooms[0], "input": {"command": {"argv": ["true"]}}});
    api.owner().post("/v1/runs", run).await.expect(201);
    let engine = api.engine("old").await;
    let local = api.local();
    let log = local.get("/v1/events?limit=200").await.expect(200);
    let middle = log["events"][150]["occurred_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let cause = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|event| event["causation_id"].as_str())
        .unwrap()
        .to_owned();
    let ended = local.get("/v1/runs?status=succeeded").await.expect(200);
    let ended = ended["runs"][0]["run_id"].as_str().unwrap().to_owned();
    let evidence = format!("/v1/runs/{ended}/evidence");
    let queries = [
        format!("/v1/events?from={middle}&limit=200"),
        format!("/v1/events?to={middle}&order=desc&limit=200"),
        format!("/v1/events?causation_id={cause}"),
        "/v1/artifacts?limit=200".to_owned(),
        evidence,
        // Brings the index to the end of the log, where the first schema always had it.
        "/v1/search?q=report&limit=100".to_owned(),
    ];
    let mut before = Vec::new();
    for query in &queries {
        before.push(local.get(query).await.expect(200));
    }
    assert!(api.head().await > 512, "spans are noted");
    let stopped = api.stop().await;
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    database.execute_batch(BOARD).unwrap();
    database.execute_batch(REVIEW).unwrap();
    database.execute_batch(LATER).unwrap();
    drop(database);

    let api = Api::start_again(stopped);
    for (query, before) in queries.iter().zip(before) {
        assert_eq!(api.local().get(query).await.expect(200), before, "{query}");
    }
    // A token of then has no capability, and may do what it could.
    let engine = engine.at(&api.url);
    let claimed = engine.post("/v1/runs/claim", json!({})).await.expect(200);
    assert_eq!(claimed["claimed"], true);
    let stopped = api.stop().await;
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    // An older Signalbox granted no capabilities and opened no incidents; this log has some, and a
    // rebuild finds them.
    let changed = report.tables.iter().filter(|table| !table.unchanged);
    let mut changed: Vec<&str> = changed.map(|table| table.name).collect();
    changed.sort();
    assert_eq!(
        changed,
        ["capability", "incident", "pipeline_item"],
        "{report:?}"
    );
    let spans = |table: &rebuild::Table| table.name == "event_span" && table.rows >= 2;
    assert!(report.tables.iter().any(spans), "{report:?}");
}

/// A file of before there was a pipeline is given one: the same that would have grown.
#[tokio::test]
async fn a_pipeline_made_at_once_is_the_one_that_grew() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    history::gate(&api, &made.rooms[0]).await;
    let stopped = api.stop().await;
    let live = projections(&stopped.data_dir);
    let items = |rows: &[String]| {
        let items = rows.iter().filter(|row| row.starts_with("pipeline_item"));
        items.cloned().collect::<Vec<_>>()
    };
    assert!(items(&live).len() > 15, "{:?}", items(&live));
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    database.execute_batch(BOARD).unwrap();
    database.execute_batch(REVIEW).unwrap();
    drop(database);

    let stopped = Api::start_again(stopped).stop().await;
    assert_eq!(items(&projections(&stopped.data_dir)), items(&live));
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    assert!(report.unchanged(), "{report:?}");
}

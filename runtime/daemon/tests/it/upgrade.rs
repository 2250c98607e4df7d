//! A file that an older Signalbox wrote is brought up to date when it is opened.

use crate::support::{Api, history};
use daemon::store::rebuild;
use rusqlite::Connection;
use serde_json::json;

/// What the first schema did not have.
const LATER: &str = "
DROP TABLE blob_upload;
DROP INDEX event_causation;
DROP TABLE event_span;
DROP TABLE search_progress;
DROP TABLE approval;
DROP TABLE approval_waiter;
DROP TABLE policy_setting;
DROP TABLE egress_request;
DROP TABLE agent;
DROP TABLE capability;
ALTER TABLE engine DROP COLUMN metadata;
ALTER TABLE engine DROP COLUMN updated_at;
ALTER TABLE engine DROP COLUMN deactivated_at;
ALTER TABLE engine DROP COLUMN deactivated_reason;
ALTER TABLE engine_token DROP COLUMN capability_token_id;
ALTER TABLE engine_token DROP COLUMN token_label;
ALTER TABLE actor DROP COLUMN first_seen_at;
DROP INDEX run_claimable;
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
    let queries = [
        format!("/v1/events?from={middle}&limit=200"),
        format!("/v1/events?to={middle}&order=desc&limit=200"),
        format!("/v1/events?causation_id={cause}"),
        "/v1/artifacts?limit=200".to_owned(),
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
    // The log of this test has capabilities; that of an older Signalbox had none to make rows of.
    let as_before = |table: &rebuild::Table| table.unchanged || table.name == "capability";
    assert!(report.tables.iter().all(as_before), "{report:?}");
    let spans = |table: &rebuild::Table| table.name == "event_span" && table.rows >= 2;
    assert!(report.tables.iter().any(spans), "{report:?}");
}

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
DROP TABLE read_cursor;
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
    let stopped = api.stop().await;
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    // An older Signalbox opened no incidents; this log has some, and a rebuild finds them.
    let changed = report.tables.iter().filter(|table| !table.unchanged);
    let changed: Vec<&str> = changed.map(|table| table.name).collect();
    assert_eq!(changed, ["incident"], "{report:?}");
    let spans = |table: &rebuild::Table| table.name == "event_span" && table.rows >= 2;
    assert!(report.tables.iter().any(spans), "{report:?}");
}

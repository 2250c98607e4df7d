//! The projections of a data directory as they lie on the disk.

use rusqlite::Connection;
use std::path::Path;

/// Every row of every table that is not the log, as text.
pub fn projections(data_dir: &Path) -> Vec<String> {
    let database = Connection::open(data_dir.join("signalbox.db")).unwrap();
    let mut rows = Vec::new();
    for table in [
        "room",
        "thread",
        "message",
        "run",
        "run_attempt",
        "step",
        "tool_call",
        "artifact",
        "redaction",
        "engine",
        "approval",
        "approval_waiter",
        "policy_setting",
        "egress_request",
        "agent",
        "capability",
        "evidence",
        "experiment",
        "scorecard",
        "pipeline_item",
        "pipeline_stage",
        "incident",
        "incident_learning",
        "channel_message",
        "task",
    ] {
        let mut select = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut found = select.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<String> = (0..columns)
                .map(|column| format!("{:?}", row.get_ref(column).unwrap()))
                .collect();
            rows.push(format!("{table}: {}", values.join(", ")));
        }
    }
    rows
}

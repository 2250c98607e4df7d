//! One file a table: its DDL, what projects into it, and what reads from it.
//!
//! Projections can be rebuilt from the log. Leases, engine tokens, keys, owners, sessions, read cursors,
//! presence, upload tickets, file and blob rows cannot: they hold secrets, move with a clock, are of a reader, or
//! describe files, so they live beside it.

pub mod advertisement;
pub mod agent;
pub mod approval;
pub mod approval_list;
pub mod artifact;
pub mod artifact_object;
pub mod blob;
pub mod capability;
pub mod channel_list;
pub mod channel_message;
pub mod egress_request;
pub mod engine;
pub mod engine_token;
pub mod event_span;
pub mod evidence;
pub mod experiment;
pub mod file;
pub mod incident;
pub mod incident_list;
pub mod lease;
pub mod message;
pub mod owner;
pub mod pipeline;
pub mod pipeline_item;
mod pipeline_part;
pub mod policy_setting;
pub mod presence;
pub mod principal;
pub mod probe;
pub mod read_cursor;
pub mod redaction;
pub mod resource_label;
pub mod room;
pub mod run;
pub mod run_attempt;
pub mod run_list;
pub mod scorecard;
pub mod search;
pub mod session;
pub mod stale_work;
pub mod step;
pub mod task;
pub mod task_lease;
pub mod thread;
pub mod tool_call;
pub mod topic;
pub mod topic_app;
pub mod topic_claim;
pub mod topic_key;
pub mod topic_public_key;

/// What the gate keeps: its tables, and what older ones know of it.
pub(super) const GATE: [&str; 5] = [
    approval::DDL,
    policy_setting::DDL,
    egress_request::DDL,
    principal::MIGRATION,
    run::MIGRATION,
];

/// Who may do what: agents, capabilities, and what older tables know of them.
pub(super) const AUTHORITY: [&str; 5] = [
    agent::DDL,
    capability::DDL,
    engine::MIGRATION,
    engine_token::MIGRATION,
    egress_request::MIGRATION,
];
/// How the owner signs in, and what its resources are.
pub(super) const SIGN_IN_AND_LABELS: [&str; 3] =
    [owner::DDL, session::MIGRATION, resource_label::DDL];
/// What the review of work keeps. Its pipeline is filled by [`pipeline_item::fill`].
pub(super) const REVIEW: [&str; 6] = [
    evidence::MIGRATION[0],
    evidence::MIGRATION[1],
    experiment::DDL,
    scorecard::DDL,
    run::EXPERIMENT_MIGRATION,
    pipeline_item::DDL,
];
/// What bounds a run, and leads a claim of some rooms to it.
pub(super) const RUN_BOUNDS: [&str; 2] = [tool_call::MIGRATION, run::CLAIM_MIGRATION];
/// What went wrong, and what was learned from it.
pub(super) const INCIDENTS: [&str; 2] = [incident::DDL, stale_work::INDEX];

/// Channels, tasks, files and who is there.
pub(super) const BOARD: [&str; 7] = [
    channel_message::SCOPE_MIGRATION,
    channel_message::DDL,
    channel_message::FILL,
    task::DDL,
    task_lease::DDL,
    presence::DDL,
    file::DDL,
];

/// Topics of the event bus, and the keys of those who speak there. Those that there are already are noted by
/// [`topic::fill`].
pub(super) const BUS: [&str; 4] = [
    topic::DDL,
    topic_key::DDL,
    topic::EPOCH_DDL,
    advertisement::DDL,
];

/// Who is who on the event bus.
pub(super) const IDENTITY: [&str; 3] = [topic_app::DDL, topic_public_key::DDL, topic_claim::DDL];

/// DDL of every table beside the log, as it was at first.
pub(super) const DDL: [&str; 16] = [
    room::DDL,
    thread::DDL,
    message::DDL,
    run::DDL,
    run_attempt::DDL,
    step::DDL,
    tool_call::DDL,
    artifact::DDL,
    redaction::DDL,
    engine::DDL,
    search::DDL,
    lease::DDL,
    engine_token::DDL,
    blob::DDL,
    session::DDL,
    probe::DDL,
];

/// Tables that a rebuild empties and fills again, each with a total order for comparing.
pub(super) const PROJECTIONS: [(&str, &str); 34] = [
    ("room", "room_id"),
    ("thread", "thread_id"),
    ("message", "thread, position"),
    ("run", "run_id"),
    ("run_attempt", "run_id, attempt_no"),
    ("step", "step_id"),
    ("tool_call", "tool_call_id"),
    ("artifact", "artifact_id"),
    ("redaction", "redaction_log_id"),
    ("engine", "engine_id"),
    ("event_span", "last_position"),
    ("approval", "approval_id"),
    ("approval_waiter", "approval_id, actor_type, actor_id"),
    ("policy_setting", "workspace_id, setting"),
    ("egress_request", "egress_request_id"),
    ("agent", "agent_id"),
    ("capability", "token_id"),
    ("resource_label", "workspace_id, resource_type, resource_id"),
    ("evidence", "evidence_id"),
    ("experiment", "experiment_id"),
    ("scorecard", "scorecard_id"),
    ("pipeline_item", "entity_type, entity_id"),
    ("pipeline_stage", "workspace_id, stage"),
    ("incident", "incident_id"),
    ("incident_learning", "learning_id"),
    ("channel_message", "position"),
    ("task", "task_id"),
    ("topic", "channel"),
    ("topic_grant", "channel, principal"),
    ("topic_agent", "agent"),
    ("advertisement", "channel"),
    ("topic_app", "name"),
    ("topic_public_key", "principal, key_name"),
    ("topic_claim", "claim_id"),
];

use kernel::Timestamp;
use rusqlite::Row;
use serde_json::Value;

/// A JSON value as its column keeps it.
fn json(value: &Option<Value>) -> Option<String> {
    value.as_ref().map(Value::to_string)
}

/// A JSON column.
fn value(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Value>> {
    let text: Option<String> = row.get(index)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| unreadable(index, "JSON")))
        .transpose()
}

/// A time column.
fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row
        .get::<_, Option<i64>>(index)?
        .map(Timestamp::from_millis))
}

fn unreadable(index: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        index,
        rusqlite::types::Type::Text,
        format!("not {what}").into(),
    )
}

//! The schema and its history. Migrations only go forward; a file from a newer Signalbox is
//! left alone.

use super::error::StartError;
use super::{open, table};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// `SBOX`: marks the file as ours.
const APPLICATION_ID: i32 = 0x5342_4f58;

/// The log itself. Names that repeat in every event are kept once and referred to by number;
/// an event's previous hash is that of the row before it in its stream, so it is not kept twice.
const LOG: &str = "
CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE stream (
  id INTEGER PRIMARY KEY, stream_type TEXT NOT NULL, stream_id TEXT NOT NULL, workspace_id TEXT NOT NULL,
  head_seq INTEGER NOT NULL, head_hash BLOB, head_at INTEGER NOT NULL, UNIQUE (stream_type, stream_id)
) STRICT;
CREATE TABLE scope (
  id INTEGER PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT, thread_id TEXT, run_id TEXT, step_id TEXT
) STRICT;
CREATE INDEX scope_thread ON scope (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX scope_run ON scope (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX scope_room ON scope (workspace_id, room_id);
CREATE TABLE actor (
  id INTEGER PRIMARY KEY, actor_type TEXT NOT NULL, actor_id TEXT NOT NULL, principal_id TEXT NOT NULL UNIQUE,
  UNIQUE (actor_type, actor_id)
) STRICT;
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream (id),
  seq INTEGER NOT NULL CHECK (seq > 0),
  type INTEGER NOT NULL REFERENCES event_type (id),
  scope INTEGER NOT NULL REFERENCES scope (id),
  actor INTEGER NOT NULL REFERENCES actor (id),
  occurred_at INTEGER NOT NULL,
  recorded_after INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  correlation ANY,
  causation ANY,
  flags INTEGER NOT NULL,
  data TEXT NOT NULL,
  contexts TEXT,
  idempotency_key TEXT,
  hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_seq ON event (stream, seq);
CREATE UNIQUE INDEX event_event_id ON event (event_id);
CREATE INDEX event_scope ON event (scope);
CREATE INDEX event_correlation ON event (correlation) WHERE correlation IS NOT NULL;
CREATE UNIQUE INDEX event_idempotency ON event (stream, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE (ABORT, 'events are append-only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE (ABORT, 'events are append-only'); END;
";

/// What an event led to: its effects name it as their cause.
const CAUSATION_INDEX: &str =
    "CREATE INDEX event_causation ON event (causation) WHERE causation IS NOT NULL;";

/// Every migration, oldest first; `user_version` counts those that a file has had.
fn migrations() -> Vec<Vec<&'static str>> {
    let mut first = vec![LOG];
    first.extend(table::DDL);
    let mut ways_into_the_log = vec![CAUSATION_INDEX];
    ways_into_the_log.extend(table::event_span::MIGRATION);
    vec![
        first,
        vec![table::blob::UPLOADS_DDL],
        ways_into_the_log,
        vec![table::search::PROGRESS_DDL],
        table::GATE.to_vec(),
        vec![table::read_cursor::DDL],
        table::AUTHORITY.to_vec(),
        table::SIGN_IN_AND_LABELS.to_vec(),
        table::INCIDENTS.to_vec(),
        table::REVIEW.to_vec(),
        vec![table::approval::MIGRATION],
        table::RUN_BOUNDS.to_vec(),
        vec![table::egress_request::PERFORM_MIGRATION],
        vec![table::artifact_object::DDL],
        table::BOARD.to_vec(),
        table::BUS.to_vec(),
        table::IDENTITY.to_vec(),
    ]
}

/// Version that this binary brings every file to.
pub fn schema_version() -> i64 {
    migrations().len() as i64
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a file of another program, or of a newer Signalbox. Reads only.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StartError> {
    let explain = |error| open::explain(path, error);
    let version = version(connection).map_err(explain)?;
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(explain)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(explain)?;
    if (version > 0 || tables > 0) && application != APPLICATION_ID {
        return Err(StartError::new(
            "database_damaged",
            format!("{} is a database of another program.", path.display()),
            "Choose another data directory with --data-dir.",
        ));
    }
    if version > schema_version() {
        return Err(StartError::new(
            "schema_too_new",
            format!(
                "The data was written by a newer Signalbox (schema {version}, this one knows {}).",
                schema_version()
            ),
            "Install the newer version again. Nothing was changed.",
        ));
    }
    Ok(())
}

/// Brings the schema up to date.
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), StartError> {
    let explain = |error| open::explain(path, error);
    let version = version(connection).map_err(explain)?;
    for (index, statements) in migrations()
        .into_iter()
        .enumerate()
        .skip(version.max(0) as usize)
    {
        let is_last = index as i64 + 1 == schema_version();
        let apply = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            statements
                .iter()
                .try_for_each(|sql| transaction.execute_batch(sql))?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", index as i64 + 1)?;
            // Made of rows of other tables, in whatever order those came to be.
            if is_last {
                table::pipeline_item::fill(&transaction)?;
                table::topic::fill(&transaction)?;
            }
            transaction.commit()
        };
        apply(connection).map_err(explain)?;
    }
    Ok(())
}

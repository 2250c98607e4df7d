//! Attempts of runs: who held a run, from when to when, and why no longer.

use super::time;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::RunClaimed;
use rusqlite::{Connection, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE run_attempt (
  run_id TEXT NOT NULL, attempt_no INTEGER NOT NULL, run_attempt_id TEXT NOT NULL, workspace_id TEXT NOT NULL, room_id TEXT NOT NULL,
  engine_id TEXT, actor_id TEXT NOT NULL, principal_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, released_at INTEGER, release_reason TEXT,
  PRIMARY KEY (run_id, attempt_no)
) STRICT, WITHOUT ROWID;
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunAttemptRow {
    pub run_id: String,
    pub attempt_no: u32,
    pub run_attempt_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub engine_id: Option<String>,
    pub actor_id: String,
    pub principal_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub released_at: Option<Timestamp>,
    pub release_reason: Option<String>,
    /// The same as `actor_id`, by the name that older clients know.
    pub claimed_by_actor_id: String,
    /// The same as `principal_id`, by the name that older clients know.
    pub actor_principal_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

pub(in crate::store) fn claimed(
    connection: &Connection,
    event: &Appended,
    data: &RunClaimed,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO run_attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL)";
    connection.prepare_cached(sql)?.execute(params![
        data.run_id,
        data.attempt_no,
        // The attempt is named after the event that began it.
        format!("rat_{}", event.event_id.replace('-', "")),
        event.scope.workspace_id,
        event.scope.room_id,
        data.engine_id,
        data.actor_id,
        event.principal_id,
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

/// Ends the attempt that is open, if there is one.
pub(in crate::store) fn ended(
    connection: &Connection,
    event: &Appended,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE run_attempt SET released_at = ?2, release_reason = ?3 WHERE run_id = ?1 AND released_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.run_id,
        event.occurred_at.millis(),
        reason
    ])?;
    Ok(())
}

impl Reader {
    /// The attempts of a run, oldest first.
    pub fn run_attempts(&self, run_id: &str) -> Result<Vec<RunAttemptRow>, StoreError> {
        let sql = "SELECT run_id, attempt_no, run_attempt_id, workspace_id, room_id, engine_id, actor_id, principal_id, claimed_at,
                     released_at, release_reason FROM run_attempt WHERE run_id = ?1 ORDER BY attempt_no";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([run_id], |row| {
            let claimed_at = Timestamp::from_millis(row.get(8)?);
            let released_at = time(row, 9)?;
            Ok(RunAttemptRow {
                run_id: row.get(0)?,
                attempt_no: row.get(1)?,
                run_attempt_id: row.get(2)?,
                workspace_id: row.get(3)?,
                room_id: row.get(4)?,
                engine_id: row.get(5)?,
                actor_id: row.get(6)?,
                principal_id: row.get(7)?,
                claimed_at,
                released_at,
                release_reason: row.get(10)?,
                claimed_by_actor_id: row.get(6)?,
                actor_principal_id: row.get(7)?,
                created_at: claimed_at,
                updated_at: released_at.unwrap_or(claimed_at),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

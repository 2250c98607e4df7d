//! Work that nobody moves on, found across approvals and runs; it keeps nothing of its own.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::incidents::{STALE_WORK, StaleKind, StaleWork};
use kernel::{Scope, Timestamp};
use rusqlite::{Connection, Row, params};

/// Runs that have not ended, in the order of their creation; it changes only when one begins or ends.
pub(in crate::store) const INDEX: &str =
    "CREATE INDEX run_unfinished ON run (created_position) WHERE status IN ('queued', 'running');";

const APPROVALS: &str = "SELECT approval_id, ifnull(title, action), workspace_id, mission_id, room_id, thread_id, run_id, step_id, correlation_id, last_event_id
  FROM approval AS work INDEXED BY approval_waiting
  WHERE status IN ('pending', 'held') AND updated_at < ?1 AND NOT EXISTS (
    SELECT 1 FROM incident WHERE entity_id = approval_id AND entity_type = 'approval' AND category = ?3 AND automatic AND created_position > work.updated_position)
  ORDER BY created_position LIMIT ?2";

/// A run moves with whatever happens in it, so its steps and its output count; what its waiting approval
/// says is said there.
const RUNS: &str = "SELECT run_id, title, workspace_id, mission_id, room_id, thread_id, run_id, NULL, correlation_id, last_event_id
  FROM run AS work INDEXED BY run_unfinished
  WHERE status IN ('queued', 'running') AND observed = 0 AND waiting_approval_id IS NULL AND updated_at < ?1 AND NOT EXISTS (
    SELECT 1 FROM incident WHERE entity_id = work.run_id AND entity_type = 'run' AND category = ?3 AND automatic AND created_position > work.updated_position)
  AND NOT EXISTS (
    SELECT 1 FROM scope JOIN event ON event.position = (SELECT max(newest.position) FROM event AS newest WHERE newest.scope = scope.id)
    WHERE scope.run_id = work.run_id AND event.occurred_at >= ?1)
  ORDER BY created_position LIMIT ?2";

/// Oldest first, approvals before runs.
pub(in crate::store) fn find(
    connection: &Connection,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<StaleWork>, StoreError> {
    let mut found = Vec::new();
    for (kind, sql) in [(StaleKind::Approval, APPROVALS), (StaleKind::Run, RUNS)] {
        let left = limit.saturating_sub(found.len() as u32);
        let mut select = connection.prepare_cached(sql)?;
        let rows = select.query_map(params![before.millis(), left, STALE_WORK], |row| {
            work(kind, row)
        })?;
        found.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

fn work(kind: StaleKind, row: &Row<'_>) -> rusqlite::Result<StaleWork> {
    Ok(StaleWork {
        kind,
        id: row.get(0)?,
        title: row.get(1)?,
        place: Scope {
            workspace_id: row.get(2)?,
            mission_id: row.get(3)?,
            room_id: row.get(4)?,
            thread_id: row.get(5)?,
            run_id: row.get(6)?,
            step_id: row.get(7)?,
            channel: None,
        },
        correlation_id: row.get(8)?,
        last_event_id: row.get(9)?,
    })
}

impl Reader {
    /// Whether anything has not moved since `before` that no incident tells of.
    pub fn has_stale_work(&self, before: Timestamp) -> Result<bool, StoreError> {
        Ok(!find(&self.connection, before, 1)?.is_empty())
    }
}

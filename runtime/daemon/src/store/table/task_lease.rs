//! Leases on claimed tasks. Beside the log: they move with every heartbeat.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::board::TaskLease;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE task_lease (task_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, lease_s INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX task_lease_expires ON task_lease (expires_at);
";

/// Grants or extends.
pub(in crate::store) fn put(connection: &Connection, lease: &TaskLease) -> Result<(), StoreError> {
    let sql = "INSERT INTO task_lease VALUES (?1, ?2, ?3, ?4) ON CONFLICT (task_id) DO UPDATE SET attempt = ?2, lease_s = ?3, expires_at = ?4";
    connection.prepare_cached(sql)?.execute(params![
        lease.task_id,
        lease.attempt,
        lease.lease_s,
        lease.expires_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn end(connection: &Connection, task_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM task_lease WHERE task_id = ?1")?
        .execute([task_id])?;
    Ok(())
}

pub(in crate::store) fn get(
    connection: &Connection,
    task_id: &str,
) -> Result<Option<TaskLease>, StoreError> {
    let sql = "SELECT task_id, attempt, lease_s, expires_at FROM task_lease WHERE task_id = ?1";
    let lease = connection.prepare_cached(sql)?.query_row([task_id], |row| {
        Ok(TaskLease {
            task_id: row.get(0)?,
            attempt: row.get(1)?,
            lease_s: row.get(2)?,
            expires_at: Timestamp::from_millis(row.get(3)?),
        })
    });
    Ok(lease.optional()?)
}

pub(in crate::store) fn expired(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT task_id FROM task_lease WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![now.millis(), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Reader {
    /// When the next claim of a task runs out; `None` when none has a lease.
    pub fn next_task_expiry(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(expires_at) FROM task_lease";
        let mut select = self.connection.prepare_cached(sql)?;
        let millis: Option<i64> = select.query_row([], |row| row.get(0))?;
        Ok(millis.map(Timestamp::from_millis))
    }
}

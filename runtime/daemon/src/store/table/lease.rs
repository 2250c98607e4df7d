//! Leases on runs. Beside the log: they hold a token's digest and move with every heartbeat.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::state::Lease;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE lease (
  run_id TEXT PRIMARY KEY, attempt_no INTEGER NOT NULL, token_digest BLOB NOT NULL, engine_id TEXT,
  expires_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_expires ON lease (expires_at);
";

/// Grants or extends.
pub(in crate::store) fn put(
    connection: &Connection,
    lease: &Lease,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO lease VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (run_id) DO UPDATE SET
                 attempt_no = ?2, token_digest = ?3, engine_id = ?4, expires_at = ?5, heartbeat_at = ?6";
    connection.prepare_cached(sql)?.execute(params![
        lease.run_id,
        lease.attempt_no,
        lease.token_digest,
        lease.engine_id,
        lease.expires_at.millis(),
        now.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn end(connection: &Connection, run_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM lease WHERE run_id = ?1")?
        .execute([run_id])?;
    Ok(())
}

pub(in crate::store) fn get(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<Lease>, StoreError> {
    let sql = "SELECT run_id, attempt_no, token_digest, engine_id, expires_at FROM lease WHERE run_id = ?1";
    let lease = connection.prepare_cached(sql)?.query_row([run_id], |row| {
        Ok(Lease {
            run_id: row.get(0)?,
            attempt_no: row.get(1)?,
            token_digest: row.get(2)?,
            engine_id: row.get(3)?,
            expires_at: Timestamp::from_millis(row.get(4)?),
        })
    });
    Ok(lease.optional()?)
}

pub(in crate::store) fn expired(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT run_id FROM lease WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
    )?;
    let rows = select.query_map(params![now.millis(), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Reader {
    /// When the next lease runs out; `None` when nothing is leased.
    pub fn next_lease_expiry(&self) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(expires_at) FROM lease")?
            .query_row([], |row| row.get(0))?;
        Ok(millis.map(Timestamp::from_millis))
    }
}

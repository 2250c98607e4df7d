//! Which blobs are stored; the bytes are files.

use crate::store::error::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE blob (blob TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

pub(in crate::store) fn size(
    connection: &Connection,
    blob: &str,
) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT size_bytes FROM blob WHERE blob = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([blob], |row| row.get(0))
        .optional()?)
}

/// Notes a stored blob; again is fine.
pub fn put(
    connection: &Connection,
    blob: &str,
    size_bytes: u64,
    now: kernel::Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO blob VALUES (?1, ?2, ?3) ON CONFLICT (blob) DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute(params![blob, size_bytes, now.millis()])?;
    Ok(())
}

/// Forgets blobs that no event refers to and that are older than `before`; returns their names.
pub fn forget_unreferenced(
    connection: &Connection,
    before: kernel::Timestamp,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM blob WHERE created_at < ?1 AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.blob = blob.blob) RETURNING blob";
    let mut delete = connection.prepare_cached(sql)?;
    let rows = delete.query_map([before.millis()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

//! Browser sessions of the owner, as digests. Beside the log: secrets are never events.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE session (digest BLOB PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Keeps a session, and drops those that are over.
pub fn put(
    connection: &Connection,
    digest: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM session WHERE expires_at <= ?1")?
        .execute([now.millis()])?;
    let sql = "INSERT INTO session VALUES (?1, ?2, ?3)";
    connection
        .prepare_cached(sql)?
        .execute(params![digest, now.millis(), expires_at.millis()])?;
    Ok(())
}

/// Ends every session: the owner's token was changed, or the owner said so.
pub fn end_all(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM session")?
        .execute([])?;
    Ok(())
}

impl Reader {
    /// Until when the session with this digest is good.
    pub fn session(&self, digest: &[u8; 32]) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT expires_at FROM session WHERE digest = ?1";
        let millis: Option<i64> = self
            .connection
            .prepare_cached(sql)?
            .query_row([digest], |row| row.get(0))
            .optional()?;
        Ok(millis.map(Timestamp::from_millis))
    }
}

//! Files that were brought to the board: what of them is known beside their bytes. They are kept, also
//! when nothing refers to them.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE file (blob TEXT PRIMARY KEY, media_type TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Notes a file; again is fine.
pub fn put(
    connection: &Connection,
    blob: &str,
    media_type: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO file VALUES (?1, ?2, ?3) ON CONFLICT (blob) DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute(params![blob, media_type, now.millis()])?;
    Ok(())
}

impl Reader {
    /// What the content of a file looks like, if it was brought as one.
    pub fn media_type(&self, blob: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT media_type FROM file WHERE blob = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.query_row([blob], |row| row.get(0)).optional()?)
    }
}

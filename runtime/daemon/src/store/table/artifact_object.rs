//! Objects of the contract's upload tickets: which key was promised to whom, and what was brought.
//! Beside the log, like blobs: they describe files.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::limits::UPLOADS_WAITING_MAX;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE artifact_object (
  object_key TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, artifact_id TEXT NOT NULL, created_at INTEGER NOT NULL, blob TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_object_blob ON artifact_object (blob) WHERE blob IS NOT NULL;
CREATE INDEX artifact_object_waiting ON artifact_object (created_at) WHERE blob IS NULL;
";

/// What a key was promised for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    pub artifact_id: String,
    /// `sha256:<hex>`, once it was brought.
    pub blob: Option<String>,
}

/// Promises a key; asked for again, it is the same promise. Returns its artifact id, or nothing when
/// there are too many promises that nobody has made use of.
pub fn promise(
    connection: &Connection,
    object_key: &str,
    workspace_id: &str,
    artifact_id: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT count(*) FROM artifact_object WHERE blob IS NULL";
    let mut count = connection.prepare_cached(sql)?;
    let waiting: u32 = count.query_row([], |row| row.get(0))?;
    if waiting >= UPLOADS_WAITING_MAX {
        return Ok(None);
    }
    let sql = "INSERT INTO artifact_object VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT DO NOTHING";
    let row = params![object_key, workspace_id, artifact_id, now.millis()];
    connection.prepare_cached(sql)?.execute(row)?;
    let sql = "SELECT artifact_id FROM artifact_object WHERE object_key = ?1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([object_key], |row| row.get(0))?)
}

/// Takes back promises of before that nobody has made use of.
pub fn forget_waiting(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM artifact_object WHERE blob IS NULL AND created_at < ?1";
    connection.execute(sql, [before.millis()])?;
    Ok(())
}

/// Notes what was brought for a key. `false`: something else was brought before.
pub fn bring(connection: &Connection, object_key: &str, blob: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE artifact_object SET blob = ?2 WHERE object_key = ?1 AND (blob IS NULL OR blob = ?2)";
    let mut update = connection.prepare_cached(sql)?;
    Ok(update.execute([object_key, blob])? == 1)
}

impl Reader {
    /// What a key of a workspace was promised for.
    pub fn artifact_object(
        &self,
        workspace_id: &str,
        object_key: &str,
    ) -> Result<Option<ObjectRow>, StoreError> {
        let sql = "SELECT artifact_id, blob FROM artifact_object WHERE object_key = ?1 AND workspace_id = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(ObjectRow {
                artifact_id: row.get(0)?,
                blob: row.get(1)?,
            })
        };
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select
            .query_row([object_key, workspace_id], read)
            .optional()?)
    }
}

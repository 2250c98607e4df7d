//! Which blobs are stored; the bytes are files.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE blob (blob TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Who has brought a blob. Its content is kept once, whoever brings it, but it is readable only where
/// it was brought or where an artifact refers to it: to know a name is not to know the content.
pub(in crate::store) const UPLOADS_DDL: &str = "
CREATE TABLE blob_upload (blob TEXT NOT NULL, workspace_id TEXT NOT NULL, PRIMARY KEY (blob, workspace_id)) STRICT, WITHOUT ROWID;
";

/// Size of a blob in bytes; `None` if it is not stored, or is not the business of the workspace.
/// `workspace_id` `None` is everybody's.
pub(in crate::store) fn size(
    connection: &Connection,
    blob: &str,
    workspace_id: Option<&str>,
) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT size_bytes FROM blob WHERE blob = ?1 AND (?2 IS NULL
                 OR EXISTS (SELECT 1 FROM blob_upload AS upload WHERE upload.blob = ?1 AND upload.workspace_id = ?2)
                 OR EXISTS (SELECT 1 FROM artifact WHERE artifact.blob = ?1 AND artifact.workspace_id = ?2)
                 OR EXISTS (SELECT 1 FROM egress_request AS egress WHERE egress.response_blob = ?1 AND egress.workspace_id = ?2))";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![blob, workspace_id], |row| row.get(0))
        .optional()?)
}

impl Reader {
    /// Size of a blob in bytes, if the workspace may read it; `None` as workspace is the owner, who
    /// may read all.
    pub fn blob(&self, blob: &str, workspace_id: Option<&str>) -> Result<Option<u64>, StoreError> {
        size(&self.connection, blob, workspace_id)
    }
}

/// Notes a stored blob and where it was brought; again is fine.
pub fn put(
    connection: &Connection,
    blob: &str,
    size_bytes: u64,
    workspace_id: &str,
    now: kernel::Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO blob VALUES (?1, ?2, ?3) ON CONFLICT (blob) DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute(params![blob, size_bytes, now.millis()])?;
    let sql = "INSERT INTO blob_upload VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute([blob, workspace_id])?;
    Ok(())
}

/// Forgets blobs that no event refers to, that are no files of the board, and that are older than `before`; returns their names.
pub fn forget_unreferenced(
    connection: &Connection,
    before: kernel::Timestamp,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM blob WHERE created_at < ?1 AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.blob = blob.blob)
                 AND NOT EXISTS (SELECT 1 FROM egress_request WHERE egress_request.response_blob = blob.blob)
                 AND NOT EXISTS (SELECT 1 FROM artifact_object WHERE artifact_object.blob = blob.blob)
                 AND NOT EXISTS (SELECT 1 FROM file WHERE file.blob = blob.blob) RETURNING blob";
    let mut delete = connection.prepare_cached(sql)?;
    let rows = delete.query_map([before.millis()], |row| row.get(0))?;
    let forgotten = rows.collect::<Result<_, _>>()?;
    let sql = "DELETE FROM blob_upload WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.blob = blob_upload.blob)";
    connection.execute(sql, [])?;
    Ok(forgotten)
}

//! Artifacts of steps. Inline contents stay in the log; the row says where.

use super::{json, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{ArtifactContent, ArtifactCreated};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE artifact (
  artifact_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, room_id TEXT NOT NULL, thread_id TEXT, run_id TEXT NOT NULL, step_id TEXT NOT NULL,
  kind TEXT NOT NULL, title TEXT, mime_type TEXT, size_bytes INTEGER, sha256 TEXT, blob TEXT, metadata TEXT,
  created_at INTEGER NOT NULL, correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_run ON artifact (run_id, position);
CREATE INDEX artifact_room ON artifact (room_id, position);
CREATE INDEX artifact_blob ON artifact (blob) WHERE blob IS NOT NULL;
";

#[derive(Clone, Debug)]
pub struct ArtifactRow {
    pub artifact_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub thread_id: Option<String>,
    pub run_id: String,
    pub step_id: String,
    pub kind: String,
    pub title: Option<String>,
    pub mime_type: Option<String>,
    pub size_bytes: Option<u64>,
    pub sha256: Option<String>,
    pub metadata: Option<Value>,
    pub content: ArtifactContent,
    pub created_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &ArtifactCreated,
) -> Result<(), StoreError> {
    let blob = match &data.content {
        Some(ArtifactContent::Blob { blob }) => Some(blob),
        None
        | Some(
            ArtifactContent::None
            | ArtifactContent::Text { .. }
            | ArtifactContent::Json { .. }
            | ArtifactContent::Uri { .. },
        ) => None,
    };
    let sql = "INSERT INTO artifact VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    connection.prepare_cached(sql)?.execute(params![
        data.artifact_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.thread_id,
        event.scope.run_id,
        event.scope.step_id,
        data.kind,
        data.title,
        data.mime_type,
        data.size_bytes,
        data.sha256,
        blob,
        json(&data.metadata),
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

/// Which artifacts a list asks for.
#[derive(Clone, Debug, Default)]
pub struct ArtifactQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub limit: u32,
}

const SELECT: &str = "SELECT artifact_id, workspace_id, room_id, thread_id, run_id, step_id, kind, title, mime_type, size_bytes, sha256, metadata,
  created_at, correlation_id, last_event_id, event.data FROM artifact JOIN event ON event.position = artifact.position";

impl Reader {
    /// Artifacts, oldest first.
    pub fn artifacts(&self, query: &ArtifactQuery) -> Result<Vec<ArtifactRow>, StoreError> {
        let narrow = match (&query.run_id, &query.room_id) {
            (Some(_), _) => "run_id = ?2 AND room_id = ifnull(?3, room_id)",
            (None, Some(_)) => "?2 IS NULL AND room_id = ?3",
            (None, None) => "?2 IS NULL AND ?3 IS NULL",
        };
        let sql = format!(
            "{SELECT} WHERE workspace_id = ?1 AND {narrow} AND step_id = ifnull(?4, step_id) ORDER BY artifact.position LIMIT ?5"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let values = params![
            query.workspace_id,
            query.run_id,
            query.room_id,
            query.step_id,
            query.limit
        ];
        let rows = select.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn artifact(
        &self,
        workspace_id: &str,
        artifact_id: &str,
    ) -> Result<Option<ArtifactRow>, StoreError> {
        let sql = format!("{SELECT} WHERE artifact_id = ?1 AND workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([artifact_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ArtifactRow> {
    let data: ArtifactCreated = serde_json::from_str(row.get_ref(15)?.as_str()?)
        .map_err(|_| super::unreadable(15, "an artifact"))?;
    Ok(ArtifactRow {
        artifact_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        thread_id: row.get(3)?,
        run_id: row.get(4)?,
        step_id: row.get(5)?,
        kind: row.get(6)?,
        title: row.get(7)?,
        mime_type: row.get(8)?,
        size_bytes: row.get(9)?,
        sha256: row.get(10)?,
        metadata: value(row, 11)?,
        content: data.content.unwrap_or(ArtifactContent::None),
        created_at: Timestamp::from_millis(row.get(12)?),
        correlation_id: row.get(13)?,
        last_event_id: row.get(14)?,
    })
}

//! Evidence of runs that have ended. The manifest itself stays in the log; the row says where.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::EvidenceManifestCreated;
use kernel::review::{EventPointer, Evidence, Listed, RunParts};
use kernel::state::Run;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const DDL: &str = "
CREATE TABLE evidence (
  evidence_id TEXT PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, workspace_id TEXT NOT NULL, room_id TEXT, thread_id TEXT, correlation_id TEXT NOT NULL,
  run_status TEXT NOT NULL, manifest_hash TEXT NOT NULL, event_hash_root TEXT NOT NULL, stream_type TEXT NOT NULL, stream_id TEXT NOT NULL,
  from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, event_count INTEGER NOT NULL, finalized_at INTEGER NOT NULL, last_event_id TEXT NOT NULL, position INTEGER NOT NULL,
  CHECK (from_seq <= to_seq)
) STRICT, WITHOUT ROWID;
";

/// Takes over what the log of an older file may hold already; where it knows no such event, its log is
/// not read.
const FILL: &str = "
INSERT INTO evidence SELECT data ->> 'evidence_id', data ->> 'run_id', scope.workspace_id, data ->> 'room_id', data ->> 'thread_id', data ->> 'correlation_id',
  data ->> 'run_status', data ->> 'manifest_hash', data ->> 'event_hash_root', data ->> 'stream_type', data ->> 'stream_id',
  data ->> 'from_seq', data ->> 'to_seq', data ->> 'event_count', occurred_at,
  lower(substr(hex(event_id), 1, 8) || '-' || substr(hex(event_id), 9, 4) || '-' || substr(hex(event_id), 13, 4) || '-'
    || substr(hex(event_id), 17, 4) || '-' || substr(hex(event_id), 21)), position
FROM event_type CROSS JOIN event ON event.type = event_type.id JOIN scope ON scope.id = event.scope
WHERE event_type.name = 'evidence.manifest.created';
";

/// What brings an older file up to date.
pub(in crate::store) const MIGRATION: [&str; 2] = [DDL, FILL];

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceRow {
    pub evidence_id: String,
    pub run_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub correlation_id: String,
    /// `succeeded`, `failed` or `cancelled`.
    pub run_status: String,
    /// `steps`, `tool_calls`, `artifacts`: identifiers. `events`: `{event_id, event_type, occurred_at,
    /// stream_seq, event_hash}` in the order of the stream. `counts` and `completeness` tell what a
    /// list left out.
    #[schema(value_type = Object)]
    pub manifest: Value,
    /// `sha256:<hex>` of the canonical JSON of the manifest.
    pub manifest_hash: String,
    /// `sha256:<hex>` of the hashes of all events of the run, in order, joined by a newline.
    pub event_hash_root: String,
    pub stream_type: String,
    pub stream_id: String,
    pub from_seq: u64,
    pub to_seq: u64,
    pub event_count: u64,
    #[schema(value_type = String, format = DateTime)]
    pub finalized_at: Timestamp,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &EvidenceManifestCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    connection.prepare_cached(sql)?.execute(params![
        data.evidence_id,
        data.run_id,
        event.scope.workspace_id,
        data.room_id,
        data.thread_id,
        data.correlation_id,
        data.run_status.as_str(),
        data.manifest_hash,
        data.event_hash_root,
        data.stream_type,
        data.stream_id,
        data.from_seq,
        data.to_seq,
        data.event_count,
        data.finalized_at.millis(),
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    evidence_id: &str,
) -> Result<Option<Evidence>, StoreError> {
    let sql = "SELECT evidence_id, workspace_id, run_id FROM evidence WHERE evidence_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let evidence = select.query_row([evidence_id], |row| {
        Ok(Evidence {
            evidence_id: row.get(0)?,
            workspace_id: row.get(1)?,
            run_id: row.get(2)?,
        })
    });
    Ok(evidence.optional()?)
}

/// Shows the events of a run. What is said of it elsewhere, as by a scorecard, is in another stream.
pub(in crate::store) fn run_events(
    connection: &Connection,
    run: &Run,
    see: &mut dyn FnMut(EventPointer<'_>),
) -> Result<(), StoreError> {
    // The scopes of a run are few; its room's stream may be most of the log.
    let sql = "SELECT event.event_id, event_type.name, event.occurred_at, event.seq, event.hash
               FROM event JOIN event_type ON event_type.id = event.type
               WHERE event.scope IN (SELECT id FROM scope WHERE run_id = ?1)
                 AND +event.stream = (SELECT id FROM stream WHERE stream_type = ?2 AND stream_id = ?3) ORDER BY event.seq";
    let stream = run.scope().stream();
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([&run.run_id, stream.stream_type(), stream.stream_id()])?;
    while let Some(row) = rows.next()? {
        let id = uuid::Uuid::from_bytes(row.get(0)?);
        let mut text = uuid::Uuid::encode_buffer();
        let name = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let hash: [u8; 32] = row.get(4)?;
        see(EventPointer {
            event_id: id.hyphenated().encode_lower(&mut text),
            event_type: name,
            occurred_at: Timestamp::from_millis(row.get(2)?),
            stream_seq: row.get(3)?,
            event_hash: &hash,
        });
    }
    Ok(())
}

pub(in crate::store) fn run_parts(
    connection: &Connection,
    run_id: &str,
    limit: u32,
) -> Result<RunParts, StoreError> {
    let listed = |table: &str| -> Result<Listed, StoreError> {
        let sql =
            format!("SELECT {table}_id FROM {table} WHERE run_id = ?1 ORDER BY position LIMIT ?2");
        let mut select = connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![run_id, limit], |row| row.get(0))?;
        let ids: Vec<String> = rows.collect::<Result<_, _>>()?;
        if ids.len() < limit as usize {
            let total = ids.len() as u64;
            return Ok(Listed { ids, total });
        }
        let sql = format!("SELECT count(*) FROM {table} WHERE run_id = ?1");
        let total = connection
            .prepare_cached(&sql)?
            .query_row([run_id], |row| row.get(0))?;
        Ok(Listed { ids, total })
    };
    Ok(RunParts {
        steps: listed("step")?,
        tool_calls: listed("tool_call")?,
        artifacts: listed("artifact")?,
    })
}

impl Reader {
    /// The evidence of a run, if there is any in the workspace.
    pub fn evidence(
        &self,
        workspace_id: &str,
        run_id: &str,
    ) -> Result<Option<EvidenceRow>, StoreError> {
        let sql = "SELECT evidence_id, run_id, workspace_id, room_id, thread_id, correlation_id, run_status, manifest_hash, event_hash_root,
                     stream_type, stream_id, from_seq, to_seq, event_count, finalized_at, event.data
                   FROM evidence JOIN event ON event.position = evidence.position WHERE run_id = ?1 AND workspace_id = ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let row = select.query_row([run_id, workspace_id], |row| {
            let data = super::value(row, 15)?.unwrap_or_default();
            Ok(EvidenceRow {
                evidence_id: row.get(0)?,
                run_id: row.get(1)?,
                workspace_id: row.get(2)?,
                room_id: row.get(3)?,
                thread_id: row.get(4)?,
                correlation_id: row.get(5)?,
                run_status: row.get(6)?,
                manifest: data["manifest"].clone(),
                manifest_hash: row.get(7)?,
                event_hash_root: row.get(8)?,
                stream_type: row.get(9)?,
                stream_id: row.get(10)?,
                from_seq: row.get(11)?,
                to_seq: row.get(12)?,
                event_count: row.get(13)?,
                finalized_at: Timestamp::from_millis(row.get(14)?),
            })
        });
        Ok(row.optional()?)
    }
}

//! The redaction log: which secrets were masked where, without the secrets.

use super::unreadable;
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use crate::store::table::topic::open_only;
use kernel::Timestamp;
use kernel::broker::Rules;
use kernel::event::SecretLeakedDetected;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE redaction (
  redaction_log_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, event_id TEXT NOT NULL, event_type TEXT NOT NULL, stream_type TEXT NOT NULL,
  stream_id TEXT NOT NULL, rule_id TEXT NOT NULL, match_preview TEXT NOT NULL, detector_version TEXT NOT NULL, action TEXT NOT NULL,
  details TEXT NOT NULL, created_at INTEGER NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX redaction_event ON redaction (event_id);
CREATE INDEX redaction_workspace ON redaction (workspace_id, position);
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RedactionRow {
    pub redaction_log_id: String,
    pub workspace_id: String,
    pub event_id: String,
    pub event_type: String,
    pub stream_type: String,
    pub stream_id: String,
    pub rule_id: String,
    pub match_preview: String,
    pub detector_version: String,
    pub action: String,
    pub details: Value,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A secret that was masked, and the report of it.
pub const ACTIONS: [&str; 2] = ["shadow_flagged", "event_emitted"];

/// Which rows a list asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct RedactionQuery {
    pub workspace_id: String,
    pub event_id: Option<String>,
    pub rule_id: Option<String>,
    pub action: Option<String>,
    pub stream_type: Option<String>,
    pub stream_id: Option<String>,
    /// Of topics only those that are open to all, by these rules; `None` is all.
    pub open_topics: Option<Rules>,
    pub limit: u32,
}

/// One row per masked secret, about its event, and one about the report itself.
pub(in crate::store) fn reported(
    connection: &Connection,
    event: &Appended,
    data: &SecretLeakedDetected,
) -> Result<(), StoreError> {
    let matches = data.matches.iter().map(|found| {
        (
            &data.source_event_id,
            data.source_event_type.as_str(),
            found.rule_id.as_str(),
            found.match_preview.clone(),
            ACTIONS[0],
        )
    });
    let summary = (
        &event.event_id,
        event.event.event_type(),
        "secret_leak_summary",
        format!("source:{}", data.source_event_id),
        ACTIONS[1],
    );
    let stream = event.scope.stream();
    let mut insert = connection.prepare_cached(
        "INSERT INTO redaction VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '{}', ?11, ?12)",
    )?;
    for (index, (event_id, event_type, rule_id, preview, action)) in
        matches.chain([summary]).enumerate()
    {
        insert.execute(params![
            format!("srd_{}{index:02}", event.event_id.replace('-', "")),
            event.scope.workspace_id,
            event_id,
            event_type,
            stream.stream_type(),
            stream.stream_id(),
            rule_id,
            preview,
            data.scanner_version,
            action,
            event.occurred_at.millis(),
            event.position,
        ])?;
    }
    Ok(())
}

impl Reader {
    /// The redaction log of a workspace, newest first.
    pub fn redactions(&self, query: &RedactionQuery) -> Result<Vec<RedactionRow>, StoreError> {
        let open = open_only(
            query.open_topics,
            "(SELECT event.stream FROM event WHERE event.position = redaction.position)",
        );
        let sql = format!("SELECT redaction_log_id, workspace_id, event_id, event_type, stream_type, stream_id, rule_id, match_preview,
                     detector_version, action, details, created_at FROM redaction
                   WHERE workspace_id = ?1 AND event_id = ifnull(?2, event_id) AND rule_id = ifnull(?3, rule_id) AND action = ifnull(?4, action)
                     AND stream_type = ifnull(?5, stream_type) AND stream_id = ifnull(?6, stream_id)
                   AND {open}
                   ORDER BY position DESC, redaction_log_id LIMIT ?7");
        let mut select = self.connection.prepare_cached(&sql)?;
        let asked = params![
            query.workspace_id,
            query.event_id,
            query.rule_id,
            query.action,
            query.stream_type,
            query.stream_id,
            query.limit
        ];
        let rows = select.query_map(asked, |row| {
            Ok(RedactionRow {
                redaction_log_id: row.get(0)?,
                workspace_id: row.get(1)?,
                event_id: row.get(2)?,
                event_type: row.get(3)?,
                stream_type: row.get(4)?,
                stream_id: row.get(5)?,
                rule_id: row.get(6)?,
                match_preview: row.get(7)?,
                detector_version: row.get(8)?,
                action: row.get(9)?,
                details: serde_json::from_str(row.get_ref(10)?.as_str()?)
                    .map_err(|_| unreadable(10, "JSON"))?,
                created_at: Timestamp::from_millis(row.get(11)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

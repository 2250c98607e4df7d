//! Incidents as people and programs see them.

use super::{time, value};
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::limits::INCIDENTS_COUNTED_MAX;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The words for where an incident stands, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the column keeps the word"
)]
pub enum IncidentStatusName {
    Open,
    Closed,
}

/// The words for how bad an incident is, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the column keeps the word"
)]
pub enum IncidentSeverityName {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncidentRow {
    pub incident_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    #[schema(value_type = IncidentStatusName)]
    pub status: String,
    pub title: String,
    pub summary: Option<String>,
    #[schema(value_type = IncidentSeverityName)]
    pub severity: String,
    /// `run_failed` and `run_dead_letter` for those that open by themselves.
    pub category: Option<String>,
    /// What it is about, when that is no run.
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
    pub details: Option<Value>,
    /// Why it happened: `{"summary"?, "analysis"?}`.
    #[schema(value_type = Option<Object>)]
    pub rca: Option<Value>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rca_updated_at: Option<Timestamp>,
    pub learning_count: u32,
    pub closed_reason: Option<String>,
    /// Opened by Signalbox itself.
    pub automatic: bool,
    pub created_by_type: String,
    pub created_by_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
    #[serde(skip)]
    pub updated_position: u64,
}

/// What was learned from an incident.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LearningRow {
    pub learning_id: String,
    pub incident_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub note: String,
    #[schema(value_type = Vec<String>)]
    pub tags: Value,
    pub created_by_type: String,
    pub created_by_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub last_event_id: String,
}

/// Which incidents a list asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct IncidentQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub status: Option<String>,
    pub severity: Option<&'static str>,
    /// Only those that changed last before this position.
    pub before_position: Option<u64>,
    pub limit: u32,
}

const SELECT: &str = "SELECT incident_id, workspace_id, room_id, thread_id, run_id, status, title, summary, severity, category, entity_type, entity_id, details,
  rca, rca_updated_at, learning_count, closed_reason, automatic, created_by_type, created_by_id, created_at, closed_at, updated_at, correlation_id,
  last_event_id, updated_position FROM incident";

impl Reader {
    /// Incidents, newest change first.
    pub fn incidents(&self, query: &IncidentQuery) -> Result<Vec<IncidentRow>, StoreError> {
        // The narrowest members lead to an index that has the order.
        let narrow = match (
            &query.run_id,
            &query.room_id,
            &query.status,
            &query.severity,
        ) {
            (Some(_), _, _, _) => {
                "run_id = ?3 AND workspace_id = ?1 AND room_id IS ifnull(?2, room_id) AND status = ifnull(?4, status) AND severity = ifnull(?5, severity)"
            }
            (None, Some(_), _, _) => {
                "room_id = ?2 AND workspace_id = ?1 AND ?3 IS NULL AND status = ifnull(?4, status) AND severity = ifnull(?5, severity)"
            }
            (None, None, Some(_), Some(_)) => {
                "workspace_id = ?1 AND status = ?4 AND severity = ?5 AND ?2 IS NULL AND ?3 IS NULL"
            }
            (None, None, Some(_), None) => {
                "workspace_id = ?1 AND status = ?4 AND ?2 IS NULL AND ?3 IS NULL AND ?5 IS NULL"
            }
            (None, None, None, Some(_)) => {
                "workspace_id = ?1 AND severity = ?5 AND ?2 IS NULL AND ?3 IS NULL AND ?4 IS NULL"
            }
            (None, None, None, None) => {
                "workspace_id = ?1 AND ?2 IS NULL AND ?3 IS NULL AND ?4 IS NULL AND ?5 IS NULL"
            }
        };
        let sql = format!(
            "{SELECT} WHERE {narrow} AND updated_position < ?6 ORDER BY updated_position DESC LIMIT ?7"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let before = query.before_position.unwrap_or(i64::MAX as u64);
        let values = params![
            query.workspace_id,
            query.room_id,
            query.run_id,
            query.status,
            query.severity,
            before.min(i64::MAX as u64),
            query.limit,
        ];
        let rows = select.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One incident, if it is in the workspace.
    pub fn incident(
        &self,
        workspace_id: &str,
        incident_id: &str,
    ) -> Result<Option<IncidentRow>, StoreError> {
        let sql = format!("{SELECT} WHERE incident_id = ?1 AND workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([incident_id, workspace_id], read)
            .optional()?)
    }

    /// How many incidents of a workspace are open, up to [`INCIDENTS_COUNTED_MAX`].
    pub fn open_incidents(&self, workspace_id: &str) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM incident WHERE workspace_id = ?1 AND status = 'open' LIMIT ?2)";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(
            select.query_row(params![workspace_id, INCIDENTS_COUNTED_MAX], |row| {
                row.get(0)
            })?,
        )
    }

    /// What was learned from an incident, oldest first.
    pub fn learnings(&self, incident_id: &str) -> Result<Vec<LearningRow>, StoreError> {
        let sql = "SELECT learning_id, incident_id, workspace_id, room_id, run_id, note, tags, created_by_type, created_by_id, created_at, last_event_id
                   FROM incident_learning WHERE incident_id = ?1 ORDER BY position";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([incident_id], |row| {
            Ok(LearningRow {
                learning_id: row.get(0)?,
                incident_id: row.get(1)?,
                workspace_id: row.get(2)?,
                room_id: row.get(3)?,
                run_id: row.get(4)?,
                note: row.get(5)?,
                tags: value(row, 6)?.unwrap_or_default(),
                created_by_type: row.get(7)?,
                created_by_id: row.get(8)?,
                created_at: Timestamp::from_millis(row.get(9)?),
                last_event_id: row.get(10)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<IncidentRow> {
    Ok(IncidentRow {
        incident_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        thread_id: row.get(3)?,
        run_id: row.get(4)?,
        status: row.get(5)?,
        title: row.get(6)?,
        summary: row.get(7)?,
        severity: row.get(8)?,
        category: row.get(9)?,
        entity_type: row.get(10)?,
        entity_id: row.get(11)?,
        details: value(row, 12)?,
        rca: value(row, 13)?,
        rca_updated_at: time(row, 14)?,
        learning_count: row.get(15)?,
        closed_reason: row.get(16)?,
        automatic: row.get(17)?,
        created_by_type: row.get(18)?,
        created_by_id: row.get(19)?,
        created_at: Timestamp::from_millis(row.get(20)?),
        closed_at: time(row, 21)?,
        updated_at: Timestamp::from_millis(row.get(22)?),
        correlation_id: row.get(23)?,
        last_event_id: row.get(24)?,
        updated_position: row.get(25)?,
    })
}

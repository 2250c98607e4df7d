//! Experiments and where they stand.

use super::{json, time, unreadable, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::event::{ExperimentClosed, ExperimentCreated, ExperimentUpdated};
use kernel::review::{Experiment, ExperimentStatus};
use kernel::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE experiment (
  experiment_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT, status TEXT NOT NULL, title TEXT NOT NULL, hypothesis TEXT NOT NULL,
  success_criteria TEXT, stop_conditions TEXT, budget_cap_units TEXT NOT NULL, risk_tier TEXT NOT NULL, metadata TEXT,
  created_by_type TEXT NOT NULL, created_by_id TEXT NOT NULL, close_reason TEXT, created_at INTEGER NOT NULL, closed_at INTEGER, updated_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, updated_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX experiment_updated ON experiment (workspace_id, updated_position);
CREATE INDEX experiment_room ON experiment (room_id, updated_position) WHERE room_id IS NOT NULL;
CREATE INDEX experiment_status ON experiment (workspace_id, status, updated_position);
";

/// The words for where an experiment stands, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the column keeps the word"
)]
pub enum ExperimentStatusName {
    Open,
    Closed,
    Stopped,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExperimentRow {
    pub experiment_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    #[schema(value_type = ExperimentStatusName)]
    pub status: String,
    pub title: String,
    pub hypothesis: String,
    pub success_criteria: Option<Value>,
    pub stop_conditions: Option<Value>,
    #[schema(value_type = f64)]
    pub budget_cap_units: Value,
    /// `low`, `medium` or `high`.
    pub risk_tier: String,
    pub metadata: Option<Value>,
    /// Runs of it that have not ended.
    pub active_run_count: u64,
    pub created_by_type: String,
    pub created_by_id: String,
    pub close_reason: Option<String>,
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

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &ExperimentCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO experiment VALUES (?1, ?2, ?3, ?4, 'open', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, NULL, ?14, NULL, ?14, ?15, ?16, ?17)";
    connection.prepare_cached(sql)?.execute(params![
        data.experiment_id,
        event.scope.workspace_id,
        event.scope.mission_id,
        event.scope.room_id,
        data.title,
        data.hypothesis,
        json(&data.success_criteria),
        json(&data.stop_conditions),
        data.budget_cap_units.to_string(),
        data.risk_tier.as_str(),
        json(&data.metadata),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn updated(
    connection: &Connection,
    event: &Appended,
    data: &ExperimentUpdated,
) -> Result<(), StoreError> {
    let sql = "UPDATE experiment SET title = ifnull(?2, title), hypothesis = ifnull(?3, hypothesis), success_criteria = ifnull(?4, success_criteria),
                 stop_conditions = ifnull(?5, stop_conditions), budget_cap_units = ifnull(?6, budget_cap_units), risk_tier = ifnull(?7, risk_tier),
                 metadata = ifnull(?8, metadata) WHERE experiment_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.experiment_id,
        data.title,
        data.hypothesis,
        json(&data.success_criteria),
        json(&data.stop_conditions),
        data.budget_cap_units
            .as_ref()
            .map(|units| units.to_string()),
        data.risk_tier.map(|tier| tier.as_str()),
        json(&data.metadata),
    ])?;
    touch(connection, event, &data.experiment_id)
}

pub(in crate::store) fn closed(
    connection: &Connection,
    event: &Appended,
    data: &ExperimentClosed,
) -> Result<(), StoreError> {
    let sql = "UPDATE experiment SET status = ?2, close_reason = ?3, closed_at = ?4 WHERE experiment_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.experiment_id,
        data.status.as_str(),
        data.reason,
        event.occurred_at.millis(),
    ])?;
    touch(connection, event, &data.experiment_id)
}

fn touch(connection: &Connection, event: &Appended, experiment_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE experiment SET updated_at = ?2, last_event_id = ?3, updated_position = ?4 WHERE experiment_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        experiment_id,
        event.occurred_at.millis(),
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    experiment_id: &str,
) -> Result<Option<Experiment>, StoreError> {
    let sql = "SELECT experiment_id, workspace_id, mission_id, room_id, status, correlation_id, last_event_id FROM experiment WHERE experiment_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let experiment = select.query_row([experiment_id], |row| {
        let status = row.get_ref(4)?.as_str()?;
        Ok(Experiment {
            experiment_id: row.get(0)?,
            scope: Scope {
                workspace_id: row.get(1)?,
                mission_id: row.get(2)?,
                room_id: row.get(3)?,
                ..Scope::default()
            },
            status: ExperimentStatus::parse(status)
                .ok_or_else(|| unreadable(4, "an experiment status"))?,
            correlation_id: row.get(5)?,
            last_event_id: row.get(6)?,
        })
    });
    Ok(experiment.optional()?)
}

pub(in crate::store) fn active_runs(
    connection: &Connection,
    experiment_id: &str,
) -> Result<u64, StoreError> {
    let sql =
        "SELECT count(*) FROM run WHERE experiment_id = ?1 AND status IN ('queued', 'running')";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([experiment_id], |row| row.get(0))?)
}

/// Which experiments a list asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct ExperimentQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub status: Option<String>,
    /// Only those that changed last before this position.
    pub before_position: Option<u64>,
    pub limit: u32,
}

const SELECT: &str = "SELECT experiment_id, workspace_id, room_id, status, title, hypothesis, success_criteria, stop_conditions, budget_cap_units, risk_tier,
  metadata, (SELECT count(*) FROM run WHERE run.experiment_id = experiment.experiment_id AND run.status IN ('queued', 'running')),
  created_by_type, created_by_id, close_reason, created_at, closed_at, updated_at, correlation_id, last_event_id, updated_position FROM experiment";

impl Reader {
    /// Experiments, newest change first.
    pub fn experiments(&self, query: &ExperimentQuery) -> Result<Vec<ExperimentRow>, StoreError> {
        // The narrowest member leads to an index that has the order.
        let narrow = match (&query.room_id, &query.status) {
            (Some(_), _) => "room_id = ?2 AND workspace_id = ?1 AND status = ifnull(?3, status)",
            (None, Some(_)) => "workspace_id = ?1 AND status = ?3 AND ?2 IS NULL",
            (None, None) => "workspace_id = ?1 AND ?2 IS NULL AND ?3 IS NULL",
        };
        let sql = format!(
            "{SELECT} WHERE {narrow} AND updated_position < ?4 ORDER BY updated_position DESC LIMIT ?5"
        );
        let before = query.before_position.unwrap_or(i64::MAX as u64);
        let mut select = self.connection.prepare_cached(&sql)?;
        let values = params![
            query.workspace_id,
            query.room_id,
            query.status,
            before.min(i64::MAX as u64),
            query.limit,
        ];
        let rows = select.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One experiment, if it is in the workspace.
    pub fn experiment(
        &self,
        workspace_id: &str,
        experiment_id: &str,
    ) -> Result<Option<ExperimentRow>, StoreError> {
        let sql = format!("{SELECT} WHERE experiment_id = ?1 AND workspace_id = ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select
            .query_row([experiment_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ExperimentRow> {
    Ok(ExperimentRow {
        experiment_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        status: row.get(3)?,
        title: row.get(4)?,
        hypothesis: row.get(5)?,
        success_criteria: value(row, 6)?,
        stop_conditions: value(row, 7)?,
        budget_cap_units: value(row, 8)?.unwrap_or_default(),
        risk_tier: row.get(9)?,
        metadata: value(row, 10)?,
        active_run_count: row.get(11)?,
        created_by_type: row.get(12)?,
        created_by_id: row.get(13)?,
        close_reason: row.get(14)?,
        created_at: Timestamp::from_millis(row.get(15)?),
        closed_at: time(row, 16)?,
        updated_at: Timestamp::from_millis(row.get(17)?),
        correlation_id: row.get(18)?,
        last_event_id: row.get(19)?,
        updated_position: row.get(20)?,
    })
}

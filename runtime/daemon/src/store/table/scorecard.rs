//! Scorecards, as they were recorded.

use super::{json, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::ScorecardRecorded;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE scorecard (
  scorecard_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, experiment_id TEXT, run_id TEXT, evidence_id TEXT, agent_id TEXT, principal_id TEXT,
  template_key TEXT NOT NULL, template_version TEXT NOT NULL, metrics TEXT NOT NULL, metrics_hash TEXT NOT NULL, score REAL NOT NULL, decision TEXT NOT NULL,
  rationale TEXT, metadata TEXT, recorded_by_type TEXT NOT NULL, recorded_by_id TEXT NOT NULL, created_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX scorecard_workspace ON scorecard (workspace_id, position);
CREATE INDEX scorecard_run ON scorecard (run_id, position) WHERE run_id IS NOT NULL;
CREATE INDEX scorecard_experiment ON scorecard (experiment_id, position) WHERE experiment_id IS NOT NULL;
";

/// The words for what a score comes to, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the column keeps the word"
)]
pub enum ScorecardDecision {
    Pass,
    Warn,
    Fail,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScorecardRow {
    pub scorecard_id: String,
    pub workspace_id: String,
    pub experiment_id: Option<String>,
    pub run_id: Option<String>,
    pub evidence_id: Option<String>,
    pub agent_id: Option<String>,
    pub principal_id: Option<String>,
    pub template_key: String,
    pub template_version: String,
    /// `[{"key", "value", "weight"}]`
    #[schema(value_type = Vec<Object>)]
    pub metrics: Value,
    /// `sha256:<hex>` of the canonical JSON of the metrics.
    pub metrics_hash: String,
    /// The mean of the values by weight, from 0 to 1.
    pub score: f64,
    #[schema(value_type = ScorecardDecision)]
    pub decision: String,
    pub rationale: Option<String>,
    pub metadata: Option<Value>,
    pub recorded_by_type: String,
    pub recorded_by_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
    #[serde(skip)]
    pub position: u64,
}

pub(in crate::store) fn recorded(
    connection: &Connection,
    event: &Appended,
    data: &ScorecardRecorded,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO scorecard VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
    connection.prepare_cached(sql)?.execute(params![
        data.scorecard_id,
        event.scope.workspace_id,
        data.experiment_id,
        data.run_id,
        data.evidence_id,
        data.agent_id,
        data.principal_id,
        data.template_key,
        data.template_version,
        serde_json::json!(data.metrics).to_string(),
        data.metrics_hash,
        data.score,
        data.decision.as_str(),
        data.rationale,
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

/// Which scorecards a list asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct ScorecardQuery {
    pub workspace_id: String,
    pub run_id: Option<String>,
    pub experiment_id: Option<String>,
    pub agent_id: Option<String>,
    pub decision: Option<String>,
    /// Only those that were recorded before this position.
    pub before_position: Option<u64>,
    pub limit: u32,
}

const SELECT: &str = "SELECT scorecard_id, workspace_id, experiment_id, run_id, evidence_id, agent_id, principal_id, template_key, template_version, metrics,
  metrics_hash, score, decision, rationale, metadata, recorded_by_type, recorded_by_id, created_at, correlation_id, last_event_id, position FROM scorecard";

impl Reader {
    /// Scorecards, newest first.
    pub fn scorecards(&self, query: &ScorecardQuery) -> Result<Vec<ScorecardRow>, StoreError> {
        // The narrowest member leads to an index that has the order.
        let narrow = match (&query.run_id, &query.experiment_id) {
            (Some(_), _) => "run_id = ?2 AND experiment_id IS ifnull(?3, experiment_id)",
            (None, Some(_)) => "experiment_id = ?3 AND ?2 IS NULL",
            (None, None) => "?2 IS NULL AND ?3 IS NULL",
        };
        let sql = format!(
            "{SELECT} WHERE {narrow} AND workspace_id = ?1 AND agent_id IS ifnull(?4, agent_id) AND decision = ifnull(?5, decision)
             AND position < ?6 ORDER BY position DESC LIMIT ?7"
        );
        let before = query.before_position.unwrap_or(i64::MAX as u64);
        let mut select = self.connection.prepare_cached(&sql)?;
        let values = params![
            query.workspace_id,
            query.run_id,
            query.experiment_id,
            query.agent_id,
            query.decision,
            before.min(i64::MAX as u64),
            query.limit,
        ];
        let rows = select.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One scorecard, if it is in the workspace.
    pub fn scorecard(
        &self,
        workspace_id: &str,
        scorecard_id: &str,
    ) -> Result<Option<ScorecardRow>, StoreError> {
        let sql = format!("{SELECT} WHERE scorecard_id = ?1 AND workspace_id = ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select
            .query_row([scorecard_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ScorecardRow> {
    Ok(ScorecardRow {
        scorecard_id: row.get(0)?,
        workspace_id: row.get(1)?,
        experiment_id: row.get(2)?,
        run_id: row.get(3)?,
        evidence_id: row.get(4)?,
        agent_id: row.get(5)?,
        principal_id: row.get(6)?,
        template_key: row.get(7)?,
        template_version: row.get(8)?,
        metrics: value(row, 9)?.unwrap_or_default(),
        metrics_hash: row.get(10)?,
        score: row.get(11)?,
        decision: row.get(12)?,
        rationale: row.get(13)?,
        metadata: value(row, 14)?,
        recorded_by_type: row.get(15)?,
        recorded_by_id: row.get(16)?,
        created_at: Timestamp::from_millis(row.get(17)?),
        correlation_id: row.get(18)?,
        last_event_id: row.get(19)?,
        position: row.get(20)?,
    })
}

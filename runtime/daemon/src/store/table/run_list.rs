//! Runs as lists and pages show them.

use super::run::{actor_type, status};
use super::{time, value};
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::state::RunStatus;
use kernel::{ActorType, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The words for where a run stands, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the kernel's enum is what is serialised"
)]
pub enum RunStatusName {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunRow {
    pub run_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub thread_id: Option<String>,
    pub experiment_id: Option<String>,
    #[schema(value_type = RunStatusName)]
    pub status: RunStatus,
    pub title: Option<String>,
    pub goal: Option<String>,
    pub input: Option<Value>,
    pub output: Option<Value>,
    pub summary: Option<String>,
    pub error: Option<Value>,
    pub tags: Option<Value>,
    pub observed: bool,
    /// Created with the owner's token: its command needs no approval.
    pub by_owner: bool,
    /// Who created it: `user`, `agent` or `service`.
    #[schema(value_type = String)]
    pub created_by_type: ActorType,
    /// Proven for the owner and for engines; of anybody else, the name it gave.
    pub created_by_id: String,
    pub attempt_no: u32,
    /// It is queued and waits for this approval: nobody may claim it.
    pub waiting_approval_id: Option<String>,
    /// What it needed was approved by this one.
    pub approval_id: Option<String>,
    pub claimed_by_actor_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cancel_requested_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lease_expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lease_heartbeat_at: Option<Timestamp>,
    #[serde(skip)]
    pub updated_position: u64,
}

/// Which runs a list asks for.
#[derive(Clone, Debug, Default)]
pub struct RunQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub experiment_id: Option<String>,
    pub status: Option<RunStatus>,
    /// Only those that changed last before this position.
    pub before_position: Option<u64>,
    pub limit: u32,
}

const SELECT: &str = "SELECT run.run_id, workspace_id, room_id, thread_id, status, title, goal, input, output, summary, error, tags, observed, by_owner,
  run.attempt_no, claimed_by_actor_id, cancel_requested_at, created_at, started_at, ended_at, updated_at, correlation_id, last_event_id,
  lease.expires_at, lease.heartbeat_at, creator.actor_type, creator.actor_id, waiting_approval_id, approval_id, experiment_id, run.updated_position
  FROM run JOIN event AS creation ON creation.position = created_position JOIN actor AS creator ON creator.id = creation.actor
  LEFT JOIN lease ON lease.run_id = run.run_id";

impl Reader {
    /// Runs, newest change first.
    pub fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
        // The narrowest member leads to an index that has the order.
        let narrow = match (&query.experiment_id, &query.room_id) {
            (Some(_), _) => "experiment_id = ?5 AND room_id = ifnull(?2, room_id)",
            (None, Some(_)) => "room_id = ?2 AND ?5 IS NULL",
            (None, None) => "?2 IS NULL AND ?5 IS NULL",
        };
        let sql = format!(
            "{SELECT} WHERE workspace_id = ?1 AND {narrow} AND status = ifnull(?3, status) AND updated_position < ?6
             ORDER BY updated_position DESC LIMIT ?4"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let status = query.status.map(RunStatus::as_str);
        let before = query
            .before_position
            .unwrap_or(u64::MAX)
            .min(i64::MAX as u64);
        let rows = select.query_map(
            params![
                query.workspace_id,
                query.room_id,
                status,
                query.limit,
                query.experiment_id,
                before,
            ],
            read,
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One run, if it is in the workspace.
    pub fn run(&self, workspace_id: &str, run_id: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = format!("{SELECT} WHERE run.run_id = ?1 AND workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([run_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        thread_id: row.get(3)?,
        status: status(row, 4)?,
        title: row.get(5)?,
        goal: row.get(6)?,
        input: value(row, 7)?,
        output: value(row, 8)?,
        summary: row.get(9)?,
        error: value(row, 10)?,
        tags: value(row, 11)?,
        observed: row.get(12)?,
        by_owner: row.get(13)?,
        attempt_no: row.get(14)?,
        claimed_by_actor_id: row.get(15)?,
        cancel_requested_at: time(row, 16)?,
        created_at: Timestamp::from_millis(row.get(17)?),
        started_at: time(row, 18)?,
        ended_at: time(row, 19)?,
        updated_at: Timestamp::from_millis(row.get(20)?),
        correlation_id: row.get(21)?,
        last_event_id: row.get(22)?,
        lease_expires_at: time(row, 23)?,
        lease_heartbeat_at: time(row, 24)?,
        created_by_type: actor_type(row, 25)?,
        created_by_id: row.get(26)?,
        waiting_approval_id: row.get(27)?,
        approval_id: row.get(28)?,
        experiment_id: row.get(29)?,
        updated_position: row.get(30)?,
    })
}

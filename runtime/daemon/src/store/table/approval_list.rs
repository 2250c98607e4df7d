//! Approvals as people and programs see them.

use super::{time, value};
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The words for where an approval stands, as the schema lists them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "only its schema is used; the column keeps the word"
)]
pub enum ApprovalStatusName {
    Pending,
    Held,
    Approved,
    Denied,
    Expired,
    Consumed,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalRow {
    pub approval_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub action: String,
    /// What the action is done to.
    pub target: Option<String>,
    /// Exactly what is to be done; secrets in it are masked.
    pub payload: Option<Value>,
    /// `sha256:<hex>` of the canonical JSON of the payload: what an approval of it is bound to.
    pub payload_digest: Option<String>,
    #[schema(value_type = ApprovalStatusName)]
    pub status: String,
    pub title: Option<String>,
    pub request: Option<Value>,
    pub context: Option<Value>,
    /// Why the gate asks; absent when the requester asks by itself.
    pub reason_code: Option<String>,
    /// How far it reaches: `{"type": "once" | "run" | "room" | "workspace" | "template", …}`.
    #[schema(value_type = Object)]
    pub scope: Value,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub requested_by_type: String,
    pub requested_by_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// How many different requesters wait for it, the first one included.
    pub waiters: u32,
    pub decided_by_type: Option<String>,
    pub decided_by_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// `approve`, `deny` or `hold`.
    pub decision: Option<String>,
    pub decision_reason: Option<String>,
    /// When it was used up or was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// `consumed`, `expired`, `revoked` or `run_ended`.
    pub ended_by: Option<String>,
    /// The run that used it up.
    pub consumed_by_run_id: Option<String>,
    pub correlation_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub last_event_id: String,
    #[serde(skip)]
    pub updated_position: u64,
}

/// Which approvals a list asks for. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct ApprovalQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub status: Option<String>,
    /// Only those that changed last before this position.
    pub before_position: Option<u64>,
    pub limit: u32,
}

/// How many wait.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ApprovalCounts {
    pub pending: u64,
    pub held: u64,
}

const SELECT: &str = "SELECT approval_id, workspace_id, room_id, thread_id, run_id, step_id, action, target, payload, payload_digest, status, title, request,
  context, reason_code, scope, expires_at, requested_by_type, requested_by_id, requested_at, waiters, decided_by_type, decided_by_id, decided_at, decision,
  decision_reason, ended_at, ended_by, consumed_by_run_id, correlation_id, updated_at, last_event_id, updated_position FROM approval";

impl Reader {
    /// Approvals, newest change first.
    pub fn approvals(&self, query: &ApprovalQuery) -> Result<Vec<ApprovalRow>, StoreError> {
        // The narrowest member leads to an index that has the order.
        let narrow = match (&query.run_id, &query.room_id, &query.status) {
            (Some(_), _, _) => {
                "run_id = ?3 AND workspace_id = ?1 AND room_id IS ifnull(?2, room_id) AND status = ifnull(?4, status)"
            }
            (None, Some(_), _) => {
                "room_id = ?2 AND workspace_id = ?1 AND ?3 IS NULL AND status = ifnull(?4, status)"
            }
            (None, None, Some(_)) => {
                "workspace_id = ?1 AND status = ?4 AND ?2 IS NULL AND ?3 IS NULL"
            }
            (None, None, None) => "workspace_id = ?1 AND ?2 IS NULL AND ?3 IS NULL AND ?4 IS NULL",
        };
        let sql = format!(
            "{SELECT} WHERE {narrow} AND updated_position < ?5 ORDER BY updated_position DESC LIMIT ?6"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let before = query.before_position.unwrap_or(i64::MAX as u64);
        let values = params![
            query.workspace_id,
            query.room_id,
            query.run_id,
            query.status,
            before.min(i64::MAX as u64),
            query.limit,
        ];
        let rows = select.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One approval, if it is in the workspace.
    pub fn approval(
        &self,
        workspace_id: &str,
        approval_id: &str,
    ) -> Result<Option<ApprovalRow>, StoreError> {
        let sql = format!("{SELECT} WHERE approval_id = ?1 AND workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([approval_id, workspace_id], read)
            .optional()?)
    }

    /// How many approvals of a workspace wait for the owner.
    pub fn approval_counts(&self, workspace_id: &str) -> Result<ApprovalCounts, StoreError> {
        let sql =
            "SELECT (SELECT count(*) FROM approval WHERE workspace_id = ?1 AND status = 'pending'),
                     (SELECT count(*) FROM approval WHERE workspace_id = ?1 AND status = 'held')";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.query_row([workspace_id], |row| {
            Ok(ApprovalCounts {
                pending: row.get(0)?,
                held: row.get(1)?,
            })
        })?)
    }

    /// When the next approval that has not ended is over.
    pub fn next_approval_expiry(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql =
            "SELECT min(expires_at) FROM approval WHERE status IN ('pending', 'held', 'approved')";
        let millis: Option<i64> = self
            .connection
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?;
        Ok(millis.map(Timestamp::from_millis))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ApprovalRow> {
    let requested_at = Timestamp::from_millis(row.get(19)?);
    Ok(ApprovalRow {
        approval_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        thread_id: row.get(3)?,
        run_id: row.get(4)?,
        step_id: row.get(5)?,
        action: row.get(6)?,
        target: row.get(7)?,
        payload: value(row, 8)?,
        payload_digest: row.get(9)?,
        status: row.get(10)?,
        title: row.get(11)?,
        request: value(row, 12)?,
        context: value(row, 13)?,
        reason_code: row.get(14)?,
        scope: value(row, 15)?.unwrap_or_default(),
        expires_at: Timestamp::from_millis(row.get(16)?),
        requested_by_type: row.get(17)?,
        requested_by_id: row.get(18)?,
        requested_at,
        waiters: row.get(20)?,
        decided_by_type: row.get(21)?,
        decided_by_id: row.get(22)?,
        decided_at: time(row, 23)?,
        decision: row.get(24)?,
        decision_reason: row.get(25)?,
        ended_at: time(row, 26)?,
        ended_by: row.get(27)?,
        consumed_by_run_id: row.get(28)?,
        correlation_id: row.get(29)?,
        created_at: requested_at,
        updated_at: Timestamp::from_millis(row.get(30)?),
        last_event_id: row.get(31)?,
        updated_position: row.get(32)?,
    })
}

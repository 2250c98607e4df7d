//! Requests that would leave this machine, with what the gate said to each.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{EgressDecided, EgressRequested};
use kernel::gate::policy::Decision;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE egress_request (
  egress_request_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, room_id TEXT, run_id TEXT, step_id TEXT,
  requested_by_type TEXT NOT NULL, requested_by_id TEXT NOT NULL, requested_by_principal_id TEXT NOT NULL, zone TEXT NOT NULL,
  action TEXT NOT NULL, method TEXT, target_url TEXT NOT NULL, target_domain TEXT NOT NULL,
  policy_decision TEXT, policy_reason_code TEXT, policy_reason TEXT, enforcement_mode TEXT, blocked INTEGER, approval_id TEXT,
  correlation_id TEXT NOT NULL, created_at INTEGER NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX egress_request_workspace ON egress_request (workspace_id, position);
CREATE INDEX egress_request_room ON egress_request (room_id, position) WHERE room_id IS NOT NULL;
";

/// Requests know for whom they count.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE egress_request ADD COLUMN counted_for TEXT;
CREATE INDEX egress_request_quota ON egress_request (workspace_id, counted_for, created_at) WHERE policy_decision = 'allow';
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EgressRow {
    pub egress_request_id: String,
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub requested_by_type: String,
    pub requested_by_id: String,
    pub requested_by_principal_id: String,
    pub zone: String,
    pub action: String,
    pub method: Option<String>,
    pub target_url: String,
    pub target_domain: String,
    /// `allow`, `deny` or `require_approval`.
    pub policy_decision: Option<String>,
    pub policy_reason_code: Option<String>,
    pub policy_reason: Option<String>,
    /// `shadow` or `enforce`.
    pub enforcement_mode: Option<String>,
    pub blocked: bool,
    pub approval_id: Option<String>,
    pub correlation_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[serde(skip)]
    pub position: u64,
}

pub(in crate::store) fn requested(
    connection: &Connection,
    event: &Appended,
    data: &EgressRequested,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO egress_request (egress_request_id, workspace_id, room_id, run_id, step_id, requested_by_type, requested_by_id,
                 requested_by_principal_id, zone, action, method, target_url, target_domain, correlation_id, created_at, position, counted_for)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let principal = data.principal_id.as_ref().unwrap_or(&event.principal_id);
    connection.prepare_cached(sql)?.execute(params![
        data.egress_request_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.run_id,
        event.scope.step_id,
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        principal,
        data.zone.as_str(),
        data.action,
        data.method,
        data.target_url,
        data.target_domain,
        event.correlation_id,
        event.occurred_at.millis(),
        event.position,
        data.counted_for,
    ])?;
    Ok(())
}

pub(in crate::store) fn decided(
    connection: &Connection,
    data: &EgressDecided,
) -> Result<(), StoreError> {
    let decision = match data.decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::RequireApproval => "require_approval",
    };
    let sql = "UPDATE egress_request SET policy_decision = ?2, policy_reason_code = ?3, policy_reason = ?4, enforcement_mode = ?5, blocked = ?6,
                 approval_id = ?7 WHERE egress_request_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.egress_request_id,
        decision,
        data.reason_code,
        data.reason,
        data.enforcement_mode.as_str(),
        data.blocked,
        data.approval_id,
    ])?;
    Ok(())
}

/// Requests since then that were allowed and count for this caller.
pub(in crate::store) fn allowed_since(
    connection: &Connection,
    workspace_id: &str,
    counted_for: &str,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM egress_request WHERE workspace_id = ?1 AND counted_for = ?2 AND created_at > ?3 AND policy_decision = 'allow'";
    let mut select = connection.prepare_cached(sql)?;
    let key = params![workspace_id, counted_for, since.millis()];
    Ok(select.query_row(key, |row| row.get(0))?)
}

impl Reader {
    /// Egress requests of a workspace, or of one room, newest first, from before a position on.
    pub fn egress_requests(
        &self,
        workspace_id: &str,
        room_id: Option<&str>,
        before_position: Option<u64>,
        limit: u32,
    ) -> Result<Vec<EgressRow>, StoreError> {
        let narrow = match room_id {
            Some(_) => "room_id = ?2 AND workspace_id = ?1",
            None => "workspace_id = ?1 AND ?2 IS NULL",
        };
        let sql = format!(
            "SELECT egress_request_id, workspace_id, room_id, run_id, step_id, requested_by_type, requested_by_id, requested_by_principal_id, zone, action,
               method, target_url, target_domain, policy_decision, policy_reason_code, policy_reason, enforcement_mode, ifnull(blocked, 0), approval_id,
               correlation_id, created_at, position
             FROM egress_request WHERE {narrow} AND position < ?3 ORDER BY position DESC LIMIT ?4"
        );
        let before =
            before_position.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, room_id, before, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<EgressRow> {
    Ok(EgressRow {
        egress_request_id: row.get(0)?,
        workspace_id: row.get(1)?,
        room_id: row.get(2)?,
        run_id: row.get(3)?,
        step_id: row.get(4)?,
        requested_by_type: row.get(5)?,
        requested_by_id: row.get(6)?,
        requested_by_principal_id: row.get(7)?,
        zone: row.get(8)?,
        action: row.get(9)?,
        method: row.get(10)?,
        target_url: row.get(11)?,
        target_domain: row.get(12)?,
        policy_decision: row.get(13)?,
        policy_reason_code: row.get(14)?,
        policy_reason: row.get(15)?,
        enforcement_mode: row.get(16)?,
        blocked: row.get(17)?,
        approval_id: row.get(18)?,
        correlation_id: row.get(19)?,
        created_at: Timestamp::from_millis(row.get(20)?),
        position: row.get(21)?,
    })
}

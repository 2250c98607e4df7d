//! Requests that would leave this machine, with what the gate said to each.

use super::{room, run, time, unreadable};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::event::{EgressDecided, EgressRequested, EgressStarted};
use kernel::gate::egress::{Performance, Progress};
use kernel::gate::policy::Decision;
use kernel::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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

/// Requests that Signalbox performs, and what came of them.
pub(in crate::store) const PERFORM_MIGRATION: &str = "
ALTER TABLE egress_request ADD COLUMN perform INTEGER NOT NULL DEFAULT 0;
ALTER TABLE egress_request ADD COLUMN progress TEXT;
ALTER TABLE egress_request ADD COLUMN outcome TEXT;
ALTER TABLE egress_request ADD COLUMN response_blob TEXT;
ALTER TABLE egress_request ADD COLUMN ended_at INTEGER;
ALTER TABLE egress_request ADD COLUMN last_event_id TEXT;
CREATE INDEX egress_request_open ON egress_request (position) WHERE progress IN ('pending', 'in_flight');
CREATE INDEX egress_request_response ON egress_request (response_blob) WHERE response_blob IS NOT NULL;
CREATE INDEX egress_request_run ON egress_request (run_id, position) WHERE run_id IS NOT NULL;
";

/// What came of a request that Signalbox performed. Sizes are of bodies, in bytes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EgressOutcome {
    /// Why there is no answer, or none that is kept. Absent when the other side has answered.
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    /// `no`, `yes`, or `unknown` when it may have had its effect; of one that failed.
    #[serde(default)]
    pub sent: Option<String>,
    #[serde(default)]
    pub http_status: Option<u16>,
    /// The address that was checked and connected to.
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub request_bytes: Option<u64>,
    #[serde(default)]
    pub response_bytes: Option<u64>,
    #[serde(default)]
    pub duration_ms: Option<u64>,
    #[serde(default)]
    pub response_headers: Option<BTreeMap<String, String>>,
    /// Body of the answer, `sha256:<hex>`: `GET /v1/blobs/{blob}`.
    #[serde(default)]
    pub response_blob: Option<String>,
    /// Secrets in the answer were masked before it was kept.
    #[serde(default)]
    pub masked: Option<bool>,
}

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
    /// Signalbox was asked to send it.
    pub perform: bool,
    /// Of one that was asked to be sent and allowed: `pending`, `in_flight`, `performed` or `failed`.
    pub progress: Option<String>,
    pub outcome: Option<EgressOutcome>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub position: u64,
}

pub(in crate::store) fn requested(
    connection: &Connection,
    event: &Appended,
    data: &EgressRequested,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO egress_request (egress_request_id, workspace_id, room_id, run_id, step_id, requested_by_type, requested_by_id,
                 requested_by_principal_id, zone, action, method, target_url, target_domain, correlation_id, created_at, position, counted_for, perform)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
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
        data.perform == Some(true),
    ])?;
    Ok(())
}

pub(in crate::store) fn decided(
    connection: &Connection,
    event: &Appended,
    data: &EgressDecided,
) -> Result<(), StoreError> {
    let decision = match data.decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::RequireApproval => "require_approval",
    };
    let sql = "UPDATE egress_request SET policy_decision = ?2, policy_reason_code = ?3, policy_reason = ?4, enforcement_mode = ?5, blocked = ?6,
                 approval_id = ?7, last_event_id = CASE WHEN perform THEN ?8 END, progress = CASE WHEN perform AND ?2 = 'allow' THEN 'pending' END WHERE egress_request_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.egress_request_id,
        decision,
        data.reason_code,
        data.reason,
        data.enforcement_mode.as_str(),
        data.blocked,
        data.approval_id,
        event.event_id,
    ])?;
    Ok(())
}

pub(in crate::store) fn started(
    connection: &Connection,
    event: &Appended,
    data: &EgressStarted,
) -> Result<(), StoreError> {
    let sql = "UPDATE egress_request SET progress = 'in_flight', last_event_id = ?2 WHERE egress_request_id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    update.execute([&data.egress_request_id, &event.event_id])?;
    Ok(())
}

pub(in crate::store) fn ended(
    connection: &Connection,
    event: &Appended,
    egress_request_id: &str,
    progress: Progress,
    outcome: &kernel::event::EgressOutcome,
) -> Result<(), StoreError> {
    let sql = "UPDATE egress_request SET progress = ?2, outcome = ?3, response_blob = ?4, ended_at = ?5, last_event_id = ?6 WHERE egress_request_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        egress_request_id,
        progress.as_str(),
        event.event.data().to_string(),
        outcome.response_blob,
        event.occurred_at.millis(),
        event.event_id,
    ])?;
    Ok(())
}

const PERFORMANCE: &str = "SELECT egress_request_id, workspace_id, room_id, run_id, step_id, target_domain, progress, correlation_id, last_event_id
  FROM egress_request";

/// A request that is, or was, performed.
pub(in crate::store) fn performance(
    connection: &Connection,
    egress_request_id: &str,
) -> Result<Option<Performance>, StoreError> {
    let sql = format!("{PERFORMANCE} WHERE egress_request_id = ?1 AND progress IS NOT NULL");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_row([egress_request_id], read_performance);
    let found = found.optional()?.map(|found| placed(connection, found));
    found.transpose()
}

/// Requests to be performed that have not ended, oldest first.
pub(in crate::store) fn open(
    connection: &Connection,
    limit: u32,
) -> Result<Vec<Performance>, StoreError> {
    let sql = format!(
        "{PERFORMANCE} WHERE progress IN ('pending', 'in_flight') ORDER BY position LIMIT ?1"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map([limit], read_performance)?;
    rows.map(|row| placed(connection, row?)).collect()
}

fn read_performance(row: &Row<'_>) -> rusqlite::Result<Performance> {
    let progress = Progress::parse(row.get_ref(6)?.as_str()?);
    Ok(Performance {
        egress_request_id: row.get(0)?,
        place: Scope {
            room_id: row.get(2)?,
            run_id: row.get(3)?,
            step_id: row.get(4)?,
            ..Scope::workspace(row.get_ref(1)?.as_str()?)
        },
        target_domain: row.get(5)?,
        progress: progress.ok_or_else(|| unreadable(6, "a progress"))?,
        correlation_id: row.get(7)?,
        last_event_id: row.get(8)?,
    })
}

/// With the thread and the mission, which are the run's or the room's.
fn placed(connection: &Connection, found: Performance) -> Result<Performance, StoreError> {
    let of_run = match &found.place.run_id {
        Some(run_id) => run::state(connection, run_id)?.map(|run| run.scope()),
        None => None,
    };
    let of_room = match (&of_run, &found.place.room_id) {
        (None, Some(room_id)) => room::state(connection, room_id)?.map(|room| room.scope()),
        _ => None,
    };
    let place = Scope {
        step_id: found.place.step_id.clone(),
        ..of_run.or(of_room).unwrap_or(found.place)
    };
    Ok(Performance { place, ..found })
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

const SELECT: &str = "SELECT egress_request_id, workspace_id, room_id, run_id, step_id, requested_by_type, requested_by_id, requested_by_principal_id, zone, action,
  method, target_url, target_domain, policy_decision, policy_reason_code, policy_reason, enforcement_mode, ifnull(blocked, 0), approval_id,
  correlation_id, created_at, position, perform, progress, outcome, ended_at
FROM egress_request";

impl Reader {
    /// Egress requests of a workspace, or of one room or run, newest first, from before a position on.
    pub fn egress_requests(
        &self,
        workspace_id: &str,
        (room_id, run_id): (Option<&str>, Option<&str>),
        before_position: Option<u64>,
        limit: u32,
    ) -> Result<Vec<EgressRow>, StoreError> {
        let narrow = match (room_id, run_id) {
            (_, Some(_)) => "run_id = ?3 AND workspace_id = ?1 AND (?2 IS NULL OR room_id = ?2)",
            (Some(_), None) => "room_id = ?2 AND workspace_id = ?1 AND ?3 IS NULL",
            (None, None) => "workspace_id = ?1 AND ?2 IS NULL AND ?3 IS NULL",
        };
        let sql =
            format!("{SELECT} WHERE {narrow} AND position < ?4 ORDER BY position DESC LIMIT ?5");
        let before =
            before_position.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let mut select = self.connection.prepare_cached(&sql)?;
        let key = params![workspace_id, room_id, run_id, before, limit];
        let rows = select.query_map(key, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One egress request of a workspace.
    pub fn egress_request(
        &self,
        workspace_id: &str,
        egress_request_id: &str,
    ) -> Result<Option<EgressRow>, StoreError> {
        let sql = format!("{SELECT} WHERE egress_request_id = ?1 AND workspace_id = ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        let found = select.query_row([egress_request_id, workspace_id], read);
        Ok(found.optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<EgressRow> {
    let outcome: Option<String> = row.get(24)?;
    let outcome = outcome.map(|text| serde_json::from_str(&text));
    let outcome = outcome
        .transpose()
        .map_err(|_| unreadable(24, "an outcome"))?;
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
        perform: row.get(22)?,
        progress: row.get(23)?,
        outcome,
        ended_at: time(row, 25)?,
    })
}

//! Approvals: what the owner was asked, and what came of it.

use super::{json, unreadable, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use kernel::event::{
    ApprovalConsumed, ApprovalDecided, ApprovalExpired, ApprovalJoined, ApprovalRequested,
};
use kernel::gate::approval::{Approval, Identical, Reach, Status, Verdict};
use kernel::gate::question::{Binding, Question};
use kernel::gate::registry::COMMAND_EXECUTE;
use kernel::{Actor, ActorType, Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE approval (
  approval_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT, thread_id TEXT, run_id TEXT, step_id TEXT,
  action TEXT NOT NULL, target TEXT, payload TEXT, payload_digest TEXT, title TEXT, request TEXT, context TEXT, reason_code TEXT,
  status TEXT NOT NULL, reach TEXT NOT NULL, scope TEXT NOT NULL, scope_room_id TEXT, scope_run_id TEXT, expires_at INTEGER NOT NULL,
  requested_by_type TEXT NOT NULL, requested_by_id TEXT NOT NULL, requested_at INTEGER NOT NULL, waiters INTEGER NOT NULL,
  decided_by_type TEXT, decided_by_id TEXT, decided_at INTEGER, decision TEXT, decision_reason TEXT,
  ended_at INTEGER, ended_by TEXT, consumed_by_run_id TEXT, correlation_id TEXT NOT NULL, updated_at INTEGER NOT NULL,
  last_event_id TEXT NOT NULL, created_position INTEGER NOT NULL, updated_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_updated ON approval (workspace_id, updated_position);
CREATE INDEX approval_room ON approval (room_id, updated_position) WHERE room_id IS NOT NULL;
CREATE INDEX approval_run ON approval (run_id, updated_position) WHERE run_id IS NOT NULL;
CREATE INDEX approval_status ON approval (workspace_id, status, updated_position);
CREATE INDEX approval_waiting ON approval (workspace_id, action, payload_digest) WHERE status IN ('pending', 'held');
CREATE INDEX approval_usable ON approval (workspace_id, action) WHERE status = 'approved';
CREATE INDEX approval_due ON approval (expires_at) WHERE status IN ('pending', 'held', 'approved');
CREATE TABLE approval_waiter (
  approval_id TEXT NOT NULL, actor_type TEXT NOT NULL, actor_id TEXT NOT NULL, PRIMARY KEY (approval_id, actor_type, actor_id)
) STRICT, WITHOUT ROWID;
";

/// What may allow is found by all that it is bound to, however many others are in force.
pub(in crate::store) const MIGRATION: &str = "
DROP INDEX approval_usable;
CREATE INDEX approval_usable ON approval (workspace_id, action, reach, payload_digest) WHERE status = 'approved';
";

pub(in crate::store) fn requested(
    connection: &Connection,
    event: &Appended,
    data: &ApprovalRequested,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO approval (approval_id, workspace_id, mission_id, room_id, thread_id, run_id, step_id, action, target, payload, payload_digest,
                 title, request, context, reason_code, status, reach, scope, scope_room_id, scope_run_id, expires_at, requested_by_type, requested_by_id,
                 requested_at, waiters, correlation_id, updated_at, last_event_id, created_position, updated_position)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 'pending', '', '', NULL, NULL, ?16, ?17, ?18, ?19, 0, ?20, ?19, ?21, ?22, ?22)";
    let scope = &event.scope;
    connection.prepare_cached(sql)?.execute(params![
        data.approval_id,
        scope.workspace_id,
        scope.mission_id,
        scope.room_id,
        scope.thread_id,
        scope.run_id,
        scope.step_id,
        data.action,
        data.target,
        json(&data.payload),
        data.payload_digest,
        data.title,
        json(&data.request),
        json(&data.context),
        data.reason_code,
        data.expires_at.millis(),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    reach(connection, &data.approval_id, &data.scope)?;
    waits(connection, &data.approval_id, &event.actor)
}

pub(in crate::store) fn joined(
    connection: &Connection,
    event: &Appended,
    data: &ApprovalJoined,
) -> Result<(), StoreError> {
    waits(connection, &data.approval_id, &event.actor)?;
    touch(connection, event, &data.approval_id)
}

fn waits(connection: &Connection, approval_id: &str, actor: &Actor) -> Result<(), StoreError> {
    let sql = "INSERT INTO approval_waiter VALUES (?1, ?2, ?3)";
    let kind = actor.actor_type.as_str();
    connection
        .prepare_cached(sql)?
        .execute([approval_id, kind, &actor.actor_id])?;
    let sql = "UPDATE approval SET waiters = waiters + 1 WHERE approval_id = ?1";
    connection.prepare_cached(sql)?.execute([approval_id])?;
    Ok(())
}

pub(in crate::store) fn decided(
    connection: &Connection,
    event: &Appended,
    data: &ApprovalDecided,
) -> Result<(), StoreError> {
    let (status, decision) = match data.decision {
        Verdict::Approve => ("approved", "approve"),
        Verdict::Deny => ("denied", "deny"),
        Verdict::Hold => ("held", "hold"),
    };
    let sql = "UPDATE approval SET status = ?2, decision = ?3, decision_reason = ?4, expires_at = ?5, decided_by_type = ?6, decided_by_id = ?7, decided_at = ?8
               WHERE approval_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.approval_id,
        status,
        decision,
        data.reason,
        data.expires_at.millis(),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.occurred_at.millis(),
    ])?;
    reach(connection, &data.approval_id, &data.scope)?;
    touch(connection, event, &data.approval_id)
}

pub(in crate::store) fn consumed(
    connection: &Connection,
    event: &Appended,
    data: &ApprovalConsumed,
) -> Result<(), StoreError> {
    let sql = "UPDATE approval SET consumed_by_run_id = ?2 WHERE approval_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![data.approval_id, data.run_id])?;
    end(connection, event, &data.approval_id, "consumed", "consumed")
}

pub(in crate::store) fn expired(
    connection: &Connection,
    event: &Appended,
    data: &ApprovalExpired,
) -> Result<(), StoreError> {
    end(
        connection,
        event,
        &data.approval_id,
        "expired",
        &data.reason_code,
    )
}

fn end(
    connection: &Connection,
    event: &Appended,
    approval_id: &str,
    status: &str,
    ended_by: &str,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE approval SET status = ?2, ended_by = ?3, ended_at = ?4 WHERE approval_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        approval_id,
        status,
        ended_by,
        event.occurred_at.millis(),
    ])?;
    touch(connection, event, approval_id)
}

/// Keeps a reach as JSON, and as the columns that the gate looks it up by.
fn reach(connection: &Connection, approval_id: &str, reach: &Reach) -> Result<(), StoreError> {
    let (kind, room_id, run_id) = match reach {
        Reach::Once => ("once", None, None),
        Reach::Run { run_id } => ("run", None, Some(run_id)),
        Reach::Room { room_id } => ("room", Some(room_id), None),
        Reach::Workspace => ("workspace", None, None),
        Reach::Template { room_id, .. } => ("template", room_id.as_ref(), None),
    };
    let sql = "UPDATE approval SET reach = ?2, scope = ?3, scope_room_id = ?4, scope_run_id = ?5 WHERE approval_id = ?1";
    let scope = serde_json::json!(reach).to_string();
    connection
        .prepare_cached(sql)?
        .execute(params![approval_id, kind, scope, room_id, run_id])?;
    Ok(())
}

fn touch(connection: &Connection, event: &Appended, approval_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE approval SET updated_at = ?2, last_event_id = ?3, updated_position = ?4 WHERE approval_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        approval_id,
        event.occurred_at.millis(),
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

const STATE: &str = "SELECT approval_id, workspace_id, mission_id, room_id, thread_id, run_id, step_id, action, target, payload_digest,
  requested_by_type, requested_by_id, status, consumed_by_run_id, expires_at, correlation_id, last_event_id, scope FROM approval";

pub(in crate::store) fn state(
    connection: &Connection,
    approval_id: &str,
) -> Result<Option<Approval>, StoreError> {
    let sql = format!("{STATE} WHERE approval_id = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([approval_id], approval)
        .optional()?)
}

pub(in crate::store) fn waiting(
    connection: &Connection,
    identical: &Identical<'_>,
    now: Timestamp,
) -> Result<Option<Approval>, StoreError> {
    let sql = format!(
        "{STATE} WHERE workspace_id = ?1 AND action = ?2 AND payload_digest IS ?3 AND status IN ('pending', 'held') AND target IS ?4
           AND room_id IS ?5 AND run_id IS ?6 AND scope = ?7 AND expires_at > ?8 ORDER BY created_position DESC LIMIT 1"
    );
    let Identical {
        binding,
        place,
        reach,
    } = identical;
    let scope = serde_json::json!(reach).to_string();
    let mut select = connection.prepare_cached(&sql)?;
    let values = params![
        place.workspace_id,
        binding.action,
        binding.payload_digest,
        binding.target,
        place.room_id,
        place.run_id,
        scope,
        now.millis(),
    ];
    Ok(select.query_row(values, approval).optional()?)
}

pub(in crate::store) fn is_waiter(
    connection: &Connection,
    approval_id: &str,
    actor: &Actor,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM approval_waiter WHERE approval_id = ?1 AND actor_type = ?2 AND actor_id = ?3";
    let kind = actor.actor_type.as_str();
    Ok(connection
        .prepare_cached(sql)?
        .exists([approval_id, kind, &actor.actor_id])?)
}

/// Those that may allow: narrowed by everything that an index or a column can tell.
pub(in crate::store) fn usable(
    connection: &Connection,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Approval>, StoreError> {
    // A template is of no payload; all others are found by theirs. Left to itself, SQLite looks
    // through whatever is in force, because that comes in the order asked for.
    let bound = "SELECT approval_id FROM approval INDEXED BY approval_usable WHERE workspace_id = ?1 AND action = ?2 AND status = 'approved'";
    let sql = format!(
        "{STATE} WHERE approval_id IN ({bound} AND reach IN ('once', 'run', 'room', 'workspace') AND payload_digest IS ?3
                         UNION ALL {bound} AND reach = 'template')
           AND expires_at > ?7 AND (
             (reach = 'once' AND target IS ?4 AND room_id IS ?5 AND run_id IS ?6)
             OR (reach = 'run' AND target IS ?4 AND scope_run_id = ?6)
             OR (reach = 'room' AND target IS ?4 AND scope_room_id = ?5)
             OR (reach = 'workspace' AND target IS ?4)
             OR (reach = 'template' AND (scope_room_id IS NULL OR scope_room_id = ?5)))
         ORDER BY updated_position DESC"
    );
    let (binding, place) = (&question.binding, &question.place);
    let mut select = connection.prepare_cached(&sql)?;
    let values = params![
        place.workspace_id,
        binding.action,
        binding.payload_digest,
        binding.target,
        place.room_id,
        place.run_id,
        now.millis(),
    ];
    let rows = select.query_map(values, approval)?;
    let mut found: Vec<Approval> = rows.collect::<Result<_, _>>()?;
    if binding.action == COMMAND_EXECUTE {
        found.extend(used_by(connection, place.run_id.as_deref())?);
    }
    Ok(found)
}

/// What a run has used up for its command: an attempt that is begun again still goes by it.
fn used_by(connection: &Connection, run_id: Option<&str>) -> Result<Option<Approval>, StoreError> {
    let sql = format!(
        "{STATE} WHERE run_id = ?1 AND consumed_by_run_id = ?1 AND status = 'consumed' AND action = ?2"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let values = params![run_id, COMMAND_EXECUTE];
    Ok(select.query_row(values, approval).optional()?)
}

pub(in crate::store) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT approval_id FROM approval WHERE status IN ('pending', 'held', 'approved') AND expires_at <= ?1
               ORDER BY expires_at, approval_id LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![now.millis(), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn approval(row: &Row<'_>) -> rusqlite::Result<Approval> {
    let name: String = row.get(12)?;
    let status =
        Status::named(&name, row.get(13)?).ok_or_else(|| unreadable(12, "an approval status"))?;
    let scope = value(row, 17)?.unwrap_or_default();
    Ok(Approval {
        approval_id: row.get(0)?,
        place: Scope {
            workspace_id: row.get(1)?,
            mission_id: row.get(2)?,
            room_id: row.get(3)?,
            thread_id: row.get(4)?,
            run_id: row.get(5)?,
            step_id: row.get(6)?,
            channel: None,
        },
        binding: Binding {
            action: row.get(7)?,
            target: row.get(8)?,
            payload_digest: row.get(9)?,
        },
        requester: Actor::new(
            ActorType::from_wire(row.get_ref(10)?.as_str()?),
            row.get::<_, String>(11)?,
        ),
        status,
        expires_at: Timestamp::from_millis(row.get(14)?),
        correlation_id: row.get(15)?,
        last_event_id: row.get(16)?,
        reach: serde_json::from_value(scope).map_err(|_| unreadable(17, "a scope"))?,
    })
}

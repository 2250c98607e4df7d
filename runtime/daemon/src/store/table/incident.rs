//! Incidents and what was learned from them: what is kept, and what decisions need of it.

use super::{json, unreadable};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use kernel::actor::SYSTEM_ACTOR_ID;
use kernel::event::{IncidentClosed, IncidentLearningLogged, IncidentOpened, IncidentRcaUpdated};
use kernel::incidents::{Incident, Status};
use kernel::{Actor, Scope};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Lists are read newest change first, by every narrowing that they offer; the open ones are few among
/// many, so they are counted and paged without the closed ones.
pub(in crate::store) const DDL: &str = "
CREATE TABLE incident (
  incident_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT, thread_id TEXT, run_id TEXT,
  status TEXT NOT NULL, title TEXT NOT NULL, summary TEXT, severity TEXT NOT NULL, category TEXT, entity_type TEXT, entity_id TEXT, details TEXT,
  rca TEXT, rca_updated_at INTEGER, learning_count INTEGER NOT NULL, closed_reason TEXT, automatic INTEGER NOT NULL,
  created_by_type TEXT NOT NULL, created_by_id TEXT NOT NULL, created_at INTEGER NOT NULL, closed_at INTEGER, updated_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, idempotency_key TEXT, created_position INTEGER NOT NULL, updated_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_updated ON incident (workspace_id, updated_position);
CREATE INDEX incident_status ON incident (workspace_id, status, updated_position);
CREATE INDEX incident_severity ON incident (workspace_id, severity, updated_position);
CREATE INDEX incident_status_severity ON incident (workspace_id, status, severity, updated_position);
CREATE INDEX incident_room ON incident (room_id, updated_position) WHERE room_id IS NOT NULL;
CREATE INDEX incident_run ON incident (run_id, updated_position) WHERE run_id IS NOT NULL;
CREATE INDEX incident_entity ON incident (entity_id, created_position) WHERE entity_id IS NOT NULL;
CREATE INDEX incident_key ON incident (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TABLE incident_learning (
  learning_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, workspace_id TEXT NOT NULL, room_id TEXT, run_id TEXT, note TEXT NOT NULL, tags TEXT NOT NULL,
  created_by_type TEXT NOT NULL, created_by_id TEXT NOT NULL, created_at INTEGER NOT NULL, last_event_id TEXT NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_learning_incident ON incident_learning (incident_id, position);
";

pub(in crate::store) fn opened(
    connection: &Connection,
    event: &Appended,
    data: &IncidentOpened,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident (incident_id, workspace_id, mission_id, room_id, thread_id, run_id, status, title, summary, severity, category, entity_type,
                 entity_id, details, learning_count, automatic, created_by_type, created_by_id, created_at, updated_at, correlation_id, last_event_id,
                 idempotency_key, created_position, updated_position)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, ?14, ?15, ?16, ?17, ?17, ?18, ?19, ?20, ?21, ?21)";
    let scope = &event.scope;
    connection.prepare_cached(sql)?.execute(params![
        data.incident_id,
        scope.workspace_id,
        scope.mission_id,
        scope.room_id,
        scope.thread_id,
        scope.run_id,
        data.title,
        data.summary,
        data.severity.as_str(),
        data.category,
        data.entity_type,
        data.entity_id,
        json(&data.details),
        event.actor == Actor::service(SYSTEM_ACTOR_ID),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.idempotency_key,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn rca_updated(
    connection: &Connection,
    event: &Appended,
    data: &IncidentRcaUpdated,
) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET rca = ?2, rca_updated_at = ?3 WHERE incident_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.incident_id,
        serde_json::json!(data.rca).to_string(),
        event.occurred_at.millis(),
    ])?;
    touch(connection, event, &data.incident_id)
}

pub(in crate::store) fn learning_logged(
    connection: &Connection,
    event: &Appended,
    data: &IncidentLearningLogged,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_learning (learning_id, incident_id, workspace_id, room_id, run_id, note, tags, created_by_type, created_by_id, created_at,
                 last_event_id, position)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    connection.prepare_cached(sql)?.execute(params![
        data.learning_id,
        data.incident_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.run_id,
        data.note,
        serde_json::json!(data.tags).to_string(),
        event.actor.actor_type.as_str(),
        event.actor.actor_id,
        event.occurred_at.millis(),
        event.event_id,
        event.position,
    ])?;
    let sql = "UPDATE incident SET learning_count = learning_count + 1 WHERE incident_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute([&data.incident_id])?;
    touch(connection, event, &data.incident_id)
}

pub(in crate::store) fn closed(
    connection: &Connection,
    event: &Appended,
    data: &IncidentClosed,
) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET status = 'closed', closed_reason = ?2, closed_at = ?3 WHERE incident_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.incident_id,
        data.reason,
        event.occurred_at.millis(),
    ])?;
    touch(connection, event, &data.incident_id)
}

fn touch(connection: &Connection, event: &Appended, incident_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET updated_at = ?2, last_event_id = ?3, updated_position = ?4 WHERE incident_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        incident_id,
        event.occurred_at.millis(),
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    incident_id: &str,
) -> Result<Option<Incident>, StoreError> {
    let sql = "SELECT incident_id, workspace_id, mission_id, room_id, thread_id, run_id, status, rca IS NOT NULL, learning_count, correlation_id, last_event_id
               FROM incident WHERE incident_id = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([incident_id], incident)
        .optional()?)
}

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let status = row.get_ref(6)?.as_str()?;
    Ok(Incident {
        incident_id: row.get(0)?,
        place: Scope {
            workspace_id: row.get(1)?,
            mission_id: row.get(2)?,
            room_id: row.get(3)?,
            thread_id: row.get(4)?,
            run_id: row.get(5)?,
            step_id: None,
            channel: None,
        },
        status: Status::named(status).ok_or_else(|| unreadable(6, "an incident status"))?,
        has_rca: row.get(7)?,
        learnings: row.get(8)?,
        correlation_id: row.get(9)?,
        last_event_id: row.get(10)?,
    })
}

pub(in crate::store) fn by_key(
    connection: &Connection,
    workspace_id: &str,
    key: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT incident_id FROM incident WHERE workspace_id = ?1 AND idempotency_key = ?2 ORDER BY created_position LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([workspace_id, key], |row| row.get(0))
        .optional()?)
}

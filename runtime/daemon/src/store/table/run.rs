//! Runs and where they stand.

use super::{json, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use kernel::actor::OWNER_ACTOR_ID;
use kernel::event::{
    RunApproved, RunCancelled, RunClaimed, RunCompleted, RunCreated, RunFailed, RunWaiting,
};
use kernel::state::{Room, Run, RunStatus};
use kernel::{Actor, ActorType};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE run (
  run_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT NOT NULL, thread_id TEXT,
  status TEXT NOT NULL, title TEXT, goal TEXT, input TEXT, output TEXT, summary TEXT, error TEXT, tags TEXT,
  observed INTEGER NOT NULL, repeatable INTEGER NOT NULL, by_owner INTEGER NOT NULL, attempt_no INTEGER NOT NULL, claimed_by_actor_id TEXT,
  cancel_requested_at INTEGER, created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, updated_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, created_position INTEGER NOT NULL, updated_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_updated ON run (workspace_id, updated_position);
CREATE INDEX run_room ON run (room_id, updated_position);
CREATE INDEX run_queued ON run (workspace_id, created_position) WHERE status = 'queued' AND observed = 0;
";

/// Runs that need the owner's approval: what for, and how it stands.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE run ADD COLUMN names_command INTEGER NOT NULL DEFAULT 0;
UPDATE run SET names_command = 1 WHERE json_type(input, '$.command') IS NOT NULL;
ALTER TABLE run ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN waiting_approval_id TEXT;
ALTER TABLE run ADD COLUMN approval_id TEXT;
DROP INDEX run_queued;
CREATE INDEX run_claimable ON run (workspace_id, created_position) WHERE status = 'queued' AND observed = 0 AND waiting_approval_id IS NULL;
";

/// Runs of experiments.
pub(in crate::store) const EXPERIMENT_MIGRATION: &str = "
ALTER TABLE run ADD COLUMN experiment_id TEXT;
CREATE INDEX run_experiment ON run (experiment_id, updated_position) WHERE experiment_id IS NOT NULL;
CREATE INDEX run_experiment_newest ON run (experiment_id, created_position) WHERE experiment_id IS NOT NULL;
CREATE INDEX run_experiment_active ON run (experiment_id) WHERE experiment_id IS NOT NULL AND status IN ('queued', 'running');
";

/// Claims that are limited to rooms.
pub(in crate::store) const CLAIM_MIGRATION: &str = "
CREATE INDEX run_claimable_room ON run (room_id, created_position) WHERE status = 'queued' AND observed = 0 AND waiting_approval_id IS NULL;
";

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &RunCreated,
) -> Result<(), StoreError> {
    let by_owner =
        event.actor.actor_type == ActorType::User && event.actor.actor_id == OWNER_ACTOR_ID;
    let sql = "INSERT INTO run (run_id, workspace_id, mission_id, room_id, thread_id, status, title, goal, input, tags, observed, by_owner, repeatable, attempt_no,
                 created_at, updated_at, correlation_id, last_event_id, created_position, updated_position, names_command, experiment_id)
               VALUES (?1, ?2, ?16, ?3, ?4, 'queued', ?5, ?6, ?7, ?8, ?9, ?10, ?15, 0, ?11, ?11, ?12, ?13, ?14, ?14, ?17, ?18)";
    connection.prepare_cached(sql)?.execute(params![
        data.run_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.thread_id,
        data.title,
        data.goal,
        json(&data.input),
        json(&data.tags),
        data.observed.unwrap_or(false),
        by_owner,
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
        kernel::runs::repeatable(data.input.as_ref()),
        event.scope.mission_id,
        kernel::runs::names_command(data.input.as_ref()),
        data.experiment_id,
    ])?;
    Ok(())
}

/// A change of a run, in one statement with what every event of it changes.
macro_rules! change {
    ($assignments:literal) => {
        concat!(
            "UPDATE run SET updated_at = ?2, last_event_id = ?3, updated_position = ?4, ",
            $assignments,
            " WHERE run_id = ?1"
        )
    };
}

/// `sql` is made by [`change!`]; `values` are its parameters from `?5` on.
fn change(
    connection: &Connection,
    event: &Appended,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<(), StoreError> {
    let at = event.occurred_at.millis();
    let always: [&dyn ToSql; 4] = [&event.scope.run_id, &at, &event.event_id, &event.position];
    let parameters = always.iter().chain(values).copied();
    connection
        .prepare_cached(sql)?
        .execute(params_from_iter(parameters))?;
    Ok(())
}

pub(in crate::store) fn claimed(
    connection: &Connection,
    event: &Appended,
    data: &RunClaimed,
) -> Result<(), StoreError> {
    let sql =
        change!("attempt_no = ?5, claimed_by_actor_id = ?6, approval_id = ifnull(?7, approval_id)");
    let values: [&dyn ToSql; 3] = [&data.attempt_no, &data.actor_id, &data.approval_id];
    change(connection, event, sql, &values)
}

pub(in crate::store) fn waiting(
    connection: &Connection,
    event: &Appended,
    data: &RunWaiting,
) -> Result<(), StoreError> {
    let sql = change!("waiting_approval_id = ?5, approval_id = NULL");
    change(connection, event, sql, &[&data.approval_id])
}

pub(in crate::store) fn approved(
    connection: &Connection,
    event: &Appended,
    data: &RunApproved,
) -> Result<(), StoreError> {
    let sql = change!("waiting_approval_id = NULL, approval_id = ?5");
    change(connection, event, sql, &[&data.approval_id])
}

pub(in crate::store) fn started(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let sql = change!("status = 'running', started_at = ?2");
    change(connection, event, sql, &[])
}

/// The attempt is over and the run waits for another; or for the owner, which counts no attempt.
pub(in crate::store) fn requeued(
    connection: &Connection,
    event: &Appended,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = change!(
        "status = 'queued', claimed_by_actor_id = NULL, started_at = NULL, waits = waits + ?5"
    );
    let waits = reason == kernel::runs::WAITING_FOR_APPROVAL;
    change(connection, event, sql, &[&waits])
}

pub(in crate::store) fn cancel_requested(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    change(connection, event, change!("cancel_requested_at = ?2"), &[])
}

pub(in crate::store) fn completed(
    connection: &Connection,
    event: &Appended,
    data: &RunCompleted,
) -> Result<(), StoreError> {
    end(
        connection,
        event,
        RunStatus::Succeeded,
        data.summary.as_deref(),
        json(&data.output),
        None,
    )
}

pub(in crate::store) fn failed(
    connection: &Connection,
    event: &Appended,
    data: &RunFailed,
) -> Result<(), StoreError> {
    let error = data.error.clone().or_else(|| {
        data.message
            .clone()
            .map(|message| serde_json::json!({ "message": message }))
    });
    end(
        connection,
        event,
        RunStatus::Failed,
        data.message.as_deref(),
        None,
        json(&error),
    )
}

pub(in crate::store) fn cancelled(
    connection: &Connection,
    event: &Appended,
    data: &RunCancelled,
) -> Result<(), StoreError> {
    end(
        connection,
        event,
        RunStatus::Cancelled,
        data.reason.as_deref(),
        None,
        None,
    )
}

fn end(
    connection: &Connection,
    event: &Appended,
    status: RunStatus,
    summary: Option<&str>,
    output: Option<String>,
    error: Option<String>,
) -> Result<(), StoreError> {
    let sql = change!(
        "status = ?5, ended_at = ?2, summary = ?6, output = ?7, error = ?8, waiting_approval_id = NULL"
    );
    let values: [&dyn ToSql; 4] = [&status.as_str(), &summary, &output, &error];
    change(connection, event, sql, &values)
}

pub(in crate::store) fn state(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<Run>, StoreError> {
    let sql = "SELECT run.run_id, room_id, workspace_id, mission_id, thread_id, status, attempt_no, cancel_requested_at IS NOT NULL,
                 observed, correlation_id, last_event_id, repeatable, creator.actor_type, creator.actor_id,
                 names_command, waits, waiting_approval_id, approval_id, experiment_id, title
               FROM run JOIN event AS creation ON creation.position = created_position JOIN actor AS creator ON creator.id = creation.actor
               WHERE run.run_id = ?1";
    let run = connection.prepare_cached(sql)?.query_row([run_id], |row| {
        Ok(Run {
            run_id: row.get(0)?,
            room: Room {
                room_id: row.get(1)?,
                workspace_id: row.get(2)?,
                mission_id: row.get(3)?,
            },
            thread_id: row.get(4)?,
            experiment_id: row.get(18)?,
            status: status(row, 5)?,
            attempt_no: row.get(6)?,
            cancel_requested: row.get(7)?,
            observed: row.get(8)?,
            correlation_id: row.get(9)?,
            last_event_id: row.get(10)?,
            repeatable: row.get(11)?,
            created_by: Actor::new(actor_type(row, 12)?, row.get::<_, String>(13)?),
            names_command: row.get(14)?,
            waits: row.get(15)?,
            waiting_approval_id: row.get(16)?,
            approval_id: row.get(17)?,
            title: row.get(19)?,
        })
    });
    Ok(run.optional()?)
}

pub(in crate::store) fn input(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<Value>, StoreError> {
    let sql = "SELECT input FROM run WHERE run_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let input = select.query_row([run_id], |row| value(row, 0)).optional()?;
    Ok(input.flatten())
}

pub(in crate::store) fn oldest_queued(
    connection: &Connection,
    workspace_id: &str,
    rooms: Option<&[String]>,
) -> Result<Option<String>, StoreError> {
    let Some(rooms) = rooms else {
        let sql = "SELECT run_id FROM run WHERE workspace_id = ?1 AND status = 'queued' AND observed = 0 AND waiting_approval_id IS NULL
                   ORDER BY created_position LIMIT 1";
        let mut select = connection.prepare_cached(sql)?;
        return Ok(select
            .query_row([workspace_id], |row| row.get(0))
            .optional()?);
    };
    // One look at the index for each room: all of them in one condition would read every queued run.
    let sql = "SELECT created_position, run_id FROM run WHERE room_id = ?2 AND workspace_id = ?1 AND status = 'queued' AND observed = 0
                 AND waiting_approval_id IS NULL ORDER BY created_position LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let mut oldest: Option<(u64, String)> = None;
    for room_id in rooms {
        let first = select.query_row([workspace_id, room_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        oldest = [oldest, first.optional()?].into_iter().flatten().min();
    }
    Ok(oldest.map(|(_, run_id)| run_id))
}

/// Whether there are more than `count` events of the run.
pub(in crate::store) fn has_more_events_than(
    connection: &Connection,
    run_id: &str,
    count: u64,
) -> Result<bool, StoreError> {
    // No run has more events than came since it was created: for all but a few that answers it.
    let sql = "SELECT (SELECT max(position) FROM event) - created_position >= ?2 FROM run WHERE run_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let could: Option<bool> = select
        .query_row(params![run_id, count], |row| row.get(0))
        .optional()?;
    if could != Some(true) {
        return Ok(false);
    }
    let sql = "SELECT count(*) FROM (SELECT 1 FROM event WHERE scope IN (SELECT id FROM scope WHERE run_id = ?1) LIMIT ?2 + 1)";
    let mut select = connection.prepare_cached(sql)?;
    let found: u64 = select.query_row(params![run_id, count], |row| row.get(0))?;
    Ok(found > count)
}

pub(super) fn actor_type(row: &Row<'_>, index: usize) -> rusqlite::Result<ActorType> {
    Ok(ActorType::from_wire(row.get_ref(index)?.as_str()?))
}

pub(super) fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<RunStatus> {
    let text = row.get_ref(index)?.as_str()?;
    RunStatus::parse(text).ok_or_else(|| super::unreadable(index, "a run status"))
}

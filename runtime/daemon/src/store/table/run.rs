//! Runs and where they stand.

use super::{json, time, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::actor::OWNER_ACTOR_ID;
use kernel::event::{
    RunApproved, RunCancelled, RunClaimed, RunCompleted, RunCreated, RunFailed, RunWaiting,
};
use kernel::state::{Room, Run, RunStatus};
use kernel::{Actor, ActorType, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

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
}

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

pub(in crate::store) fn claimed(
    connection: &Connection,
    event: &Appended,
    data: &RunClaimed,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET attempt_no = ?2, claimed_by_actor_id = ?3, approval_id = ifnull(?4, approval_id) WHERE run_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.run_id,
        data.attempt_no,
        data.actor_id,
        data.approval_id,
    ])?;
    touch(connection, event)
}

pub(in crate::store) fn waiting(
    connection: &Connection,
    event: &Appended,
    data: &RunWaiting,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET waiting_approval_id = ?2, approval_id = NULL WHERE run_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute([&data.run_id, &data.approval_id])?;
    touch(connection, event)
}

pub(in crate::store) fn approved(
    connection: &Connection,
    event: &Appended,
    data: &RunApproved,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET waiting_approval_id = NULL, approval_id = ?2 WHERE run_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute([&data.run_id, &data.approval_id])?;
    touch(connection, event)
}

pub(in crate::store) fn started(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET status = 'running', started_at = ?2 WHERE run_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![event.scope.run_id, event.occurred_at.millis()])?;
    touch(connection, event)
}

/// The attempt is over and the run waits for another; or for the owner, which counts no attempt.
pub(in crate::store) fn requeued(
    connection: &Connection,
    event: &Appended,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET status = 'queued', claimed_by_actor_id = NULL, started_at = NULL, waits = waits + ?2 WHERE run_id = ?1";
    let waits = reason == kernel::runs::WAITING_FOR_APPROVAL;
    connection
        .prepare_cached(sql)?
        .execute(params![event.scope.run_id, waits])?;
    touch(connection, event)
}

pub(in crate::store) fn cancel_requested(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let sql = "UPDATE run SET cancel_requested_at = ?2 WHERE run_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![event.scope.run_id, event.occurred_at.millis()])?;
    touch(connection, event)
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
    let sql = "UPDATE run SET status = ?2, ended_at = ?3, summary = ?4, output = ?5, error = ?6, waiting_approval_id = NULL WHERE run_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.run_id,
        status.as_str(),
        event.occurred_at.millis(),
        summary,
        output,
        error,
    ])?;
    touch(connection, event)
}

fn touch(connection: &Connection, event: &Appended) -> Result<(), StoreError> {
    let sql = "UPDATE run SET updated_at = ?2, last_event_id = ?3, updated_position = ?4 WHERE run_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.run_id,
        event.occurred_at.millis(),
        event.event_id,
        event.position,
    ])?;
    Ok(())
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
    let rooms = rooms.map(|rooms| serde_json::json!(rooms).to_string());
    let sql =
        "SELECT run_id FROM run WHERE workspace_id = ?1 AND status = 'queued' AND observed = 0 AND waiting_approval_id IS NULL
                 AND (?2 IS NULL OR room_id IN (SELECT value FROM json_each(?2)))
               ORDER BY created_position LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select
        .query_row(params![workspace_id, rooms], |row| row.get(0))
        .optional()?)
}

/// Which runs a list asks for.
#[derive(Clone, Debug, Default)]
pub struct RunQuery {
    pub workspace_id: String,
    pub room_id: Option<String>,
    pub experiment_id: Option<String>,
    pub status: Option<RunStatus>,
    pub limit: u32,
}

const SELECT: &str = "SELECT run.run_id, workspace_id, room_id, thread_id, status, title, goal, input, output, summary, error, tags, observed, by_owner,
  run.attempt_no, claimed_by_actor_id, cancel_requested_at, created_at, started_at, ended_at, updated_at, correlation_id, last_event_id,
  lease.expires_at, lease.heartbeat_at, creator.actor_type, creator.actor_id, waiting_approval_id, approval_id, experiment_id
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
            "{SELECT} WHERE workspace_id = ?1 AND {narrow} AND status = ifnull(?3, status) ORDER BY updated_position DESC LIMIT ?4"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let status = query.status.map(RunStatus::as_str);
        let rows = select.query_map(
            params![
                query.workspace_id,
                query.room_id,
                status,
                query.limit,
                query.experiment_id
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
    })
}

fn actor_type(row: &Row<'_>, index: usize) -> rusqlite::Result<ActorType> {
    Ok(ActorType::from_wire(row.get_ref(index)?.as_str()?))
}

fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<RunStatus> {
    let text = row.get_ref(index)?.as_str()?;
    RunStatus::parse(text).ok_or_else(|| super::unreadable(index, "a run status"))
}

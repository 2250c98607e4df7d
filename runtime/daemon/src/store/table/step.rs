//! Steps of runs.

use super::{json, time, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::StepCreated;
use kernel::state::Step;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE step (
  step_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, workspace_id TEXT NOT NULL, room_id TEXT NOT NULL, thread_id TEXT, kind TEXT NOT NULL,
  status TEXT NOT NULL, title TEXT, input TEXT, output TEXT, created_at INTEGER NOT NULL, ended_at INTEGER, updated_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX step_run ON step (run_id, position);
";

/// Where a step stands: what its newest tool call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Queued,
    Running,
    Succeeded,
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Running => "running",
            Status::Succeeded => "succeeded",
            Status::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepRow {
    pub step_id: String,
    pub run_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub thread_id: Option<String>,
    pub kind: String,
    pub status: String,
    pub title: Option<String>,
    pub input: Option<Value>,
    pub output: Option<Value>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &StepCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO step VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, ?10, NULL, ?10, ?11, ?12, ?13)";
    connection.prepare_cached(sql)?.execute(params![
        data.step_id,
        event.scope.run_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.thread_id,
        data.kind,
        Status::Queued.as_str(),
        data.title,
        json(&data.input),
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

/// A tool call of the step began or ended.
pub(in crate::store) fn moved(
    connection: &Connection,
    event: &Appended,
    status: Status,
    output: Option<&Value>,
) -> Result<(), StoreError> {
    let ended =
        matches!(status, Status::Succeeded | Status::Failed).then(|| event.occurred_at.millis());
    let sql = "UPDATE step SET updated_at = ?2, last_event_id = ?3, status = ?4, output = ifnull(?5, output), ended_at = ?6 WHERE step_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.step_id,
        event.occurred_at.millis(),
        event.event_id,
        status.as_str(),
        output.map(Value::to_string),
        ended,
    ])?;
    Ok(())
}

/// Something of the step happened: its next event is caused by this one.
pub(in crate::store) fn touched(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let sql = "UPDATE step SET updated_at = ?2, last_event_id = ?3 WHERE step_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.step_id,
        event.occurred_at.millis(),
        event.event_id
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    step_id: &str,
) -> Result<Option<Step>, StoreError> {
    let sql = "SELECT step_id, run_id, last_event_id FROM step WHERE step_id = ?1";
    let step = connection.prepare_cached(sql)?.query_row([step_id], |row| {
        Ok(Step {
            step_id: row.get(0)?,
            run_id: row.get(1)?,
            last_event_id: row.get(2)?,
        })
    });
    Ok(step.optional()?)
}

impl Reader {
    /// The steps of a run, oldest first.
    pub fn steps(&self, run_id: &str) -> Result<Vec<StepRow>, StoreError> {
        let sql = "SELECT step_id, run_id, workspace_id, room_id, thread_id, kind, status, title, input, output, created_at, ended_at,
                     updated_at, correlation_id, last_event_id FROM step WHERE run_id = ?1 ORDER BY position";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([run_id], |row| {
            Ok(StepRow {
                step_id: row.get(0)?,
                run_id: row.get(1)?,
                workspace_id: row.get(2)?,
                room_id: row.get(3)?,
                thread_id: row.get(4)?,
                kind: row.get(5)?,
                status: row.get(6)?,
                title: row.get(7)?,
                input: value(row, 8)?,
                output: value(row, 9)?,
                created_at: Timestamp::from_millis(row.get(10)?),
                ended_at: time(row, 11)?,
                updated_at: Timestamp::from_millis(row.get(12)?),
                correlation_id: row.get(13)?,
                last_event_id: row.get(14)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

//! Tasks, as they stand.

use super::{json, time, unreadable, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use crate::store::table::topic::open_only;
use kernel::board::{Task, TaskState, TaskStatus, channel_of};
use kernel::broker::Rules;
use kernel::event::{TaskClaimed, TaskCreated, TaskDone};
use kernel::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE task (
  task_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT, channel TEXT, title TEXT NOT NULL, context TEXT, status TEXT NOT NULL,
  assigned_to TEXT, claimed_by TEXT, claimed_at INTEGER, attempt INTEGER NOT NULL, result TEXT, files TEXT, created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL, created_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_created ON task (created_position);
CREATE INDEX task_status ON task (status, created_position);
CREATE INDEX task_assigned ON task (assigned_to, created_position) WHERE assigned_to IS NOT NULL;
CREATE INDEX task_claimed ON task (claimed_by, created_position) WHERE claimed_by IS NOT NULL;
";

/// A task, as lists show it.
#[derive(Clone, Debug)]
pub struct TaskRow {
    pub task_id: String,
    /// The name of its channel.
    pub channel: String,
    pub title: String,
    pub context: Option<Value>,
    pub status: String,
    pub assigned_to: Option<String>,
    pub claimed_by: Option<String>,
    pub claimed_at: Option<Timestamp>,
    pub attempt: u32,
    pub result: Option<Value>,
    pub files: Option<Value>,
    pub created_by: String,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// When the present claim ends, if it has a lease.
    pub lease_expires_at: Option<Timestamp>,
    /// What every event of the task belongs to.
    pub correlation_id: String,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &TaskCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO task (task_id, workspace_id, mission_id, room_id, channel, title, context, status, assigned_to, attempt, created_by,
                 created_at, updated_at, correlation_id, last_event_id, created_position)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8, 0, ?9, ?10, ?10, ?11, ?12, ?13)";
    let scope = &event.scope;
    connection.prepare_cached(sql)?.execute(params![
        data.task_id,
        scope.workspace_id,
        scope.mission_id,
        scope.room_id,
        scope.channel,
        data.title,
        json(&data.context),
        data.assigned_to,
        event.actor.actor_id,
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn claimed(
    connection: &Connection,
    event: &Appended,
    data: &TaskClaimed,
) -> Result<(), StoreError> {
    let sql = "UPDATE task SET status = 'claimed', claimed_by = ?2, claimed_at = ?3, attempt = ?4 WHERE task_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.task_id,
        event.actor.actor_id,
        event.occurred_at.millis(),
        data.attempt,
    ])?;
    touch(connection, event, &data.task_id)
}

pub(in crate::store) fn done(
    connection: &Connection,
    event: &Appended,
    data: &TaskDone,
) -> Result<(), StoreError> {
    let sql = "UPDATE task SET status = 'done', result = ?2, files = ?3 WHERE task_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        data.task_id,
        data.result.to_string(),
        serde_json::json!(data.files).to_string(),
    ])?;
    touch(connection, event, &data.task_id)
}

/// Given back, or taken from a holder that fell silent.
pub(in crate::store) fn reopened(
    connection: &Connection,
    event: &Appended,
    task_id: &str,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE task SET status = 'open', claimed_by = NULL, claimed_at = NULL WHERE task_id = ?1";
    connection.prepare_cached(sql)?.execute([task_id])?;
    touch(connection, event, task_id)
}

pub(in crate::store) fn touch(
    connection: &Connection,
    event: &Appended,
    task_id: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE task SET updated_at = ?2 WHERE task_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![task_id, event.occurred_at.millis()])?;
    signalled(connection, event, task_id)
}

/// Somebody was told something: the task itself has not changed.
pub(in crate::store) fn signalled(
    connection: &Connection,
    event: &Appended,
    task_id: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE task SET last_event_id = ?2 WHERE task_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![task_id, event.event_id])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    task_id: &str,
) -> Result<Option<Task>, StoreError> {
    let sql = "SELECT task_id, workspace_id, mission_id, room_id, channel, title, status, claimed_by, attempt, correlation_id, last_event_id
               FROM task WHERE task_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([task_id], task).optional()?)
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let holder = || {
        row.get::<_, Option<String>>(7)
            .map(Option::unwrap_or_default)
    };
    let state = match TaskStatus::named(row.get_ref(6)?.as_str()?) {
        Some(TaskStatus::Open) => TaskState::Open,
        Some(TaskStatus::Claimed) => TaskState::Claimed { by: holder()? },
        Some(TaskStatus::Done) => TaskState::Done { by: holder()? },
        None => return Err(unreadable(6, "a task status")),
    };
    Ok(Task {
        task_id: row.get(0)?,
        place: Scope {
            workspace_id: row.get(1)?,
            mission_id: row.get(2)?,
            room_id: row.get(3)?,
            channel: row.get(4)?,
            ..Scope::default()
        },
        title: row.get(5)?,
        state,
        attempt: row.get(8)?,
        correlation_id: row.get(9)?,
        last_event_id: row.get(10)?,
    })
}

/// Tasks to read. Every member narrows.
#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    pub task_id: Option<String>,
    pub status: Option<TaskStatus>,
    /// Meant for this agent, or held by it.
    pub of: Option<String>,
    /// Of topics only those that are open to all, by these rules; `None` is all.
    pub open_topics: Option<Rules>,
    pub limit: u32,
}

const ROW: &str = "task.task_id, task.room_id, task.channel, task.title, task.context, task.status, task.assigned_to, task.claimed_by, task.claimed_at,
  task.attempt, task.result, task.files, task.created_by, task.created_at, task.updated_at, task_lease.expires_at, task.correlation_id";

impl Reader {
    /// Tasks, newest first.
    pub fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        let status = query.status.map(|status| status.as_str().to_owned());
        // Only what narrows is in the query, so that each finds its index.
        let narrowing = [
            ("task.task_id = ?", &query.task_id),
            ("task.status = ?", &status),
            ("(task.assigned_to = ? OR task.claimed_by = ?)", &query.of),
        ];
        let mut conditions = vec!["1".to_owned()];
        let mut values = Vec::new();
        for (condition, value) in narrowing {
            if let Some(value) = value {
                values.push(value.clone());
                let number = format!("?{}", values.len());
                conditions.push(condition.replace('?', &number));
            }
        }
        let open = open_only(query.open_topics, "event.stream");
        conditions.push(format!(
            "(SELECT {open} FROM event WHERE event.position = task.created_position)"
        ));
        let sql = format!(
            "SELECT {ROW} FROM task LEFT JOIN task_lease ON task_lease.task_id = task.task_id
             WHERE {} ORDER BY task.created_position DESC LIMIT {}",
            conditions.join(" AND "),
            query.limit
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params_from_iter(values), shown)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn task_count(&self) -> Result<u64, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT count(*) FROM task")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }
}

fn shown(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    let room_id: Option<String> = row.get(1)?;
    let channel: Option<String> = row.get(2)?;
    let channel = match room_id {
        Some(room_id) => channel_of("room", &room_id),
        None => channel,
    };
    Ok(TaskRow {
        task_id: row.get(0)?,
        channel: channel.unwrap_or_default(),
        title: row.get(3)?,
        context: value(row, 4)?,
        status: row.get(5)?,
        assigned_to: row.get(6)?,
        claimed_by: row.get(7)?,
        claimed_at: time(row, 8)?,
        attempt: row.get(9)?,
        result: value(row, 10)?,
        files: value(row, 11)?,
        created_by: row.get(12)?,
        created_at: time(row, 13)?,
        updated_at: time(row, 14)?,
        lease_expires_at: time(row, 15)?,
        correlation_id: row.get(16)?,
    })
}

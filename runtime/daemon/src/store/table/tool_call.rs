//! Tool calls of steps.

use super::{json, time, value};
use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::{ToolFailed, ToolInvoked, ToolOutput, ToolSucceeded};
use kernel::state::ToolCall;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE tool_call (
  tool_call_id TEXT PRIMARY KEY, step_id TEXT NOT NULL, run_id TEXT NOT NULL, workspace_id TEXT NOT NULL, room_id TEXT NOT NULL,
  thread_id TEXT, tool_name TEXT NOT NULL, title TEXT, status TEXT NOT NULL, input TEXT, output TEXT, error TEXT, output_bytes INTEGER NOT NULL,
  started_at INTEGER NOT NULL, ended_at INTEGER, updated_at INTEGER NOT NULL, correlation_id TEXT NOT NULL, last_event_id TEXT NOT NULL,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tool_call_run ON tool_call (run_id, position);
CREATE INDEX tool_call_step ON tool_call (step_id, position);
";

/// What bounds a run: the pieces of its output, and the calls that end with it.
pub(in crate::store) const MIGRATION: &str = "
ALTER TABLE tool_call ADD COLUMN output_events INTEGER NOT NULL DEFAULT 0;
UPDATE tool_call SET output_events = kept.events
FROM (SELECT data ->> 'tool_call_id' AS tool_call_id, count(*) AS events FROM event_type CROSS JOIN event ON event.type = event_type.id
      WHERE event_type.name = 'tool.output' GROUP BY 1) AS kept
WHERE kept.tool_call_id = tool_call.tool_call_id;
CREATE INDEX tool_call_open ON tool_call (run_id, position) WHERE status = 'running';
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ToolCallRow {
    pub tool_call_id: String,
    pub step_id: String,
    pub run_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub thread_id: Option<String>,
    pub tool_name: String,
    pub title: Option<String>,
    pub status: String,
    pub input: Option<Value>,
    pub output: Option<Value>,
    pub error: Option<Value>,
    pub output_bytes: u64,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
}

pub(in crate::store) fn invoked(
    connection: &Connection,
    event: &Appended,
    data: &ToolInvoked,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO tool_call VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'running', ?9, NULL, NULL, 0, ?10, NULL, ?10, ?11, ?12, ?13, 0)";
    connection.prepare_cached(sql)?.execute(params![
        data.tool_call_id,
        event.scope.step_id,
        event.scope.run_id,
        event.scope.workspace_id,
        event.scope.room_id,
        event.scope.thread_id,
        data.tool_name,
        data.title,
        json(&data.input),
        event.occurred_at.millis(),
        event.correlation_id,
        event.event_id,
        event.position,
    ])?;
    Ok(())
}

pub(in crate::store) fn output(
    connection: &Connection,
    data: &ToolOutput,
) -> Result<(), StoreError> {
    let sql = "UPDATE tool_call SET output_bytes = output_bytes + ?2, output_events = output_events + 1 WHERE tool_call_id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![data.tool_call_id, data.text.len() as i64])?;
    Ok(())
}

pub(in crate::store) fn succeeded(
    connection: &Connection,
    event: &Appended,
    data: &ToolSucceeded,
) -> Result<(), StoreError> {
    end(
        connection,
        event,
        &data.tool_call_id,
        "succeeded",
        &data.output,
        &None,
    )
}

pub(in crate::store) fn failed(
    connection: &Connection,
    event: &Appended,
    data: &ToolFailed,
) -> Result<(), StoreError> {
    let error = data.error.clone().or_else(|| {
        data.message
            .clone()
            .map(|message| serde_json::json!({ "message": message }))
    });
    end(
        connection,
        event,
        &data.tool_call_id,
        "failed",
        &data.output,
        &error,
    )
}

fn end(
    connection: &Connection,
    event: &Appended,
    tool_call_id: &str,
    status: &str,
    output: &Option<Value>,
    error: &Option<Value>,
) -> Result<(), StoreError> {
    let sql = "UPDATE tool_call SET status = ?2, output = ?3, error = ?4, ended_at = ?5, updated_at = ?5, last_event_id = ?6 WHERE tool_call_id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        tool_call_id,
        status,
        json(output),
        json(error),
        event.occurred_at.millis(),
        event.event_id,
    ])?;
    Ok(())
}

const STATE: &str = "SELECT tool_call_id, step_id, run_id, status = 'running', output_bytes, last_event_id, output_events FROM tool_call";

pub(in crate::store) fn state(
    connection: &Connection,
    tool_call_id: &str,
) -> Result<Option<ToolCall>, StoreError> {
    let sql = format!("{STATE} WHERE tool_call_id = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([tool_call_id], call)
        .optional()?)
}

pub(in crate::store) fn open_of_run(
    connection: &Connection,
    run_id: &str,
) -> Result<Vec<ToolCall>, StoreError> {
    let sql = format!("{STATE} WHERE run_id = ?1 AND status = 'running' ORDER BY position");
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map([run_id], call)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn call(row: &Row<'_>) -> rusqlite::Result<ToolCall> {
    Ok(ToolCall {
        tool_call_id: row.get(0)?,
        step_id: row.get(1)?,
        run_id: row.get(2)?,
        is_running: row.get(3)?,
        output_bytes: row.get(4)?,
        last_event_id: row.get(5)?,
        output_events: row.get(6)?,
    })
}

const SELECT: &str = "SELECT tool_call_id, step_id, run_id, workspace_id, room_id, thread_id, tool_name, title, status, input, output, error,
  output_bytes, started_at, ended_at, updated_at, correlation_id, last_event_id FROM tool_call";

impl Reader {
    /// Tool calls of a run, of a step, or of the workspace, oldest first.
    pub fn tool_calls(
        &self,
        workspace_id: &str,
        run_id: Option<&str>,
        step_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, StoreError> {
        let narrow = match (run_id, step_id) {
            (_, Some(_)) => "step_id = ?3 AND run_id = ifnull(?2, run_id)",
            (Some(_), None) => "run_id = ?2 AND ?3 IS NULL",
            (None, None) => "?2 IS NULL AND ?3 IS NULL",
        };
        let sql =
            format!("{SELECT} WHERE workspace_id = ?1 AND {narrow} ORDER BY position LIMIT ?4");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, run_id, step_id, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn tool_call(
        &self,
        workspace_id: &str,
        tool_call_id: &str,
    ) -> Result<Option<ToolCallRow>, StoreError> {
        let sql = format!("{SELECT} WHERE tool_call_id = ?1 AND workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([tool_call_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ToolCallRow> {
    Ok(ToolCallRow {
        tool_call_id: row.get(0)?,
        step_id: row.get(1)?,
        run_id: row.get(2)?,
        workspace_id: row.get(3)?,
        room_id: row.get(4)?,
        thread_id: row.get(5)?,
        tool_name: row.get(6)?,
        title: row.get(7)?,
        status: row.get(8)?,
        input: value(row, 9)?,
        output: value(row, 10)?,
        error: value(row, 11)?,
        output_bytes: row.get(12)?,
        started_at: Timestamp::from_millis(row.get(13)?),
        ended_at: time(row, 14)?,
        updated_at: Timestamp::from_millis(row.get(15)?),
        correlation_id: row.get(16)?,
        last_event_id: row.get(17)?,
    })
}

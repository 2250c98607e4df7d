//! Threads of rooms.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::ThreadCreated;
use kernel::state::{Room, Thread};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE thread (
  thread_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, room_id TEXT NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL,
  created_at INTEGER NOT NULL, position INTEGER NOT NULL, last_event_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_room ON thread (room_id, position);
";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ThreadRow {
    pub thread_id: String,
    pub workspace_id: String,
    pub room_id: String,
    pub title: String,
    pub status: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub last_event_id: String,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &ThreadCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO thread VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.thread_id,
        event.scope.workspace_id,
        event.scope.mission_id,
        event.scope.room_id,
        data.title,
        data.status,
        event.occurred_at.millis(),
        event.position,
        event.event_id,
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    thread_id: &str,
) -> Result<Option<Thread>, StoreError> {
    // One table: SQLite prepares a join of this kind anew in every transaction.
    let sql =
        "SELECT thread_id, room_id, workspace_id, mission_id FROM thread WHERE thread_id = ?1";
    let thread = connection
        .prepare_cached(sql)?
        .query_row([thread_id], |row| {
            let room = Room {
                room_id: row.get(1)?,
                workspace_id: row.get(2)?,
                mission_id: row.get(3)?,
            };
            Ok(Thread {
                thread_id: row.get(0)?,
                room,
            })
        });
    Ok(thread.optional()?)
}

/// The thread of a room that was created first.
pub(in crate::store) fn first_of_room(
    connection: &Connection,
    room_id: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT thread_id FROM thread WHERE room_id = ?1 ORDER BY position LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([room_id], |row| row.get(0)).optional()?)
}

impl Reader {
    /// The threads of a room, newest first.
    pub fn threads(&self, room_id: &str, limit: u32) -> Result<Vec<ThreadRow>, StoreError> {
        let sql =
            "SELECT thread_id, workspace_id, room_id, title, status, created_at, last_event_id
                   FROM thread WHERE room_id = ?1 ORDER BY position DESC LIMIT ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params![room_id, limit], |row| {
            Ok(ThreadRow {
                thread_id: row.get(0)?,
                workspace_id: row.get(1)?,
                room_id: row.get(2)?,
                title: row.get(3)?,
                status: row.get(4)?,
                created_at: Timestamp::from_millis(row.get(5)?),
                // No event changes a thread yet.
                updated_at: Timestamp::from_millis(row.get(5)?),
                last_event_id: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a thread is in the workspace.
    pub fn thread_exists(&self, workspace_id: &str, thread_id: &str) -> Result<bool, StoreError> {
        Ok(state(&self.connection, thread_id)?
            .is_some_and(|thread| thread.room.workspace_id == workspace_id))
    }
}

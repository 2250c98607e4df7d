//! Rooms.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::RoomCreated;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

pub(in crate::store) const DDL: &str = "
CREATE TABLE room (
  room_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, mission_id TEXT, title TEXT NOT NULL, topic TEXT,
  room_mode TEXT NOT NULL, default_lang TEXT NOT NULL, tool_policy_ref TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX room_workspace ON room (workspace_id, updated_at);
";

/// A room as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoomRow {
    pub room_id: String,
    pub workspace_id: String,
    pub mission_id: Option<String>,
    pub title: String,
    pub topic: Option<String>,
    pub room_mode: String,
    pub default_lang: String,
    pub tool_policy_ref: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Sequence of the newest event of its stream.
    pub head_seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub last_event_at: Timestamp,
    /// Up to where the owner has read it; only the owner is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_seq: Option<u64>,
    /// Events after that, 100 at most, without chunks of output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<u32>,
}

pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
    data: &RoomCreated,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO room VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        event.scope.room_id,
        event.scope.workspace_id,
        event.scope.mission_id,
        data.title,
        data.topic,
        data.room_mode,
        data.default_lang,
        data.tool_policy_ref,
        event.occurred_at.millis(),
    ])?;
    Ok(())
}

pub(in crate::store) fn state(
    connection: &Connection,
    room_id: &str,
) -> Result<Option<kernel::state::Room>, StoreError> {
    let sql = "SELECT room_id, workspace_id, mission_id FROM room WHERE room_id = ?1";
    let room = |row: &Row<'_>| {
        Ok(kernel::state::Room {
            room_id: row.get(0)?,
            workspace_id: row.get(1)?,
            mission_id: row.get(2)?,
        })
    };
    Ok(connection
        .prepare_cached(sql)?
        .query_row([room_id], room)
        .optional()?)
}

const SELECT: &str = "SELECT room.room_id, room.workspace_id, room.mission_id, title, topic, room_mode, default_lang, tool_policy_ref,
  created_at, updated_at, ifnull(head_seq, 0), ifnull(head_at, created_at)
  FROM room LEFT JOIN stream ON stream.stream_type = 'room' AND stream.stream_id = room.room_id";

impl Reader {
    /// The rooms of a workspace, newest event first.
    pub fn rooms(&self, workspace_id: &str, limit: u32) -> Result<Vec<RoomRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE room.workspace_id = ?1 ORDER BY ifnull(head_at, created_at) DESC, room.room_id DESC LIMIT ?2"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![workspace_id, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One room, if it is in the workspace.
    pub fn room(&self, workspace_id: &str, room_id: &str) -> Result<Option<RoomRow>, StoreError> {
        let sql = format!("{SELECT} WHERE room.room_id = ?1 AND room.workspace_id = ?2");
        Ok(self
            .connection
            .prepare_cached(&sql)?
            .query_row([room_id, workspace_id], read)
            .optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<RoomRow> {
    Ok(RoomRow {
        room_id: row.get(0)?,
        workspace_id: row.get(1)?,
        mission_id: row.get(2)?,
        title: row.get(3)?,
        topic: row.get(4)?,
        room_mode: row.get(5)?,
        default_lang: row.get(6)?,
        tool_policy_ref: row.get(7)?,
        created_at: Timestamp::from_millis(row.get(8)?),
        updated_at: Timestamp::from_millis(row.get(9)?),
        head_seq: row.get(10)?,
        last_event_at: Timestamp::from_millis(row.get(11)?),
        read_seq: None,
        unread: None,
    })
}

//! Up to where the owner has read: of each room, and of the notifications. Beside the log: it is of the
//! reader, not of what happened.

use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::limits::{UNREAD_MAX, UNREAD_SCAN_MAX};
use rusqlite::{Connection, OptionalExtension, params};

/// `place` is the sequence of a room's stream, or the position in the log for the notifications.
pub(in crate::store) const DDL: &str = "
CREATE TABLE read_cursor (
  workspace_id TEXT NOT NULL, subject TEXT NOT NULL, place INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (workspace_id, subject)
) STRICT, WITHOUT ROWID;
";

/// The subject of the cursor that is of no room.
const NOTIFICATIONS: &str = "notifications";

/// Moves the cursor of the notifications forward, at most to the end of the log; returns where it stands.
pub fn read_notifications(
    connection: &Connection,
    workspace_id: &str,
    position: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let last = crate::store::log::last_position(connection)?;
    advance(
        connection,
        workspace_id,
        NOTIFICATIONS,
        position.min(last),
        now,
    )
}

/// Moves the cursor of a room forward, at most to its newest event.
pub fn read_room(
    connection: &Connection,
    workspace_id: &str,
    room_id: &str,
    seq: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT head_seq FROM stream WHERE stream_type = 'room' AND stream_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let head: Option<u64> = select.query_row([room_id], |row| row.get(0)).optional()?;
    let seq = seq.min(head.unwrap_or(0));
    advance(connection, workspace_id, room_id, seq, now).map(|_| ())
}

/// A cursor never goes back: two windows of one person may report in any order.
fn advance(
    connection: &Connection,
    workspace_id: &str,
    subject: &str,
    place: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "INSERT INTO read_cursor VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET place = max(place, excluded.place), updated_at = excluded.updated_at RETURNING place";
    let mut upsert = connection.prepare_cached(sql)?;
    Ok(
        upsert.query_row(params![workspace_id, subject, place, now.millis()], |row| {
            row.get(0)
        })?,
    )
}

impl Reader {
    /// Position in the log up to which the notifications have been seen; 0 is none.
    pub fn notifications_cursor(&self, workspace_id: &str) -> Result<u64, StoreError> {
        self.cursor(workspace_id, NOTIFICATIONS)
    }

    /// Sequence up to which a room has been read, and how many events came after it: at most
    /// [`UNREAD_MAX`], without chunks of output, of the newest [`UNREAD_SCAN_MAX`].
    pub fn unread(&self, workspace_id: &str, room_id: &str) -> Result<(u64, u32), StoreError> {
        let read_seq = self.cursor(workspace_id, room_id)?;
        let sql = "SELECT count(*) FROM (
                     SELECT 1 FROM event JOIN stream ON stream.id = event.stream
                     WHERE stream.stream_type = 'room' AND stream.stream_id = ?1 AND seq > max(?2, head_seq - ?3)
                       AND type <> ifnull((SELECT id FROM event_type WHERE name = 'tool.output'), 0)
                     LIMIT ?4)";
        let mut select = self.connection.prepare_cached(sql)?;
        let unread = select.query_row(
            params![room_id, read_seq, UNREAD_SCAN_MAX, UNREAD_MAX],
            |row| row.get(0),
        )?;
        Ok((read_seq, unread))
    }

    fn cursor(&self, workspace_id: &str, subject: &str) -> Result<u64, StoreError> {
        let sql = "SELECT place FROM read_cursor WHERE workspace_id = ?1 AND subject = ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let place = select
            .query_row([workspace_id, subject], |row| row.get(0))
            .optional()?;
        Ok(place.unwrap_or(0))
    }
}

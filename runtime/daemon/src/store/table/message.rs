//! Messages: which events of a thread are messages. Their text stays in the log.

use crate::store::append::Appended;
use crate::store::dictionary;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use kernel::Timestamp;
use kernel::event::MessageCreated;
use rusqlite::{Connection, params};

pub(in crate::store) const DDL: &str = "
CREATE TABLE message (thread INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (thread, position)) STRICT, WITHOUT ROWID;
";

#[derive(Clone, Debug)]
pub struct MessageRow {
    pub workspace_id: String,
    pub room_id: String,
    pub thread_id: String,
    pub data: MessageCreated,
    pub created_at: Timestamp,
    pub position: u64,
}

/// Keyed by the number of the thread's scope: a message costs a few bytes beside its event.
pub(in crate::store) fn created(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    // Plain values: a statement that reads while it inserts opens a savepoint, and each savepoint
    // makes the search index write out what it has gathered of the transaction.
    let sql = "INSERT INTO message VALUES (?1, ?2)";
    connection
        .prepare_cached(sql)?
        .execute(params![event.scope_number, event.position])?;
    Ok(())
}

/// Where a page of messages ends.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    Newest,
    Position(u64),
    Time(Timestamp),
}

impl Reader {
    /// Messages of a thread, newest first.
    pub fn messages(
        &self,
        workspace_id: &str,
        thread_id: &str,
        before: Before,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let (position, time) = match before {
            Before::Newest => (i64::MAX, i64::MAX),
            Before::Position(position) => (position as i64, i64::MAX),
            Before::Time(time) => (i64::MAX, time.millis()),
        };
        let sql = "SELECT event.scope, event.data, event.occurred_at, event.position
                   FROM message JOIN event ON event.position = message.position
                   WHERE message.thread IN (SELECT id FROM scope WHERE thread_id = ?1 AND workspace_id = ?2)
                     AND message.position < ?3 AND event.occurred_at < ?4
                   ORDER BY message.position DESC LIMIT ?5";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query(params![thread_id, workspace_id, position, time, limit])?;
        let mut messages = Vec::new();
        while let Some(row) = rows.next()? {
            let scope = dictionary::scope(&self.connection, row.get(0)?)?;
            let data =
                serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|error| StoreError::Damaged(error.to_string()))?;
            messages.push(MessageRow {
                workspace_id: scope.workspace_id,
                room_id: scope.room_id.unwrap_or_default(),
                thread_id: scope.thread_id.unwrap_or_default(),
                data,
                created_at: Timestamp::from_millis(row.get(2)?),
                position: row.get(3)?,
            });
        }
        Ok(messages)
    }
}

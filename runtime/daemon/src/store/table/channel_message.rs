//! What is read on channels: which events are messages, and of which type. Their text stays in the log.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::event_json::Frame;
use crate::store::log::COLUMNS;
use crate::store::message_id::MessageId;
use crate::store::reader::Reader;
use crate::store::table::event_span;
use crate::store::table::topic::open_only;
use kernel::broker::Rules;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::{StreamKey, Timestamp, board};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

pub(in crate::store) const DDL: &str = "
CREATE TABLE channel_message (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, type TEXT NOT NULL) STRICT;
CREATE INDEX channel_message_stream ON channel_message (stream);
";

/// The messages that rooms had before they were channels.
pub(in crate::store) const FILL: &str = "
INSERT INTO channel_message SELECT event.position, event.stream, 'msg.message'
FROM event JOIN stream ON stream.id = event.stream JOIN event_type ON event_type.id = event.type
WHERE event_type.name = 'message.created' AND stream.workspace_id = 'ws_dev';
";

/// Scopes know channels.
pub(in crate::store) const SCOPE_MIGRATION: &str = "
ALTER TABLE scope ADD COLUMN channel TEXT;
CREATE INDEX scope_channel ON scope (channel) WHERE channel IS NOT NULL;
";

/// Notes a message. Only the default workspace has channels.
pub(in crate::store) fn appended(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let Some(message_type) = board::message_type(&event.event) else {
        return Ok(());
    };
    if event.scope.workspace_id != DEFAULT_WORKSPACE_ID {
        return Ok(());
    }
    let sql = "INSERT INTO channel_message VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![
        event.position,
        event.stream_number,
        message_type
    ])?;
    Ok(())
}

/// Which types of messages: exactly this one, or all that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeFilter {
    Is(String),
    BeginsWith(String),
}

impl TypeFilter {
    /// `task.*` is all that begin with `task.`; nothing else is a pattern.
    pub fn parse(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(beginning) => TypeFilter::BeginsWith(beginning.to_owned()),
            None => TypeFilter::Is(text.to_owned()),
        }
    }
}

/// Messages to read.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// `None` is all channels.
    pub stream: Option<StreamKey>,
    /// The oldest ones after this one; without it, the newest.
    pub since: Option<MessageId>,
    pub message_type: Option<TypeFilter>,
    /// Nothing up to this position.
    pub hidden_to: u64,
    /// Of topics only those that are open to all, by these rules; `None` is all.
    pub open_topics: Option<Rules>,
    pub limit: u32,
}

impl Reader {
    /// Messages, oldest first.
    pub fn history(&self, query: &HistoryQuery) -> Result<Vec<Frame>, StoreError> {
        let after = match query.since {
            Some(id) => self.position_of(id)?.max(query.hidden_to),
            None => query.hidden_to,
        };
        let mut conditions = vec!["message.position > ?".to_owned()];
        let mut values = vec![SqlValue::Integer(after as i64)];
        if let Some(stream) = &query.stream {
            let Some(number) = self.stream_number(stream)? else {
                return Ok(Vec::new());
            };
            conditions.push("message.stream = ?".to_owned());
            values.push(SqlValue::Integer(number));
        }
        match &query.message_type {
            None => {}
            Some(TypeFilter::Is(name)) => {
                conditions.push("message.type = ?".to_owned());
                values.push(SqlValue::Text(name.clone()));
            }
            Some(TypeFilter::BeginsWith(beginning)) => {
                conditions.push("substr(message.type, 1, ?) = ?".to_owned());
                values.push(SqlValue::Integer(beginning.chars().count() as i64));
                values.push(SqlValue::Text(beginning.clone()));
            }
        }
        conditions.push(open_only(query.open_topics, "message.stream"));
        let order = if query.since.is_some() { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM channel_message AS message JOIN event ON event.position = message.position
             WHERE {} ORDER BY message.position {order} LIMIT {}",
            conditions.join(" AND "),
            query.limit
        );
        let mut frames = self.frames(&sql, &values)?;
        if query.since.is_none() {
            frames.reverse();
        }
        Ok(frames)
    }

    /// The position that the reader of a message has come to. An id that is not of this log is a time.
    pub fn position_of(&self, id: MessageId) -> Result<u64, StoreError> {
        if let Some(position) = id.position()
            && position <= self.last_position()?
        {
            let sql = "SELECT occurred_at FROM event WHERE position = ?1";
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query([position])?;
            let found: Option<i64> = rows.next()?.map(|row| row.get(0)).transpose()?;
            if position == 0 && id.time().millis() == 0
                || found.is_some_and(|at| MessageId::of(Timestamp::from_millis(at), position) == id)
            {
                return Ok(position);
            }
        }
        self.position_before(id.time())
    }

    /// The last position before the first event of this time or a later one.
    pub fn position_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        let after = event_span::bounds(&self.connection, Some(time), None)?.after;
        let sql = "SELECT min(position) FROM event WHERE position > ?1 AND occurred_at >= ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let first: Option<u64> =
            select.query_row(params![after.unwrap_or(0), time.millis()], |row| row.get(0))?;
        match first {
            Some(first) => Ok(first - 1),
            None => self.last_position(),
        }
    }

    /// Names of the channels that have messages, in order, at most `limit`.
    pub fn channels(
        &self,
        hidden_to: u64,
        open_topics: Option<Rules>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let open = open_only(open_topics, "stream.id");
        let sql = format!("SELECT stream_type, stream_id FROM stream WHERE workspace_id = ?1 AND stream_type IN ('channel', 'room')
                     AND EXISTS (SELECT 1 FROM channel_message AS message WHERE message.stream = stream.id AND message.position > ?2)
                     AND {open} LIMIT ?3");
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params![DEFAULT_WORKSPACE_ID, hidden_to, limit])?;
        let mut names = Vec::new();
        while let Some(row) = rows.next()? {
            let (kind, id) = (row.get_ref(0)?, row.get_ref(1)?);
            let text = |value: rusqlite::types::ValueRef<'_>| {
                value
                    .as_str()
                    .map(str::to_owned)
                    .map_err(rusqlite::Error::from)
            };
            names.extend(board::channel_of(&text(kind)?, &text(id)?));
        }
        names.sort();
        Ok(names)
    }

    /// What was said in the message at this position.
    pub fn message_body(&self, position: u64) -> Result<Option<Value>, StoreError> {
        let sql = "SELECT event.data FROM channel_message JOIN event USING (position) WHERE position = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        let data: Option<String> = select.query_row([position], |row| row.get(0)).optional()?;
        let Some(data) = data else { return Ok(None) };
        let mut data: Value =
            serde_json::from_str(&data).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(data.get_mut("body").map(Value::take))
    }

    /// How many messages there are on all channels.
    pub fn message_count(
        &self,
        hidden_to: u64,
        open_topics: Option<Rules>,
    ) -> Result<u64, StoreError> {
        let open = open_only(open_topics, "stream");
        let sql = format!("SELECT count(*) FROM channel_message WHERE position > ?1 AND {open}");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_row([hidden_to], |row| row.get(0))?)
    }
}

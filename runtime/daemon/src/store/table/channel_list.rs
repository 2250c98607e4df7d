//! Channels as a list: where something was said, and what was said last.

use super::search::message_preview;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use crate::store::table::topic::open_only;
use kernel::Timestamp;
use kernel::broker::Rules;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use rusqlite::params;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A channel that is no room, with its newest message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelRow {
    pub channel: String,
    /// Events of its stream: messages, tasks and what became of them.
    pub head_seq: u64,
    /// Event of the newest message.
    pub last_event_id: String,
    #[serde(skip)]
    pub last_position: u64,
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
    /// Who it is from.
    pub last_from: String,
    /// Its type: `msg.human`, `task.claimed` …
    pub last_type: String,
    /// The first characters of what it says.
    pub last_text: String,
}

impl Reader {
    /// Channels, the one with the newest message first.
    pub fn channel_list(
        &self,
        hidden_to: u64,
        open_topics: Option<Rules>,
        before_position: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ChannelRow>, StoreError> {
        let open = open_only(open_topics, "stream.id");
        let sql = format!(
            "WITH channel AS (
               SELECT stream_id, head_seq, (SELECT max(position) FROM channel_message AS message WHERE message.stream = stream.id) AS last
               FROM stream WHERE workspace_id = ?1 AND stream_type = 'channel' AND {open}
             )
             SELECT channel.stream_id, channel.head_seq, channel.last, event.event_id, event.occurred_at, actor.actor_id, message.type, event.data
             FROM channel JOIN event ON event.position = channel.last JOIN channel_message AS message ON message.position = channel.last
               JOIN actor ON actor.id = event.actor
             WHERE channel.last > ?2 AND channel.last < ?3 ORDER BY channel.last DESC LIMIT ?4"
        );
        let before = before_position.unwrap_or(u64::MAX);
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params![
            DEFAULT_WORKSPACE_ID,
            hidden_to,
            before.min(i64::MAX as u64),
            limit
        ])?;
        let mut channels = Vec::new();
        while let Some(row) = rows.next()? {
            let event_id: [u8; 16] = row.get(3)?;
            let data =
                serde_json::from_str(row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|error| StoreError::Damaged(error.to_string()))?;
            channels.push(ChannelRow {
                channel: row.get(0)?,
                head_seq: row.get(1)?,
                last_position: row.get(2)?,
                last_event_id: Uuid::from_bytes(event_id).to_string(),
                last_at: Timestamp::from_millis(row.get(4)?),
                last_from: row.get(5)?,
                last_type: row.get(6)?,
                last_text: message_preview(&data),
            });
        }
        Ok(channels)
    }
}

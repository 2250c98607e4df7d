//! Topics of the event bus: which are closed, and to whom they are open all the same.

use crate::store::append::Appended;
use crate::store::error::StoreError;
use crate::store::event_json::Frame;
use crate::store::log::COLUMNS;
use crate::store::reader::Reader;
use kernel::broker::{MESSAGE, Principal, Rules, Topic, may_read};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::{ActorType, StreamKey};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params};

/// Whether a topic is hidden from those without a token depends on the rules in force: it is noted for
/// both, so that a change of the rules is no change of rows.
pub(in crate::store) const DDL: &str = "
CREATE TABLE topic (
  channel TEXT PRIMARY KEY, owner TEXT, locked INTEGER NOT NULL, hidden_seed INTEGER NOT NULL, hidden_head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_locked ON topic (owner, channel) WHERE locked;
CREATE TABLE topic_grant (channel TEXT NOT NULL, principal TEXT NOT NULL, PRIMARY KEY (channel, principal)) STRICT, WITHOUT ROWID;
CREATE TABLE topic_agent (agent TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
";

/// Which log this is, for whoever keeps a place in it.
pub(in crate::store) const EPOCH_DDL: &str = "
CREATE TABLE log_epoch (epoch TEXT NOT NULL) STRICT;
INSERT INTO log_epoch VALUES (lower(hex(randomblob(8))));
";

/// The condition that the stream whose number is in `column` is readable without a token; `None` is whoever
/// reads all.
pub(in crate::store) fn open_only(rules: Option<Rules>, column: &str) -> String {
    let hidden = match rules {
        Some(Rules::Seed) => "hidden_seed",
        Some(Rules::Head) => "hidden_head",
        None => return "1".to_owned(),
    };
    format!(
        "{column} NOT IN (SELECT stream.id FROM topic JOIN stream ON stream.stream_type = 'channel' AND stream.stream_id = topic.channel
           WHERE topic.{hidden})"
    )
}

/// Notes the topic that an event is on, and who speaks there.
pub(in crate::store) fn appended(
    connection: &Connection,
    event: &Appended,
) -> Result<(), StoreError> {
    let Some(channel) = &event.scope.channel else {
        return Ok(());
    };
    let Ok(topic) = Topic::parse(channel) else {
        return Ok(());
    };
    met(connection, channel, &topic)?;
    let speaks = matches!(&event.event, kernel::Event::ChannelMessagePublished(message) if message.message_type.starts_with(OF_THE_BUS));
    if speaks && event.actor.actor_type == ActorType::Agent {
        connection
            .prepare_cached("INSERT OR IGNORE INTO topic_agent VALUES (?1)")?
            .execute([&event.actor.actor_id])?;
    }
    Ok(())
}

/// What the types of messages that came in by the event bus begin with.
const OF_THE_BUS: &str = "claw.";
const _: () = assert!(MESSAGE.len() > OF_THE_BUS.len());

fn met(connection: &Connection, channel: &str, topic: &Topic) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO topic VALUES (?1, ?2, 0, ?3, ?4)";
    let owner = topic.owner().map(|owner| owner.to_string());
    connection.prepare_cached(sql)?.execute(params![
        channel,
        owner,
        is_hidden(Rules::Seed, topic, false),
        is_hidden(Rules::Head, topic, false)
    ])?;
    Ok(())
}

fn is_hidden(rules: Rules, topic: &Topic, locked: bool) -> bool {
    !may_read(rules, topic, None, locked, false)
}

/// Locks or unlocks a topic, also one that nobody has spoken on yet.
pub(in crate::store) fn locked(
    connection: &Connection,
    channel: &str,
    locked: bool,
) -> Result<(), StoreError> {
    // The kernel has read the name before.
    let Ok(topic) = Topic::parse(channel) else {
        return Ok(());
    };
    met(connection, channel, &topic)?;
    let sql = "UPDATE topic SET locked = ?2, hidden_seed = ?3, hidden_head = ?4 WHERE channel = ?1";
    connection.prepare_cached(sql)?.execute(params![
        channel,
        locked,
        is_hidden(Rules::Seed, &topic, locked),
        is_hidden(Rules::Head, &topic, locked)
    ])?;
    Ok(())
}

pub(in crate::store) fn granted(
    connection: &Connection,
    channel: &str,
    principal: &Principal,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO topic_grant VALUES (?1, ?2)";
    connection
        .prepare_cached(sql)?
        .execute([channel, &principal.to_string()])?;
    Ok(())
}

pub(in crate::store) fn revoked(
    connection: &Connection,
    channel: &str,
    principal: &Principal,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM topic_grant WHERE channel = ?1 AND principal = ?2";
    connection
        .prepare_cached(sql)?
        .execute([channel, &principal.to_string()])?;
    Ok(())
}

pub(in crate::store) fn is_locked(
    connection: &Connection,
    channel: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM topic WHERE channel = ?1 AND locked)";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([channel], |row| row.get(0))?)
}

pub(in crate::store) fn is_granted(
    connection: &Connection,
    channel: &str,
    principal: &Principal,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM topic_grant WHERE channel = ?1 AND principal = ?2)";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([channel, &principal.to_string()], |row| row.get(0))?)
}

/// Notes the topics of a file of before there were any.
pub(in crate::store) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT stream_id FROM stream WHERE stream_type = 'channel' AND workspace_id = ?1";
    let mut select = connection.prepare(sql)?;
    let names = select.query_map([DEFAULT_WORKSPACE_ID], |row| row.get::<_, String>(0))?;
    for channel in names.collect::<Result<Vec<_>, _>>()? {
        if let Ok(topic) = Topic::parse(&channel) {
            met(connection, &channel, &topic)?;
        }
    }
    Ok(())
}

/// A page of what was said on a topic. Its places are those of its stream.
#[derive(Clone, Debug)]
pub struct TopicPage {
    pub channel: String,
    /// After this place, or before that one.
    pub after: Option<u64>,
    pub before: Option<u64>,
    pub newest_first: bool,
    pub limit: u32,
    /// Nothing up to this position of the log.
    pub hidden_to: u64,
}

/// What is there.
#[derive(Debug, Default)]
pub struct Found {
    pub frames: Vec<Frame>,
    /// The last place; 0 while there is none.
    pub top: u64,
    /// Everything after this place is still shown.
    pub floor: u64,
}

impl Reader {
    pub fn topic_page(&self, page: &TopicPage) -> Result<Found, StoreError> {
        let key = StreamKey::Channel(page.channel.clone());
        let Some(stream) = self.stream_number(&key)? else {
            return Ok(Found::default());
        };
        // The end first: what comes later is told live.
        let top = self.stream_seq_at(&key, self.last_position()?)?;
        let floor = self.stream_seq_at(&key, page.hidden_to)?;
        let after = page.after.unwrap_or(0).max(floor).min(top);
        let until = page
            .before
            .map_or(top, |before| before.saturating_sub(1))
            .min(top);
        let order = if page.newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE stream = ? AND seq > ? AND seq <= ?
               AND EXISTS (SELECT 1 FROM channel_message WHERE channel_message.position = event.position)
             ORDER BY seq {order} LIMIT ?"
        );
        let values = [stream, after as i64, until as i64, i64::from(page.limit)];
        let frames = self.frames(&sql, &values.map(SqlValue::Integer))?;
        Ok(Found { frames, top, floor })
    }

    /// Whether a topic is locked, and whether this principal has a grant.
    pub fn topic_rights(
        &self,
        channel: &str,
        principal: Option<&Principal>,
    ) -> Result<(bool, bool), StoreError> {
        let granted = match principal {
            Some(principal) => is_granted(&self.connection, channel, principal)?,
            None => false,
        };
        Ok((is_locked(&self.connection, channel)?, granted))
    }

    /// Every locked topic.
    pub fn locked_topics(&self) -> Result<Vec<String>, StoreError> {
        self.texts(
            "SELECT channel FROM topic WHERE locked ORDER BY channel",
            [],
        )
    }

    /// The locked topics of an owner, in order, at most `limit`.
    pub fn locked_topics_of(
        &self,
        owner: &Principal,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT channel FROM topic WHERE owner = ?1 AND locked ORDER BY channel LIMIT ?2";
        self.texts(sql, params![owner.to_string(), limit])
    }

    /// Whoever has published to a topic or asked for access, in order, at most `limit`.
    pub fn topic_agents(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.texts(
            "SELECT agent FROM topic_agent ORDER BY agent LIMIT ?1",
            [limit],
        )
    }

    /// Which log this is.
    pub fn epoch(&self) -> Result<String, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT epoch FROM log_epoch")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    fn texts(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<String>, StoreError> {
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

//! Reading the log: pages of events as JSON, in log order or newest first.

use super::dictionary::Dictionary;
use super::error::StoreError;
use super::event_json::{self, EventParts, Frame};
pub use super::event_query::EventQuery;
use super::event_query::{Filter, optional, text};
use super::reader::Reader;
use super::table::event_span::{self, Bounds};
use super::table::topic::open_only;
use kernel::broker::Rules;
use kernel::gate::Zone;
use kernel::{Contexts, StreamKey, Timestamp};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// What an event row keeps as bits.
#[derive(Clone, Copy, Debug)]
pub struct Flags {
    pub contains_secrets: bool,
    pub redacted: bool,
    pub zone: Zone,
}

impl Flags {
    /// The zone takes two bits; the default is none, as in the events of before there were zones.
    pub fn bits(self) -> i64 {
        let zone = match self.zone {
            Zone::Supervised => 0,
            Zone::Sandbox => 1,
            Zone::HighStakes => 2,
        };
        i64::from(self.contains_secrets) | i64::from(self.redacted) << 1 | zone << 2
    }

    pub fn from_bits(bits: i64) -> Self {
        Self {
            contains_secrets: bits & 1 != 0,
            redacted: bits & 2 != 0,
            zone: match bits >> 2 & 3 {
                1 => Zone::Sandbox,
                2 => Zone::HighStakes,
                _ => Zone::Supervised,
            },
        }
    }

    pub fn redaction_level(self) -> &'static str {
        if self.redacted { "partial" } else { "none" }
    }
}

/// What the ids of requests begin with; most correlations are such an id.
const REQUEST_PREFIX: &str = "req_";
/// First of the 17 bytes that keep the id of a request; the others are its UUID.
const REQUEST_TAG: u8 = b'r';

/// A reference to an event or a correlation: 16 bytes where it is a UUID, 17 where it is the id of a
/// request, else its text.
pub fn encode_reference(text: &str) -> SqlValue {
    let request = text.strip_prefix(REQUEST_PREFIX);
    let Some(uuid) = Uuid::try_parse(request.unwrap_or(text))
        .ok()
        .filter(|uuid| uuid.to_string() == request.unwrap_or(text))
    else {
        return SqlValue::Text(text.to_owned());
    };
    let tag = request.map(|_| REQUEST_TAG);
    SqlValue::Blob(tag.into_iter().chain(uuid.into_bytes()).collect())
}

pub fn decode_reference(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Blob([REQUEST_TAG, uuid @ ..]) if uuid.len() == 16 => {
            let uuid = Uuid::from_slice(uuid).ok()?;
            Some(format!("{REQUEST_PREFIX}{uuid}"))
        }
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok().map(|uuid| uuid.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
    }
}

/// The contexts of an event as one JSON text; `None` when there are none, as almost always.
pub fn encode_contexts(contexts: &Contexts) -> Option<String> {
    if *contexts == Contexts::default() {
        return None;
    }
    Some(
        json!({"policy": contexts.policy, "model": contexts.model, "display": contexts.display})
            .to_string(),
    )
}

pub fn decode_contexts(text: Option<&str>) -> Contexts {
    let mut value: Value = text
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null);
    let mut take = |key| {
        value
            .get_mut(key)
            .map(Value::take)
            .filter(|value| !value.is_null())
    };
    Contexts {
        policy: take("policy"),
        model: take("model"),
        display: take("display"),
    }
}

pub(super) const COLUMNS: &str = "event.position, event.seq, event.type, event.scope, event.actor, event.stream, event.occurred_at,
  event.recorded_after, event.event_id, event.correlation, event.causation, event.flags, event.data";

/// The last position in the log; 0 when it is empty.
pub fn last_position(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT ifnull(max(position), 0) FROM event")?
        .query_row([], |row| row.get(0))
}

/// When the newest event happened; the epoch when there is none.
pub fn latest_time(connection: &Connection) -> rusqlite::Result<Timestamp> {
    let sql = "SELECT occurred_at FROM event ORDER BY position DESC LIMIT 1";
    let millis: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(Timestamp::from_millis(millis.unwrap_or(0)))
}

/// The number and head sequence of a stream.
pub fn stream_head(
    connection: &Connection,
    key: &StreamKey,
) -> rusqlite::Result<Option<(i64, u64)>> {
    let sql = "SELECT id, head_seq FROM stream WHERE stream_type = ?1 AND stream_id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    select
        .query_row([key.stream_type(), key.stream_id()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
}

impl Reader {
    /// A page of events. Newest first is by position, descending.
    pub fn events(&self, query: &EventQuery) -> Result<Vec<Frame>, StoreError> {
        let mut filter = Filter::default();
        let bounds = event_span::bounds(&self.connection, query.from, query.up_to())?;
        // A time is found by its place in the whole log, not in a stream.
        let by_position = query.stream.is_none() || bounds != Bounds::default();
        if let Some(stream) = &query.stream {
            let column = if by_position {
                "+event.stream"
            } else {
                "event.stream"
            };
            filter.add(&format!("{column} = (SELECT id FROM stream WHERE stream_type = ? AND stream_id = ? AND workspace_id = ?)"), [
                text(stream.stream_type()),
                text(stream.stream_id()),
                text(&query.workspace_id),
            ]);
            if let Some(seq) = query.from_seq {
                filter.add("event.seq > ?", [SqlValue::Integer(seq as i64)]);
            }
        }
        self.scope_filter(query, &mut filter);
        if let Some(correlation) = &query.correlation_id {
            let own = encode_reference(correlation);
            filter.add(
                "(event.correlation = ? OR (event.correlation IS NULL AND event.event_id = ?))",
                [own.clone(), own],
            );
        }
        if let Some(cause) = &query.causation_id {
            filter.add("event.causation = ?", [encode_reference(cause)]);
        }
        if !query.event_types.is_empty() {
            let marks = vec!["?"; query.event_types.len()].join(", ");
            let sql = format!("event.type IN (SELECT id FROM event_type WHERE name IN ({marks}))");
            filter.add(&sql, query.event_types.iter().map(|name| text(name)));
        }
        if query.actor_type.is_some() || query.actor_id.is_some() {
            filter.add(
                "event.actor IN (SELECT id FROM actor WHERE actor_type = ifnull(?, actor_type) AND actor_id = ifnull(?, actor_id))",
                [optional(&query.actor_type), optional(&query.actor_id)],
            );
        }
        if query.open_topics.is_some() {
            filter.add(&open_only(query.open_topics, "event.stream"), []);
        }
        filter.about(query);
        for (sql, value) in [
            (
                "event.position > ?",
                query.after_position.map(|value| value as i64),
            ),
            (
                "event.position < ?",
                query.before_position.map(|value| value as i64),
            ),
            ("event.position > ?", bounds.after.map(|value| value as i64)),
            (
                "event.position <= ?",
                bounds.up_to.map(|value| value as i64),
            ),
            ("event.occurred_at >= ?", query.from.map(Timestamp::millis)),
            ("event.occurred_at < ?", query.to.map(Timestamp::millis)),
        ] {
            if let Some(value) = value {
                filter.add(sql, [SqlValue::Integer(value)]);
            }
        }
        let order = match (by_position, query.newest_first) {
            // The same order; by seq it is a walk of the stream's own index.
            (false, false) => "event.seq ASC",
            (false, true) => "event.seq DESC",
            (true, false) => "event.position ASC",
            (true, true) => "event.position DESC",
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE {} ORDER BY {order} LIMIT {}",
            filter.sql(),
            query.limit
        );
        self.frames(&sql, &filter.values)
    }

    /// Rooms and workspaces are scopes; a narrow one leads to its own index.
    fn scope_filter(&self, query: &EventQuery, filter: &mut Filter) {
        let members = [
            ("run_id", &query.run_id),
            ("thread_id", &query.thread_id),
            ("room_id", &query.room_id),
            ("step_id", &query.step_id),
        ];
        let mut sql = "SELECT id FROM scope WHERE workspace_id = ?".to_owned();
        let mut values = vec![text(&query.workspace_id)];
        for (column, value) in members {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(text(value));
            }
        }
        let narrow = query.run_id.is_some() || query.thread_id.is_some() || query.step_id.is_some();
        // A room or a workspace is most of the log: there the log's own order is the better index.
        let column = if narrow {
            "event.scope"
        } else {
            "+event.scope"
        };
        if query.stream.is_none() || narrow || query.room_id.is_some() {
            filter.add(&format!("{column} IN ({sql})"), values);
        }
    }

    /// Frames of a stream after `seq`, in order, at most `limit`.
    pub fn stream_after(
        &self,
        stream: i64,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<Frame>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?"
        );
        self.frames(
            &sql,
            &[
                SqlValue::Integer(stream),
                SqlValue::Integer(seq as i64),
                SqlValue::Integer(limit as i64),
            ],
        )
    }

    /// Frames of a workspace after `position`, in log order, at most `limit`.
    pub fn workspace_after(
        &self,
        workspace_id: &str,
        position: u64,
        limit: usize,
    ) -> Result<Vec<Frame>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event JOIN stream ON stream.id = event.stream
             WHERE event.position > ? AND stream.workspace_id = ? ORDER BY event.position LIMIT ?"
        );
        self.frames(
            &sql,
            &[
                SqlValue::Integer(position as i64),
                text(workspace_id),
                SqlValue::Integer(limit as i64),
            ],
        )
    }

    /// The last position in the log; 0 when it is empty.
    pub fn last_position(&self) -> Result<u64, StoreError> {
        Ok(last_position(&self.connection)?)
    }

    /// The number of a stream; `None` while it has no events.
    pub fn stream_number(&self, key: &StreamKey) -> Result<Option<i64>, StoreError> {
        Ok(stream_head(&self.connection, key)?.map(|(number, _)| number))
    }

    /// The sequence that a stream had reached at a position of the log.
    pub fn stream_seq_at(&self, key: &StreamKey, position: u64) -> Result<u64, StoreError> {
        let sql = "SELECT ifnull(max(seq), 0) FROM event WHERE stream = (SELECT id FROM stream WHERE stream_type = ?1 AND stream_id = ?2)
                   AND position <= ?3";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.query_row(
            params![key.stream_type(), key.stream_id(), position],
            |row| row.get(0),
        )?)
    }

    /// The frames of a page share one buffer: a catch-up costs no allocation per event.
    pub(super) fn frames(&self, sql: &str, values: &[SqlValue]) -> Result<Vec<Frame>, StoreError> {
        let mut dictionary = self.dictionary.borrow_mut();
        dictionary.trim();
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut buffer = Vec::new();
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            places.push(write_event(
                &self.connection,
                &mut dictionary,
                row,
                &mut buffer,
            )?);
        }
        let buffer = bytes::Bytes::from(buffer);
        let mut start = 0;
        let frames = places.into_iter().map(|place| {
            let json = buffer.slice(start..place.end);
            start = place.end;
            Frame {
                position: place.position,
                stream_seq: place.stream_seq,
                event_type: place.event_type,
                channel: place.channel,
                json,
                written: None,
            }
        });
        Ok(frames.collect())
    }

    /// One event with everything that is known of it, as JSON; `None` if it is not in the workspace.
    pub fn event_detail(
        &self,
        workspace_id: &str,
        event_id: &str,
        open_topics: Option<Rules>,
    ) -> Result<Option<Value>, StoreError> {
        let Ok(uuid) = Uuid::try_parse(event_id) else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {COLUMNS}, event.contexts, event.idempotency_key, event.hash,
               (SELECT before.hash FROM event AS before WHERE before.stream = event.stream AND before.seq = event.seq - 1)
             FROM event JOIN stream ON stream.id = event.stream WHERE event.event_id = ? AND stream.workspace_id = ? AND {}",
            open_only(open_topics, "event.stream")
        );
        let mut dictionary = self.dictionary.borrow_mut();
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query((uuid.as_bytes(), workspace_id))?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let mut json = Vec::new();
        write_event(&self.connection, &mut dictionary, row, &mut json)?;
        let mut event: Value = serde_json::from_slice(&json)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let contexts = decode_contexts(row.get::<_, Option<String>>(13)?.as_deref());
        let empty = || json!({});
        event["policy_context"] = contexts.policy.unwrap_or_else(empty);
        event["model_context"] = contexts.model.unwrap_or_else(empty);
        event["display"] = contexts.display.unwrap_or_else(empty);
        event["idempotency_key"] = json!(row.get::<_, Option<String>>(14)?);
        event["event_hash"] = json!(
            row.get::<_, Option<[u8; 32]>>(15)?
                .as_ref()
                .map(kernel::chain::display)
        );
        event["prev_event_hash"] = json!(
            row.get::<_, Option<[u8; 32]>>(16)?
                .as_ref()
                .map(kernel::chain::display)
        );
        Ok(Some(event))
    }
}

/// Where an event ended in its page's buffer, and what it was.
struct Place {
    position: u64,
    stream_seq: u64,
    event_type: Arc<str>,
    channel: Option<Arc<(String, String)>>,
    end: usize,
}

fn write_event(
    connection: &Connection,
    dictionary: &mut Dictionary,
    row: &Row<'_>,
    json: &mut Vec<u8>,
) -> rusqlite::Result<Place> {
    let position: u64 = row.get(0)?;
    let stream_seq: u64 = row.get(1)?;
    let event_type = dictionary.event_type(connection, row.get(2)?)?;
    let scope = dictionary.scope(connection, row.get(3)?)?;
    let actor = dictionary.actor(connection, row.get(4)?)?;
    let stream = dictionary.stream(connection, row.get(5)?)?;
    let occurred_at: i64 = row.get(6)?;
    let recorded_after: i64 = row.get(7)?;
    let event_id = Uuid::from_slice(row.get_ref(8)?.as_blob()?).unwrap_or_default();
    let correlation = decode_reference(row.get_ref(9)?);
    let causation = decode_reference(row.get_ref(10)?);
    let flags = Flags::from_bits(row.get(11)?);
    let data = row.get_ref(12)?.as_str()?;
    let mut own = Uuid::encode_buffer();
    let own = event_id.hyphenated().encode_lower(&mut own);
    event_json::write(
        json,
        &EventParts {
            position,
            event_id: &event_id,
            event_type: &event_type,
            occurred_at: Timestamp::from_millis(occurred_at),
            recorded_at: Timestamp::from_millis(occurred_at + recorded_after),
            scope: &scope,
            actor: &actor,
            zone: flags.zone.as_str(),
            stream_type: &stream.0,
            stream_id: &stream.1,
            stream_seq,
            correlation_id: correlation.as_deref().unwrap_or(own),
            causation_id: causation.as_deref(),
            redaction_level: flags.redaction_level(),
            contains_secrets: flags.contains_secrets,
            data,
        },
    );
    Ok(Place {
        position,
        stream_seq,
        event_type,
        channel: (stream.0 == "channel").then_some(stream),
        end: json.len(),
    })
}

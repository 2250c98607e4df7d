//! Giving a decided event its place: redaction, sequence, hash, row, projection, frame.

use super::error::StoreError;
use super::event_json::{self, EVENT_VERSION, EventParts, Frame};
use super::intern::Interned;
use super::log::{Flags, encode_contexts, encode_reference};
use super::project;
use kernel::chain::Sealed;
use kernel::event::{EventRedacted, SecretLeakedDetected, SecretMatch};
use kernel::gate::Zone;
use kernel::redaction::{self, Hit, SCANNER_VERSION};
use kernel::{Actor, Causation, Contexts, Draft, Event, Scope, StreamKey, Timestamp};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::sync::Arc;

/// An event that is in the transaction: what projections and live readers need of it.
#[derive(Clone, Debug)]
pub struct Appended {
    pub position: u64,
    /// Its place in its stream.
    pub stream_seq: u64,
    pub event_id: String,
    pub occurred_at: Timestamp,
    pub event: Event,
    pub scope: Scope,
    /// The row of the scope.
    pub scope_number: i64,
    /// The row of the stream.
    pub stream_number: i64,
    pub actor: Actor,
    pub principal_id: String,
    pub correlation_id: String,
    pub idempotency_key: Option<String>,
}

/// A frame and the feeds it belongs to.
#[derive(Clone, Debug)]
pub struct Published {
    pub stream: StreamKey,
    pub workspace_id: String,
    pub frame: Frame,
}

/// Appends drafts inside the writer's transaction.
pub struct Appender<'a> {
    pub connection: &'a Connection,
    pub interned: &'a mut Interned,
    /// The last position that was given out.
    pub position: &'a mut u64,
    pub published: &'a mut Vec<Published>,
    pub now: Timestamp,
}

impl Appender<'_> {
    /// Appends one decided event, and what its redaction must report.
    pub fn append(&mut self, draft: Draft, previous: Option<&str>) -> Result<Appended, StoreError> {
        let mut data = draft.event.data();
        let mut contexts = draft.contexts;
        let mut hits = redaction::redact(&mut data);
        for context in contexts.members_mut() {
            hits.extend(redaction::redact(context));
        }
        let event = if hits.is_empty() {
            draft.event
        } else {
            Event::decode(draft.event.event_type(), data.clone())
        };
        let reports = !matches!(
            event,
            Event::EventRedacted(_) | Event::SecretLeakedDetected(_)
        );
        let causation = match draft.causation {
            Causation::None => None,
            Causation::Event(id) => Some(id),
            Causation::Previous => previous.map(str::to_owned),
        };
        let sealed = Row {
            event,
            data,
            contexts,
            scope: draft.scope,
            actor: draft.actor,
            causation,
            correlation_id: draft.correlation_id,
            idempotency_key: draft.idempotency_key,
            flags: Flags {
                contains_secrets: !hits.is_empty(),
                redacted: !hits.is_empty(),
                zone: draft.zone,
            },
        };
        let appended = self.insert(sealed)?;
        if reports && !hits.is_empty() {
            self.report(&appended, &hits)?;
        }
        Ok(appended)
    }

    fn insert(&mut self, row: Row) -> Result<Appended, StoreError> {
        let key = row.scope.stream();
        let event_type = row.event.event_type().to_owned();
        let type_id = self.interned.event_type(self.connection, &event_type)?;
        let scope_id = self.interned.scope(self.connection, &row.scope)?;
        let actor = self.interned.actor(self.connection, &row.actor)?;
        let head = self
            .interned
            .head(self.connection, &key, &row.scope.workspace_id)?;
        let uuid = crate::clock::event_id();
        let event_id = uuid.to_string();
        let correlation_id = row.correlation_id.unwrap_or_else(|| event_id.clone());
        let stream_seq = head.seq + 1;
        let occurred_at = self.now.to_string();
        let hash = Sealed {
            prev_event_hash: head.hash.as_ref(),
            event_id: &event_id,
            event_type: &event_type,
            event_version: EVENT_VERSION,
            occurred_at: &occurred_at,
            workspace_id: &row.scope.workspace_id,
            mission_id: row.scope.mission_id.as_deref(),
            room_id: row.scope.room_id.as_deref(),
            thread_id: row.scope.thread_id.as_deref(),
            run_id: row.scope.run_id.as_deref(),
            step_id: row.scope.step_id.as_deref(),
            actor_type: row.actor.actor_type.as_str(),
            actor_id: &row.actor.actor_id,
            actor_principal_id: Some(&actor.principal_id),
            zone: row.flags.zone.as_str(),
            stream_type: key.stream_type(),
            stream_id: key.stream_id(),
            stream_seq,
            correlation_id: &correlation_id,
            causation_id: row.causation.as_deref(),
            redaction_level: row.flags.redaction_level(),
            contains_secrets: row.flags.contains_secrets,
            policy_context: row.contexts.policy.as_ref(),
            model_context: row.contexts.model.as_ref(),
            display: row.contexts.display.as_ref(),
            data: &row.data,
            idempotency_key: row.idempotency_key.as_deref(),
        }
        .hash();
        let position = *self.position + 1;
        // `serde_json::Value` of texts and numbers always prints.
        let data = row.data.to_string();
        let sql = "INSERT INTO event (position, stream, seq, type, scope, actor, occurred_at, recorded_after, event_id, correlation, causation, flags, data, contexts, idempotency_key, hash)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        self.connection.prepare_cached(sql)?.execute(params![
            position,
            head.stream,
            stream_seq,
            type_id,
            scope_id,
            actor.id,
            self.now.millis(),
            uuid.as_bytes(),
            (correlation_id != event_id).then(|| encode_reference(&correlation_id)),
            row.causation.as_deref().map(encode_reference),
            row.flags.bits(),
            data,
            encode_contexts(&row.contexts),
            row.idempotency_key,
            hash,
        ])?;
        head.seq = stream_seq;
        head.hash = Some(hash);
        head.dirty = true;
        let stream_number = head.stream;
        *self.position = position;
        let mut json = Vec::with_capacity(data.len() + 800);
        event_json::write(
            &mut json,
            &EventParts {
                position,
                event_id: &uuid,
                event_type: &event_type,
                occurred_at: self.now,
                recorded_at: self.now,
                scope: &event_json::scope_members(&row.scope),
                actor: &event_json::actor_members(
                    row.actor.actor_type.as_str(),
                    &row.actor.actor_id,
                    &actor.principal_id,
                ),
                zone: row.flags.zone.as_str(),
                stream_type: key.stream_type(),
                stream_id: key.stream_id(),
                stream_seq,
                correlation_id: &correlation_id,
                causation_id: row.causation.as_deref(),
                redaction_level: row.flags.redaction_level(),
                contains_secrets: row.flags.contains_secrets,
                data: &data,
            },
        );
        let frame = Frame {
            position,
            stream_seq,
            event_type: event_type.into(),
            channel: matches!(key, StreamKey::Channel(_))
                .then(|| Arc::new((key.stream_type().to_owned(), key.stream_id().to_owned()))),
            json: json.into(),
            written: None,
        };
        self.published.push(Published {
            stream: key,
            workspace_id: row.scope.workspace_id.clone(),
            frame,
        });
        let appended = Appended {
            position,
            stream_seq,
            event_id,
            occurred_at: self.now,
            event: row.event,
            scope: row.scope,
            scope_number: scope_id,
            stream_number,
            actor: row.actor,
            principal_id: actor.principal_id,
            correlation_id,
            idempotency_key: row.idempotency_key,
        };
        project::event(self.connection, &appended)?;
        Ok(appended)
    }

    /// What a secret leaves behind: a marker and a report, from which the redaction log is projected.
    fn report(&mut self, source: &Appended, hits: &[Hit]) -> Result<(), StoreError> {
        let mut rule_ids: Vec<String> = hits.iter().map(|hit| hit.rule_id.to_owned()).collect();
        rule_ids.sort();
        rule_ids.dedup();
        let marker = EventRedacted {
            target_event_id: source.event_id.clone(),
            reason: "dlp_secret_detected".to_owned(),
            intended_redaction_level: "partial".to_owned(),
        };
        let leak = SecretLeakedDetected {
            source_event_id: source.event_id.clone(),
            source_event_type: source.event.event_type().to_owned(),
            scanner_version: SCANNER_VERSION.to_owned(),
            match_count: hits.len() as u32,
            rule_ids,
            matches: hits
                .iter()
                .map(|hit| SecretMatch {
                    rule_id: hit.rule_id.to_owned(),
                    match_preview: hit.preview.clone(),
                })
                .collect(),
        };
        let about = |event: Event, contains_secrets| Row {
            data: event.data(),
            contexts: Contexts::default(),
            event,
            scope: source.scope.clone(),
            actor: Actor::service("dlp"),
            causation: Some(source.event_id.clone()),
            correlation_id: Some(source.correlation_id.clone()),
            idempotency_key: None,
            flags: Flags {
                contains_secrets,
                redacted: false,
                zone: Zone::default(),
            },
        };
        self.insert(about(marker.into(), false))?;
        self.insert(about(leak.into(), true))?;
        Ok(())
    }
}

struct Row {
    event: Event,
    data: Value,
    contexts: Contexts,
    scope: Scope,
    actor: Actor,
    causation: Option<String>,
    correlation_id: Option<String>,
    idempotency_key: Option<String>,
    flags: Flags,
}

/// An event that is found by its key.
pub struct Keyed {
    pub event_type: String,
    pub data: Value,
    pub position: u64,
    pub stream_seq: u64,
    pub occurred_at: Timestamp,
}

/// The event with this key in the stream of `draft`, if the command has been here before.
pub fn replayed(connection: &Connection, draft: &Draft) -> Result<Option<Keyed>, StoreError> {
    match &draft.idempotency_key {
        None => Ok(None),
        Some(key) => keyed(connection, &draft.scope.stream(), key),
    }
}

/// The event with this key in a stream.
pub fn keyed(
    connection: &Connection,
    stream: &StreamKey,
    key: &str,
) -> Result<Option<Keyed>, StoreError> {
    let sql = "SELECT type.name, event.data, event.position, event.occurred_at, event.seq FROM event JOIN event_type AS type ON type.id = event.type
               WHERE event.stream = (SELECT id FROM stream WHERE stream_type = ?1 AND stream_id = ?2) AND event.idempotency_key = ?3";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![stream.stream_type(), stream.stream_id(), key])?;
    match rows.next()? {
        None => Ok(None),
        Some(row) => {
            let data: String = row.get(1)?;
            let data = serde_json::from_str(&data)
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok(Some(Keyed {
                event_type: row.get(0)?,
                data,
                position: row.get(2)?,
                stream_seq: row.get(4)?,
                occurred_at: Timestamp::from_millis(row.get(3)?),
            }))
        }
    }
}

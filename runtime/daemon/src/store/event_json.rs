//! An event as JSON, written straight into a buffer: a million of them pass here on a catch-up.

use kernel::{Timestamp, canonical};

/// Everything that a read of an event shows.
pub struct EventParts<'a> {
    pub position: u64,
    pub event_id: &'a uuid::Uuid,
    pub event_type: &'a str,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    /// `"workspace_id":…` to `"step_id":…`, as [`scope_members`] wrote it.
    pub scope: &'a [u8],
    /// `"actor_type":…` to `"actor_principal_id":…`, as [`actor_members`] wrote it.
    pub actor: &'a [u8],
    pub zone: &'a str,
    pub stream_type: &'a str,
    pub stream_id: &'a str,
    pub stream_seq: u64,
    pub correlation_id: &'a str,
    pub causation_id: Option<&'a str>,
    pub redaction_level: &'a str,
    pub contains_secrets: bool,
    /// JSON text.
    pub data: &'a str,
}

/// Version of every event type so far.
pub const EVENT_VERSION: u32 = 1;

/// One event ready to be sent: its place and its SSE frame.
#[derive(Clone, Debug)]
pub struct Frame {
    pub position: u64,
    pub stream_seq: u64,
    pub event_type: std::sync::Arc<str>,
    /// Type and id of its stream, if that is a channel.
    pub channel: Option<std::sync::Arc<(String, String)>>,
    /// The event as one line of JSON.
    pub json: bytes::Bytes,
    /// What its subscribers share; `None` for one that was read from the log by one reader.
    pub written: Option<std::sync::Arc<Written>>,
}

/// An event as doors write it to their subscribers: by the first of them that is reached, for all of them.
#[derive(Debug, Default)]
pub struct Written {
    /// As a channel's Server-Sent Event; empty if it is none.
    pub event: std::sync::OnceLock<bytes::Bytes>,
    /// As a topic's push; empty if it is none.
    pub push: std::sync::OnceLock<bytes::Bytes>,
}

/// Forms in which one event may be kept for its subscribers: its JSON, and what is [`Written`].
pub const FORMS: usize = 3;

/// Appends the event as one JSON object on one line.
pub fn write(out: &mut Vec<u8>, parts: &EventParts<'_>) {
    out.extend_from_slice(b"{\"event_id\":\"");
    let mut uuid = uuid::Uuid::encode_buffer();
    out.extend_from_slice(
        parts
            .event_id
            .hyphenated()
            .encode_lower(&mut uuid)
            .as_bytes(),
    );
    out.extend_from_slice(b"\",\"event_type\":");
    canonical::write_str(parts.event_type, out);
    out.extend_from_slice(b",\"event_version\":1,\"occurred_at\":\"");
    out.extend_from_slice(&parts.occurred_at.ascii());
    out.extend_from_slice(b"\",\"recorded_at\":\"");
    out.extend_from_slice(&parts.recorded_at.ascii());
    out.extend_from_slice(b"\",");
    out.extend_from_slice(parts.scope);
    out.push(b',');
    out.extend_from_slice(parts.actor);
    member(out, b"zone", Some(parts.zone));
    member(out, b"stream_type", Some(parts.stream_type));
    member(out, b"stream_id", Some(parts.stream_id));
    number(out, b"stream_seq", parts.stream_seq);
    number(out, b"position", parts.position);
    member(out, b"correlation_id", Some(parts.correlation_id));
    member(out, b"causation_id", parts.causation_id);
    member(out, b"redaction_level", Some(parts.redaction_level));
    out.extend_from_slice(if parts.contains_secrets {
        b",\"contains_secrets\":true"
    } else {
        b",\"contains_secrets\":false"
    });
    out.extend_from_slice(b",\"data\":");
    out.extend_from_slice(parts.data.as_bytes());
    out.push(b'}');
}

/// The members of a scope, without a leading comma.
pub fn scope_members(scope: &kernel::Scope) -> Vec<u8> {
    let mut out = b"\"workspace_id\":".to_vec();
    canonical::write_str(&scope.workspace_id, &mut out);
    member(&mut out, b"mission_id", scope.mission_id.as_deref());
    member(&mut out, b"room_id", scope.room_id.as_deref());
    member(&mut out, b"thread_id", scope.thread_id.as_deref());
    member(&mut out, b"run_id", scope.run_id.as_deref());
    member(&mut out, b"step_id", scope.step_id.as_deref());
    out
}

/// The members of an actor, without a leading comma.
pub fn actor_members(actor_type: &str, actor_id: &str, principal_id: &str) -> Vec<u8> {
    let mut out = b"\"actor_type\":".to_vec();
    canonical::write_str(actor_type, &mut out);
    member(&mut out, b"actor_id", Some(actor_id));
    member(&mut out, b"actor_principal_id", Some(principal_id));
    out
}

fn member(out: &mut Vec<u8>, key: &[u8], text: Option<&str>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    match text {
        Some(text) => canonical::write_str(text, out),
        None => out.extend_from_slice(b"null"),
    }
}

fn number(out: &mut Vec<u8>, key: &[u8], value: u64) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

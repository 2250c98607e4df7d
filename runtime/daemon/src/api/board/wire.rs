//! A message as it is read: an event of the log in the envelope that this face promises.

use crate::store::{Frame, MessageId};
use kernel::board::channel_of;
use kernel::{Event, Timestamp, board};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Members of a message that are not the sender's to set.
pub const RESERVED: [&str; 5] = ["id", "ts", "ch", "from_id", "reply_to"];
/// Version of a message's type when its sender says none.
const VERSION: i64 = 1;

/// A message, one line of JSON.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// ULID; the cursor by which to go on.
    id: String,
    /// Seconds since 1970.
    ts: f64,
    from: String,
    /// The same as `from`.
    from_id: String,
    ch: String,
    #[serde(rename = "type")]
    message_type: String,
    v: i64,
    body: Value,
    /// Names of stored content.
    files: Vec<String>,
    #[serde(rename = "reply-to")]
    reply_to: Option<String>,
    /// The same as `reply-to`.
    #[serde(rename = "reply_to")]
    reply_to_again: Option<String>,
    /// What else the sender put beside the known members.
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// Seconds since 1970, as this face writes times.
pub fn seconds(at: Timestamp) -> f64 {
    at.millis() as f64 / 1_000.0
}

/// An event as the log shows it, as far as a message needs it.
#[derive(Deserialize)]
struct Logged {
    occurred_at: Timestamp,
    #[serde(default)]
    actor_id: Option<String>,
    stream_type: String,
    stream_id: String,
    data: Value,
}

/// The message that an event is, with its id; `None` for one that is none.
pub fn message(frame: &Frame) -> Option<(String, Message)> {
    // Most events are no messages: told by their type, before anything is read.
    if !could_be_message(&frame.event_type) {
        return None;
    }
    let logged: Logged = serde_json::from_slice(&frame.json).ok()?;
    let event = Event::decode(&frame.event_type, logged.data);
    let id = MessageId::of(logged.occurred_at, frame.position).to_string();
    let from = logged.actor_id.unwrap_or_default();
    let message = Message {
        id: id.clone(),
        ts: seconds(logged.occurred_at),
        from: from.clone(),
        from_id: from,
        ch: channel_of(&logged.stream_type, &logged.stream_id)?,
        message_type: board::message_type(&event)?.to_owned(),
        v: VERSION,
        body: Value::Null,
        files: Vec::new(),
        reply_to: None,
        reply_to_again: None,
        extra: Map::new(),
    };
    Some((id, filled(message, event)?))
}

/// A message as one line, its id first.
pub fn line(message: &Message) -> String {
    // Texts, numbers and values always print.
    serde_json::to_string(message).unwrap_or_default()
}

fn could_be_message(event_type: &str) -> bool {
    event_type.starts_with("task.")
        || event_type == "channel.message.published"
        || event_type == "message.created"
}

/// With what the sender wrote, or what is told of a task.
fn filled(mut message: Message, event: Event) -> Option<Message> {
    if let Event::ChannelMessagePublished(data) = event {
        message.v = data.v.unwrap_or(VERSION);
        message.body = data.body;
        message.files = data.files.unwrap_or_default();
        message.reply_to_again = data.reply_to.clone();
        message.reply_to = data.reply_to;
        message.extra = data.extra.unwrap_or_default();
        return Some(message);
    }
    if let Event::TaskDone(data) = event {
        message.body = json!({"task-id": data.task_id, "title": data.title});
        message.files = data.files;
        return Some(message);
    }
    message.body = told(event)?;
    Some(message)
}

fn told(event: Event) -> Option<Value> {
    let body = if let Event::MessageCreated(data) = event {
        json!({"text": data.content_md, "message_id": data.message_id, "parent_message_id": data.parent_message_id})
    } else if let Event::TaskCreated(data) = event {
        json!({"task-id": data.task_id, "title": data.title, "for": data.assigned_to})
    } else if let Event::TaskClaimed(data) = event {
        json!({"task-id": data.task_id, "title": data.title})
    } else if let Event::TaskUpdated(data) = event {
        let mut body = Map::from_iter([("task-id".to_owned(), Value::String(data.task_id))]);
        body.extend(data.update);
        Value::Object(body)
    } else if let Event::TaskAbandoned(data) = event {
        json!({"task-id": data.task_id, "title": data.title})
    } else if let Event::TaskInterrupted(data) = event {
        json!({"task-id": data.task_id, "title": data.title, "reason": data.reason})
    } else if let Event::TaskLeaseExpired(data) = event {
        json!({"task-id": data.task_id, "title": data.title, "reason": "lease_expired", "holder": data.holder})
    } else {
        return None;
    };
    Some(body)
}

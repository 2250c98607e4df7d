//! Channels and what is published to them.

use super::{files, key, sender};
use crate::broker;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{ChannelMessagePublished, Event};
use crate::gate::DEFAULT_WORKSPACE_ID;
use crate::limits;
use crate::reject::Reject;
use crate::rooms::{CreateThread, PostMessage, create_thread, find_room, post_message};
use crate::state::State;
use crate::text;
use serde_json::{Map, Value};

/// What the channel of a room begins with; its room's id follows.
const ROOM_PREFIX: &str = "room.";
/// What the ids of rooms begin with: other channels may be called `room.something` too.
const ROOM_ID_PREFIX: &str = "room_";
/// Types of messages that are what people and agents say; in a room they are its messages.
const SAID_PREFIX: &str = "msg.";
/// The type by which a room's messages are read on its channel.
const ROOM_MESSAGE: &str = "msg.message";
/// What happens to tasks, by its name in the log and by the one that its channel is told: two of them
/// other clients know by the contract's own words.
const TASK_TYPES: [(&str, &str); 7] = [
    ("task.created", "task.created"),
    ("task.claimed", "task.claimed"),
    ("task.updated", "task.updated"),
    ("task.done", "task.done"),
    ("task.abandoned", "task.abandoned"),
    ("task.interrupted", "task.interrupt"),
    ("task.lease.expired", "task.abandoned"),
];
/// Title of the thread that the first message to a room without threads begins.
const THREAD_TITLE: &str = "Channel";

/// The name of a channel, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Channel(String),
    /// The channel of this room.
    Room(String),
}

impl Name {
    /// # Errors
    /// `missing_channel`, `field_too_long`, `invalid_text`, `secret_in_identifier`.
    pub fn parse(name: &str) -> Result<Self, Reject> {
        let name = text::identifier("channel", Some(name), limits::NAME_CHARS_MAX)?;
        let message = "missing channel: it is part of the address";
        let name = name.ok_or_else(|| Reject::invalid("missing_channel", "channel", message))?;
        Ok(
            match name
                .strip_prefix(ROOM_PREFIX)
                .filter(|id| id.starts_with(ROOM_ID_PREFIX))
            {
                Some(room_id) => Name::Room(room_id.to_owned()),
                None => Name::Channel(name),
            },
        )
    }

    /// Where what is published to it happens.
    pub(super) fn place<S: State>(
        &self,
        ctx: &Context,
        state: &S,
    ) -> Result<Scope, Refusal<S::Error>> {
        if ctx.workspace_id != DEFAULT_WORKSPACE_ID {
            let message =
                format!("Channels and tasks are in the workspace {DEFAULT_WORKSPACE_ID:?} only.");
            let reject = Reject::invalid("channels_elsewhere", "x-workspace-id", message);
            return Err(reject.hint("Leave out x-workspace-id.").into());
        }
        match self {
            Name::Channel(channel) => Ok(Scope {
                channel: Some(channel.clone()),
                ..Scope::workspace(&ctx.workspace_id)
            }),
            Name::Room(room_id) => Ok(find_room(ctx, state, room_id)?.scope()),
        }
    }
}

/// The channel of a stream, if it is one.
pub fn channel_of(stream_type: &str, stream_id: &str) -> Option<String> {
    match stream_type {
        "channel" => Some(stream_id.to_owned()),
        "room" => Some(format!("{ROOM_PREFIX}{stream_id}")),
        _ => None,
    }
}

/// The type by which an event is read on its channel; `None` for one that is no message.
pub fn message_type(event: &Event) -> Option<&str> {
    if let Event::ChannelMessagePublished(message) = event {
        return Some(&message.message_type);
    }
    if let Event::MessageCreated(_) = event {
        return Some(ROOM_MESSAGE);
    }
    let told = TASK_TYPES
        .iter()
        .find(|(logged, _)| *logged == event.event_type());
    told.map(|(_, read)| *read)
}

#[derive(Clone, Debug, Default)]
pub struct PublishMessage {
    /// Of the channel, as it is addressed.
    pub channel: String,
    pub from: Option<String>,
    pub message_type: Option<String>,
    pub version: Option<i64>,
    pub body: Value,
    pub files: Vec<String>,
    pub reply_to: Option<String>,
    /// What else the sender put beside the known members.
    pub extra: Map<String, Value>,
    pub idempotency_key: Option<String>,
    /// Fresh: the message's id as one of a room.
    pub room_message_id: String,
    /// Fresh: the thread that a room without any gets.
    pub room_thread_id: String,
}

/// # Errors
/// In this order: `missing_from`, `missing_type`, then what is wrong with the rest; `room_not_found`.
pub fn publish_message<S: State>(
    ctx: &Context,
    state: &S,
    command: PublishMessage,
) -> Decided<S::Error> {
    let name = Name::parse(&command.channel)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    let message_type = text::identifier(
        "type",
        command.message_type.as_deref(),
        limits::NAME_CHARS_MAX,
    )?
    .ok_or_else(|| Reject::invalid("missing_type", "type", "missing :type"))?;
    text::open_value("body", &command.body)?;
    for (member, value) in &command.extra {
        text::open_value(member, value)?;
    }
    files(&command.files)?;
    let reply_to = text::identifier(
        "reply-to",
        command.reply_to.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let key = key(command.idempotency_key.as_deref())?;
    let place = name.place(ctx, state)?;
    if let Name::Channel(channel) = &name {
        broker::by_the_board(ctx, state, channel)?;
    }
    if let Name::Room(room_id) = &name
        && message_type.starts_with(SAID_PREFIX)
        && let Some(said) = said(&command.body)
    {
        let message = PostMessage {
            message_id: command.room_message_id,
            sender_type: Some(actor.actor_type.as_str().to_owned()),
            sender_id: Some(actor.actor_id),
            content_md: Some(said.to_owned()),
            parent_message_id: reply_to,
            idempotency_key: key,
            ..PostMessage::default()
        };
        return say(ctx, state, room_id, command.room_thread_id, message);
    }
    let event = ChannelMessagePublished {
        message_type,
        v: command.version,
        body: command.body,
        files: Some(command.files).filter(|files| !files.is_empty()),
        reply_to,
        extra: Some(command.extra).filter(|extra| !extra.is_empty()),
    };
    let draft = Draft::new(event.into(), place, actor)
        .correlated(ctx.correlation_id.clone())
        .keyed(key);
    Ok(Decision::new(vec![draft], Answer::Done))
}

/// The words of a body: itself, or its `text`.
fn said(body: &Value) -> Option<&str> {
    body.as_str()
        .or_else(|| body.get("text").and_then(Value::as_str))
        .filter(|text| !text.trim().is_empty())
}

/// Posts to the first thread of a room; a room without any gets one.
fn say<S: State>(
    ctx: &Context,
    state: &S,
    room_id: &str,
    fresh_thread_id: String,
    mut message: PostMessage,
) -> Decided<S::Error> {
    if let Some(thread_id) = state.first_thread(room_id).map_err(Refusal::State)? {
        message.thread_id = thread_id;
        return post_message(ctx, state, message);
    }
    let thread = CreateThread {
        thread_id: fresh_thread_id,
        room_id: room_id.to_owned(),
        title: Some(THREAD_TITLE.to_owned()),
        status: None,
    };
    let mut decision = create_thread(ctx, state, thread.clone())?;
    let room = find_room(ctx, state, room_id)?;
    let thread = crate::state::Thread {
        thread_id: thread.thread_id,
        room,
    };
    decision.extend(crate::rooms::post_to(ctx, state, thread, message)?);
    Ok(decision)
}

//! A message: Markdown that a person or an agent posts to a thread.

use super::find_thread;
use crate::actor::{Actor, ActorType};
use crate::command::{Answer, Context, Decided, Decision};
use crate::envelope::{Draft, Scope};
use crate::event::MessageCreated;
use crate::gate;
use crate::limits;
use crate::reject::Reject;
use crate::review::EVIDENCE_KEY_PREFIX;
use crate::state::{State, Thread};
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct PostMessage {
    pub message_id: String,
    pub thread_id: String,
    pub sender_type: Option<String>,
    pub sender_id: Option<String>,
    pub content_md: Option<String>,
    pub lang: Option<String>,
    pub parent_message_id: Option<String>,
    pub labels: Option<Value>,
    pub idempotency_key: Option<String>,
}

pub fn post_message<S: State>(ctx: &Context, state: &S, command: PostMessage) -> Decided<S::Error> {
    let thread = find_thread(ctx, state, &command.thread_id)?;
    post_to(ctx, state, thread, command)
}

/// The same to a thread that may only come to be in this decision.
pub(crate) fn post_to<S: State>(
    ctx: &Context,
    state: &S,
    thread: Thread,
    command: PostMessage,
) -> Decided<S::Error> {
    let declared = sender(&command)?;
    let actor = gate::declared_actor(ctx, state, "sender_id", declared)?;
    let name = |field, value: &Option<String>| {
        text::optional(field, value.as_deref(), limits::NAME_CHARS_MAX)
    };
    text::labels("labels", command.labels.as_ref())?;
    let event = MessageCreated {
        message_id: command.message_id.clone(),
        sender_type: actor.actor_type.as_str().to_owned(),
        sender_id: actor.actor_id.clone(),
        content_md: content(command.content_md)?,
        lang: name("lang", &command.lang)?.unwrap_or_else(|| "en".to_owned()),
        parent_message_id: name("parent_message_id", &command.parent_message_id)?,
        labels: command.labels,
    };
    let scope = Scope {
        thread_id: Some(thread.thread_id),
        ..thread.room.scope()
    };
    let key = text::identifier(
        "Idempotency-Key",
        command.idempotency_key.as_deref(),
        limits::IDEMPOTENCY_KEY_CHARS_MAX,
    )?;
    if key
        .as_ref()
        .is_some_and(|key| key.starts_with(EVIDENCE_KEY_PREFIX))
    {
        let message = format!("Keys that begin with {EVIDENCE_KEY_PREFIX:?} are Signalbox's own.");
        return Err(
            Reject::invalid("idempotency_key_reserved", "Idempotency-Key", message)
                .hint("Choose another key.")
                .into(),
        );
    }
    let draft = Draft::new(event.into(), scope, actor)
        .correlated(ctx.correlation_id.clone())
        .keyed(key);
    Ok(Decision::new(
        vec![draft],
        Answer::Created(command.message_id),
    ))
}

/// Who the message says it is from.
fn sender(command: &PostMessage) -> Result<Option<Actor>, Reject> {
    let sender_id = text::identifier(
        "sender_id",
        command.sender_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    Ok(match (command.sender_type.as_deref(), sender_id) {
        (None, None) => None,
        (sender_type, sender_id) => Some(Actor::new(
            ActorType::from_wire(sender_type.unwrap_or("user")),
            sender_id.unwrap_or_else(|| "anon".to_owned()),
        )),
    })
}

fn content(content_md: Option<String>) -> Result<String, Reject> {
    let content = content_md.unwrap_or_default();
    if content.trim().is_empty() {
        return Err(Reject::invalid(
            "missing_content_md",
            "content_md",
            "A message needs some text in \"content_md\".",
        ));
    }
    if content.len() > limits::MESSAGE_BYTES_MAX {
        let message = format!(
            "\"content_md\" is longer than {} bytes.",
            limits::MESSAGE_BYTES_MAX
        );
        return Err(
            Reject::new(crate::Kind::TooLarge, "payload_too_large", message)
                .hint("Store the text as a blob or an artifact and post a link to it."),
        );
    }
    if content.contains('\0') {
        return Err(Reject::invalid(
            "invalid_text",
            "content_md",
            "\"content_md\" contains a NUL character.",
        ));
    }
    Ok(content)
}

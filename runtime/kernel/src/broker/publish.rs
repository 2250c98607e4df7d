//! Speaking on topics.

use super::proven;
use super::rights::{Rules, may_publish, may_read};
use super::schema::validate;
use super::topic::Topic;
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::ChannelMessagePublished;
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::text;
use serde_json::{Value, json};

/// The type of what is published to a topic, as the board shows it.
pub const MESSAGE: &str = "claw.message";
/// The type of somebody's wish to read a closed topic.
pub const ACCESS_REQUEST: &str = "claw.access_request";
/// Where such wishes are told.
pub const REQUESTS_CHANNEL: &str = "public.access";
/// What is said for who says no reason.
const REASON: &str = "";

#[derive(Clone, Debug, Default)]
pub struct PublishTopic {
    pub channel: String,
    pub payload: Value,
}

/// # Errors
/// In this order: `key_revoked`, `payload_too_large`, `invalid_channel`, `topic_forbidden`, then what is
/// wrong with the payload; `schema_mismatch`.
pub fn publish_topic<S: State>(
    ctx: &Context,
    state: &S,
    command: PublishTopic,
) -> Decided<S::Error> {
    let who = proven(ctx, state)?;
    fits(&command.payload)?;
    let channel = command.channel.trim();
    let topic = Topic::parse(channel)?;
    may_publish(&topic, who.as_ref())?;
    text::identifier("channel", Some(channel), limits::TOPIC_BYTES_MAX)?;
    text::open_value("payload", &command.payload)?;
    if !command.payload.is_null()
        && let Some(schema) = state.topic_schema(channel).map_err(Refusal::State)?
        && !validate(&schema, &command.payload).is_empty()
    {
        let message = "Schema validation failed";
        return Err(Reject::invalid("schema_mismatch", "payload", message).into());
    }
    Ok(said(ctx, channel, MESSAGE, command.payload))
}

/// The length is that of its JSON in UTF-16 units, as clients count.
fn fits(payload: &Value) -> Result<(), Reject> {
    let max = limits::TOPIC_PAYLOAD_UNITS_MAX;
    if payload.to_string().encode_utf16().count() <= max {
        return Ok(());
    }
    let message = format!("payload too large (max {max} bytes)");
    Err(Reject::new(Kind::TooLarge, "payload_too_large", message))
}

#[derive(Clone, Debug, Default)]
pub struct RequestAccess {
    pub channel: String,
    pub reason: Option<String>,
    /// Those in force.
    pub rules: Rules,
}

/// Asks, where everybody can see it, to be let in. Answers with nothing but that it is told: the owner grants.
///
/// # Errors
/// `key_revoked`, `invalid_channel`, `topic_reserved`, `not_locked`, `already_granted`.
pub fn request_access<S: State>(
    ctx: &Context,
    state: &S,
    command: RequestAccess,
) -> Decided<S::Error> {
    let who = proven(ctx, state)?
        .ok_or_else(|| Reject::new(Kind::Unauthorized, "missing_token", "Missing bearer token"))?;
    let channel = command.channel.trim();
    let topic = Topic::parse(channel)?;
    text::identifier("channel", Some(channel), limits::TOPIC_BYTES_MAX)?;
    if topic.is_between_app_and_agents() {
        let message = "cannot request access to app.agent reserved channels";
        return Err(Reject::forbidden("topic_reserved", message).into());
    }
    let locked = state.is_topic_locked(channel).map_err(Refusal::State)?;
    if !command.rules.is_closed(&topic, locked) {
        let message = "channel is not locked, access is public";
        return Err(Reject::invalid("not_locked", "channel", message).into());
    }
    let granted = state
        .is_topic_granted(channel, &who)
        .map_err(Refusal::State)?;
    if may_read(command.rules, &topic, Some(&who), locked, granted) {
        let message = "you already have access to this channel";
        return Err(Reject::invalid("already_granted", "channel", message).into());
    }
    let max = limits::TITLE_CHARS_MAX;
    let reason = text::optional("reason", command.reason.as_deref(), max)?;
    let request = request(ctx, channel, &topic, &who.to_string(), reason);
    Ok(said(ctx, REQUESTS_CHANNEL, ACCESS_REQUEST, request))
}

fn request(
    ctx: &Context,
    channel: &str,
    topic: &Topic,
    requester: &str,
    reason: Option<String>,
) -> Value {
    let (kind, agent, app) = match topic {
        Topic::Agent { owner, .. } => ("agent", Some(owner), None),
        Topic::App { app, .. } => ("app", None, Some(app)),
        Topic::Public | Topic::System | Topic::Broadcast { .. } | Topic::Inbox { .. } => {
            ("public", None, None)
        }
    };
    json!({
        "type": "access_request", "requester": requester, "targetChannel": channel, "targetType": kind,
        "targetOwner": topic.owner(), "targetAgent": agent, "targetApp": app,
        "reason": reason.unwrap_or_else(|| REASON.to_owned()), "timestamp": ctx.now.millis(),
    })
}

fn said(ctx: &Context, channel: &str, message_type: &str, body: Value) -> Decision {
    let event = ChannelMessagePublished {
        message_type: message_type.to_owned(),
        v: None,
        body,
        files: None,
        reply_to: None,
        extra: None,
    };
    let scope = Scope {
        channel: Some(channel.to_owned()),
        ..Scope::workspace(&ctx.workspace_id)
    };
    let draft = Draft::new(event.into(), scope, ctx.caller.actor());
    Decision::new(
        vec![draft.correlated(ctx.correlation_id.clone())],
        Answer::Done,
    )
}

/// Whether a caller of the board may publish to the channel of this name: on topics only those speak who may.
///
/// # Errors
/// `key_revoked`, `topic_forbidden`.
pub(crate) fn by_the_board<S: State>(
    ctx: &Context,
    state: &S,
    channel: &str,
) -> Result<(), Refusal<S::Error>> {
    if ctx.caller == Caller::System {
        return Ok(());
    }
    match Topic::parse(channel) {
        Ok(topic) => Ok(may_publish(&topic, proven(ctx, state)?.as_ref())?),
        // A channel as any other.
        Err(_) => Ok(()),
    }
}

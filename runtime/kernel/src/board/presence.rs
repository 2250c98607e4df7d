//! Who is there: the last sign of life of each agent. Beside the log: a heartbeat changes nothing.

use super::sender;
use crate::command::{Answer, Context, Decided, Decision, Effect};
use crate::limits;
use crate::redaction;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use crate::time::Timestamp;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct AnnouncePresence {
    pub from: Option<String>,
    /// Channels that the agent follows, as it says.
    pub channels: Value,
    pub meta: Value,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    pub agent_id: String,
    pub last_seen: Timestamp,
    pub channels: Value,
    pub meta: Value,
}

/// # Errors
/// `missing_from`, `actor_reserved`, `invalid_type`, `field_too_long`.
pub fn announce_presence<S: State>(
    ctx: &Context,
    state: &S,
    command: AnnouncePresence,
) -> Decided<S::Error> {
    let actor = sender(ctx, state, command.from.as_deref())?;
    text::labels("channels", Some(&command.channels))?;
    if !command.meta.is_object() {
        let message = "\"meta\" must be an object.";
        return Err(Reject::invalid("invalid_type", "meta", message).into());
    }
    text::open_value("meta", &command.meta)?;
    for (field, value) in [("channels", &command.channels), ("meta", &command.meta)] {
        if value.to_string().len() > limits::PRESENCE_BYTES_MAX {
            let max = limits::PRESENCE_BYTES_MAX;
            let message = format!("{field:?} is longer than {max} bytes as JSON.");
            return Err(Reject::invalid("field_too_long", field, message).into());
        }
    }
    // It is kept beside the log, and held to the same.
    let (mut channels, mut meta) = (command.channels, command.meta);
    redaction::redact(&mut channels);
    redaction::redact(&mut meta);
    let presence = Presence {
        agent_id: actor.actor_id,
        last_seen: ctx.now,
        channels,
        meta,
    };
    Ok(Decision::new(Vec::new(), Answer::Done).with(Effect::PutPresence(presence)))
}

//! What a topic is for, and what it carries: told by its owner, for others to find.

use super::govern::owned;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{Event, TopicAdvertised, TopicWithdrawn};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct AdvertiseTopic {
    pub channel: String,
    pub description: Option<String>,
    /// What every payload must be like from now on.
    pub schema: Option<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct WithdrawTopic {
    pub channel: String,
}

/// # Errors
/// As [`super::lock_topic`]; `description_too_long`, `schema_too_large`, `json_too_deep`, `invalid_text`.
pub fn advertise_topic<S: State>(
    ctx: &Context,
    state: &S,
    command: AdvertiseTopic,
) -> Decided<S::Error> {
    let channel = owned(ctx, state, &command.channel, "advertise", "advertise")?;
    let max = limits::ADVERTISEMENT_CHARS_MAX;
    let description = command.description.filter(|text| !text.is_empty());
    if let Some(description) = &description {
        text::no_nul("description", description)?;
        if description.chars().count() > max {
            let message = format!("description too long (max {max} characters)");
            return Err(Reject::new(Kind::TooLarge, "description_too_long", message).into());
        }
    }
    let max = limits::SCHEMA_BYTES_MAX;
    if let Some(schema) = &command.schema {
        text::open_value("schema", schema)?;
        if schema.to_string().len() > max {
            let message = format!("schema too large (max {max} bytes)");
            return Err(Reject::new(Kind::TooLarge, "schema_too_large", message).into());
        }
    }
    let event = TopicAdvertised {
        channel,
        description,
        schema: command.schema,
    };
    Ok(told(ctx, event.into()))
}

/// Takes it back; what was not told is not there either way.
///
/// # Errors
/// As [`super::lock_topic`].
pub fn withdraw_topic<S: State>(
    ctx: &Context,
    state: &S,
    command: WithdrawTopic,
) -> Decided<S::Error> {
    let channel = owned(ctx, state, &command.channel, "advertise", "advertise")?;
    if !state
        .is_topic_advertised(&channel)
        .map_err(Refusal::State)?
    {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    Ok(told(ctx, TopicWithdrawn { channel }.into()))
}

fn told(ctx: &Context, event: Event) -> Decision {
    let scope = Scope::workspace(&ctx.workspace_id);
    let draft = Draft::new(event, scope, ctx.caller.actor());
    Decision::new(
        vec![draft.correlated(ctx.correlation_id.clone())],
        Answer::Done,
    )
}

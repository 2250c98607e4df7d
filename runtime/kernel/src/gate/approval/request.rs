//! Asking the owner. What is identical to a request that waits already joins it: the owner sees
//! one card, and how many wait.

use super::{Approval, Identical, Reach};
use crate::actor::Actor;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{ApprovalJoined, ApprovalRequested};
use crate::gate::question::{Binding, payload_digest};
use crate::gate::registry::COMMAND_EXECUTE;
use crate::gate::{Declared, Place, evaluate};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use crate::time::Timestamp;
use serde_json::Value;

/// A request that somebody makes for an action of its own.
#[derive(Clone, Debug, Default)]
pub struct RequestApproval {
    /// Used when nothing identical waits.
    pub approval_id: String,
    pub action: Option<String>,
    pub target: Option<String>,
    /// Exactly what is to be done; its digest is taken here, never from the requester.
    pub payload: Option<Value>,
    pub title: Option<String>,
    /// Purpose, risks, plan to undo it: whatever helps the owner to decide.
    pub request: Option<Value>,
    pub context: Option<Value>,
    pub place: Place,
    pub scope: Option<Value>,
    pub expires_at: Option<String>,
    pub correlation_id: Option<String>,
    pub requester: Declared,
}

/// A checked request, of somebody or of the gate itself.
#[derive(Clone, Debug)]
pub struct Asking {
    pub approval_id: String,
    pub binding: Binding,
    pub payload: Option<Value>,
    pub place: Scope,
    pub requester: Actor,
    pub reach: Reach,
    pub expires_at: Timestamp,
    pub title: Option<String>,
    pub request: Option<Value>,
    pub context: Option<Value>,
    /// Why the gate asks; `None` when the requester asks by itself.
    pub reason_code: Option<String>,
    pub causation: Causation,
    pub correlation_id: Option<String>,
}

/// The approval that a request waits for now, and the events that made it so.
#[derive(Debug)]
pub struct Asked {
    pub approval_id: String,
    pub drafts: Vec<Draft>,
}

pub fn request_approval<S: State>(
    ctx: &Context,
    state: &S,
    command: RequestApproval,
) -> Decided<S::Error> {
    let action = evaluate::action(command.action.as_deref())?;
    not_reserved(&action)?;
    let target = text::identifier(
        "target",
        command.target.as_deref(),
        limits::TARGET_CHARS_MAX,
    )?;
    for (field, value) in [
        ("payload", &command.payload),
        ("request", &command.request),
        ("context", &command.context),
    ] {
        if let Some(value) = value {
            text::open_value(field, value)?;
        }
    }
    let place = command.place.resolve(ctx, state)?;
    let reach = match &command.scope {
        None => Reach::Once,
        Some(scope) => Reach::read(ctx, state, scope, &place.scope, &action)?,
    };
    let correlation = text::identifier(
        "correlation_id",
        command.correlation_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let asking = Asking {
        approval_id: command.approval_id,
        binding: Binding {
            action,
            target,
            payload_digest: command.payload.as_ref().map(payload_digest),
        },
        payload: command.payload,
        place: place.scope,
        requester: command.requester.actor(ctx, state)?,
        reach,
        expires_at: expiry(ctx, command.expires_at.as_deref())?,
        title: text::optional("title", command.title.as_deref(), limits::TITLE_CHARS_MAX)?,
        request: command.request,
        context: command.context,
        reason_code: None,
        causation: Causation::None,
        correlation_id: correlation.or(place.correlation_id),
    };
    let asked = ask_owner(ctx, state, asking)?;
    Ok(Decision::new(
        asked.drafts,
        Answer::Created(asked.approval_id),
    ))
}

/// Refuses the action that only runs ask for: see [`COMMAND_EXECUTE`].
pub(crate) fn not_reserved(action: &str) -> Result<(), Reject> {
    if action != COMMAND_EXECUTE {
        return Ok(());
    }
    let message = "Only a run asks to have its command executed.";
    Err(Reject::invalid("action_reserved", "action", message)
        .hint("Create a run with input.command: it waits for its approval by itself."))
}

/// Asks, unless something identical waits: then the requester waits with it.
pub fn ask_owner<S: State>(
    ctx: &Context,
    state: &S,
    asking: Asking,
) -> Result<Asked, Refusal<S::Error>> {
    let identical = Identical {
        binding: &asking.binding,
        place: &asking.place,
        reach: &asking.reach,
    };
    let waiting = state.waiting_approval(&identical, ctx.now);
    if let Some(waiting) = waiting.map_err(Refusal::State)? {
        return join(state, waiting, asking.requester);
    }
    let event = ApprovalRequested {
        approval_id: asking.approval_id.clone(),
        action: asking.binding.action,
        target: asking.binding.target,
        payload: asking.payload,
        payload_digest: asking.binding.payload_digest,
        title: asking.title,
        request: asking.request,
        context: asking.context,
        scope: asking.reach,
        expires_at: asking.expires_at,
        reason_code: asking.reason_code,
    };
    let draft = Draft::new(event.into(), asking.place, asking.requester)
        .caused_by(asking.causation)
        .correlated(asking.correlation_id);
    Ok(Asked {
        approval_id: asking.approval_id,
        drafts: vec![draft],
    })
}

fn join<S: State>(
    state: &S,
    waiting: Approval,
    requester: Actor,
) -> Result<Asked, Refusal<S::Error>> {
    let approval_id = waiting.approval_id.clone();
    let waits_already = state.is_waiter(&approval_id, &requester);
    if waits_already.map_err(Refusal::State)? {
        let drafts = Vec::new();
        return Ok(Asked {
            approval_id,
            drafts,
        });
    }
    let event = ApprovalJoined {
        approval_id: approval_id.clone(),
    };
    let drafts = vec![waiting.draft(event.into(), requester)];
    Ok(Asked {
        approval_id,
        drafts,
    })
}

/// When a request is over: as it says, else after [`limits::APPROVAL_MS_DEFAULT`].
pub(super) fn expiry(ctx: &Context, text: Option<&str>) -> Result<Timestamp, Reject> {
    let Some(text) = text else {
        return Ok(default_expiry(ctx));
    };
    let latest = ctx.now.plus_millis(limits::APPROVAL_MS_MAX);
    Timestamp::parse(text)
        .filter(|at| *at > ctx.now && *at <= latest)
        .ok_or_else(|| {
            let days = limits::APPROVAL_MS_MAX / (24 * 3_600 * 1_000);
            let message =
                format!("\"expires_at\" must be an RFC 3339 time within the next {days} days.");
            Reject::invalid("invalid_expires_at", "expires_at", message)
        })
}

/// When a request that names no end is over.
pub(crate) fn default_expiry(ctx: &Context) -> Timestamp {
    ctx.now.plus_millis(limits::APPROVAL_MS_DEFAULT)
}

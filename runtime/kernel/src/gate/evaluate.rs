//! An action that somebody outside is about to do asks for permission. An allow is meant: it uses
//! up an approval that reaches once, so asking twice is doing twice.

use super::approval::{Identical, Reach, not_reserved};
use super::data_access::fit_of_place;
use super::label::ResourceName;
use super::policy::Decision;
use super::question::{Binding, Category, Question, payload_digest};
use super::registry::{DATA_READ, DATA_WRITE, canonical_action};
use super::ruling::{Use, ask};
use super::zone::Zone;
use super::{Declared, Place};
use crate::command::{self, Answer, Context, Decided, Refusal};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct EvaluatePolicy {
    pub action: Option<String>,
    pub target: Option<String>,
    /// Exactly what is to be done.
    pub payload: Option<Value>,
    pub place: Place,
    pub context: Option<Value>,
    pub requester: Declared,
    pub standing: Standing,
}

/// What a requester says of its rights.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub principal_id: Option<String>,
    pub capability_token_id: Option<String>,
    pub zone: Option<String>,
}

/// [`Standing`], checked.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub principal_id: Option<String>,
    pub capability_token_id: Option<String>,
    pub zone: Zone,
}

impl Standing {
    pub(crate) fn check(self) -> Result<Checked, Reject> {
        let name = |field, value: Option<String>| {
            text::identifier(field, value.as_deref(), limits::NAME_CHARS_MAX)
        };
        Ok(Checked {
            principal_id: name("principal_id", self.principal_id)?,
            capability_token_id: name("capability_token_id", self.capability_token_id)?,
            zone: Zone::named(self.zone.as_deref())?,
        })
    }
}

pub fn evaluate_policy<S: State>(
    ctx: &Context,
    state: &S,
    command: EvaluatePolicy,
) -> Decided<S::Error> {
    let action = action(command.action.as_deref())?;
    not_reserved(&action)?;
    for (field, value) in [("payload", &command.payload), ("context", &command.context)] {
        if let Some(value) = value {
            text::open_value(field, value)?;
        }
    }
    let standing = command.standing.check()?;
    let place = command.place.resolve(ctx, state)?;
    let target = text::identifier(
        "target",
        command.target.as_deref(),
        limits::TARGET_CHARS_MAX,
    )?;
    let room_id = place.scope.room_id.as_deref();
    let question = Question {
        category: category(ctx, state, &action, target.as_deref(), room_id)?,
        binding: Binding {
            action,
            target,
            payload_digest: command.payload.as_ref().map(payload_digest),
        },
        actor: command.requester.actor(ctx, state)?,
        principal_id: standing.principal_id,
        capability_token_id: standing.capability_token_id,
        zone: standing.zone,
        place: place.scope,
        context: command.context,
    };
    let correlation_id = place.correlation_id.as_deref();
    let mut ruled = ask(ctx, state, &question, Use::default(), correlation_id)?;
    if ruled.ruling.decision == Decision::RequireApproval {
        let identical = Identical {
            binding: &question.binding,
            place: &question.place,
            reach: &Reach::Once,
        };
        let waiting = state.waiting_approval(&identical, ctx.now);
        let waiting = waiting.map_err(Refusal::State)?;
        ruled.ruling.approval_id = waiting.map(|waiting| waiting.approval_id);
    }
    Ok(command::Decision::new(
        ruled.drafts,
        Answer::Ruled(ruled.ruling),
    ))
}

/// A resource that is named as the target of reading or writing has its label; whatever else is
/// asked is an action by its name.
fn category<S: State>(
    ctx: &Context,
    state: &S,
    action: &str,
    target: Option<&str>,
    room_id: Option<&str>,
) -> Result<Category, Refusal<S::Error>> {
    let of_data = [DATA_READ, DATA_WRITE].contains(&action);
    let Some(resource) = target.filter(|_| of_data).and_then(ResourceName::of_target) else {
        return Ok(Category::Action);
    };
    let label = state.resource_label(&ctx.workspace_id, &resource);
    let label = label.map_err(Refusal::State)?.unwrap_or_default();
    Ok(Category::DataAccess(fit_of_place(ctx, &label, room_id)))
}

/// The action of a request in its one spelling.
pub(crate) fn action(text: Option<&str>) -> Result<String, Reject> {
    let action = text::identifier("action", text, limits::NAME_CHARS_MAX)?;
    text::required(
        "missing_action",
        "action",
        action.as_deref().map(canonical_action),
        limits::NAME_CHARS_MAX,
    )
}

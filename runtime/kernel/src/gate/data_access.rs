//! Requests to read or write a resource: the gate answers by the label that the owner gave it.

use super::evaluate::Standing;
use super::label::{Label, ResourceLabel, ResourceName, purpose_tags};
use super::policy::Ruling;
use super::question::{Binding, Category, Fit, Question, payload_digest};
use super::registry::{DATA_READ, DATA_WRITE, canonical_action};
use super::ruling::{Use, Wish, ask_or_wait};
use super::{Declared, Place};
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::engines;
use crate::envelope::{Causation, Draft};
use crate::event::{
    DataAccessDenied, DataAccessJustified, DataAccessPurposeHintMismatch, DataAccessUnjustified,
    DataAccessed, Event,
};
use crate::gate::policy;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::{Value, json};

#[derive(Clone, Debug, Default)]
pub struct RequestDataAccess {
    /// Used when the owner must be asked and nothing identical waits.
    pub approval_id: String,
    /// `data.read` or `data.write`.
    pub action: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub purpose_tags: Option<Value>,
    /// Why it is needed although the resource is for other purposes.
    pub justification: Option<String>,
    pub place: Place,
    pub requester: Declared,
    pub standing: Standing,
}

/// What a request says, checked.
struct Access {
    action: String,
    resource: ResourceName,
    purposes: Vec<String>,
    justification: Option<String>,
}

impl Access {
    fn read(command: &RequestDataAccess) -> Result<Self, Reject> {
        let action = command.action.as_deref().map(canonical_action);
        let action = action.filter(|action| [DATA_READ, DATA_WRITE].contains(action));
        let action = action.ok_or_else(|| {
            let message = format!("\"action\" must be {DATA_READ} or {DATA_WRITE}.");
            Reject::invalid("invalid_action", "action", message)
        })?;
        Ok(Self {
            action: action.to_owned(),
            resource: ResourceName::read(
                command.resource_type.as_deref(),
                command.resource_id.as_deref(),
            )?,
            purposes: purpose_tags(command.purpose_tags.as_ref())?,
            justification: text::optional(
                "justification",
                command.justification.as_deref(),
                limits::MESSAGE_BYTES_MAX,
            )?,
        })
    }

    /// Both say what for, and not the same.
    fn has_another_purpose(&self, label: &ResourceLabel) -> bool {
        !self.purposes.is_empty()
            && !label.purpose_tags.is_empty()
            && !self
                .purposes
                .iter()
                .any(|purpose| label.purpose_tags.contains(purpose))
    }

    fn fit(&self, ctx: &Context, label: &ResourceLabel, room_id: Option<&str>) -> Fit {
        if fit_of_place(ctx, label, room_id) == Fit::WrongRoom {
            return Fit::WrongRoom;
        }
        let needs_a_reason = label.label.minds_the_purpose() && self.has_another_purpose(label);
        if needs_a_reason && self.justification.is_none() {
            return Fit::WrongPurpose;
        }
        Fit::Fits
    }
}

/// Whether the label lets a request of this place come near at all.
pub(super) fn fit_of_place(ctx: &Context, label: &ResourceLabel, room_id: Option<&str>) -> Fit {
    if label.label == Label::Restricted && !is_its_room(ctx, label, room_id) {
        return Fit::WrongRoom;
    }
    Fit::Fits
}

/// Whether a request is made in the room of the label. A restricted resource without a room is closed,
/// and an engine is in no room but its own.
fn is_its_room(ctx: &Context, label: &ResourceLabel, room_id: Option<&str>) -> bool {
    let Some(room) = label.room_id.as_deref() else {
        return false;
    };
    let may_be_there = match &ctx.caller {
        Caller::Engine(engine) => engines::covers_room(engine, Some(room)).is_ok(),
        Caller::Owner | Caller::Local | Caller::System => true,
        Caller::Agent(_) => false,
    };
    room_id == Some(room) && may_be_there
}

pub fn request_data_access<S: State>(
    ctx: &Context,
    state: &S,
    command: RequestDataAccess,
) -> Decided<S::Error> {
    let access = Access::read(&command)?;
    let standing = command.standing.check()?;
    let place = command.place.resolve(ctx, state)?;
    let actor = command.requester.actor(ctx, state)?;
    let label = state
        .resource_label(&ctx.workspace_id, &access.resource)
        .map_err(Refusal::State)?
        .unwrap_or_default();
    // What an approval is of: also the label, so that a stricter one needs another approval.
    let payload = json!({
        "resource_type": access.resource.resource_type,
        "resource_id": access.resource.resource_id,
        "label": label.label,
        "room_id": label.room_id,
        "resource_purpose_tags": label.purpose_tags,
        "request_purpose_tags": access.purposes,
    });
    let question = Question {
        category: Category::DataAccess(access.fit(ctx, &label, place.scope.room_id.as_deref())),
        binding: Binding {
            action: access.action.clone(),
            target: Some(access.resource.target()),
            payload_digest: Some(payload_digest(&payload)),
        },
        actor: actor.clone(),
        principal_id: standing.principal_id,
        capability_token_id: standing.capability_token_id,
        zone: standing.zone,
        place: place.scope.clone(),
        context: Some(json!({ "data_access": payload })),
    };
    let verb = if access.action == DATA_READ {
        "Read"
    } else {
        "Write"
    };
    let wish = Wish {
        approval_id: command.approval_id,
        title: format!("{verb} {}", access.resource.target()),
        payload: Some(payload),
    };
    let correlation_id = place.correlation_id;
    let asked = ask_or_wait(
        ctx,
        state,
        &question,
        Use::default(),
        wish,
        correlation_id.as_deref(),
    )?;
    let mut drafts = asked.drafts;
    for event in told(&access, &label, &question, &asked.ruling) {
        let cause = match drafts.is_empty() {
            true => Causation::None,
            false => Causation::Previous,
        };
        let draft = Draft::new(event, place.scope.clone(), actor.clone())
            .caused_by(cause)
            .correlated(correlation_id.clone())
            .in_zone(question.zone);
        drafts.push(draft);
    }
    Ok(Decision::new(drafts, Answer::Accessed(asked.ruling, label)))
}

/// What of an access is worth knowing later.
fn told(
    access: &Access,
    label: &ResourceLabel,
    question: &Question,
    ruling: &Ruling,
) -> Vec<Event> {
    let data = || DataAccessed {
        action: access.action.clone(),
        resource_type: access.resource.resource_type.clone(),
        resource_id: access.resource.resource_id.clone(),
        resolved_label: label.label,
        resolved_room_id: label.room_id.clone(),
        resolved_purpose_tags: label.purpose_tags.clone(),
        request_purpose_tags: access.purposes.clone(),
        justification_provided: access.justification.is_some(),
        justification: access.justification.clone(),
        decision: ruling.decision,
        reason_code: ruling.reason_code.to_owned(),
        blocked: ruling.blocked,
        enforcement_mode: ruling.mode,
        capability_token_id: question.capability_token_id.clone(),
    };
    if ruling.decision == policy::Decision::Deny {
        return vec![DataAccessDenied(data()).into()];
    }
    if !access.has_another_purpose(label) {
        return Vec::new();
    }
    let mut events = vec![DataAccessPurposeHintMismatch(data()).into()];
    if label.label.minds_the_purpose() {
        events.push(if access.justification.is_some() {
            DataAccessJustified(data()).into()
        } else {
            DataAccessUnjustified(data()).into()
        });
    }
    events
}

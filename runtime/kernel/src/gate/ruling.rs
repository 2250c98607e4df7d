//! Asking the gate inside a decision: reads what the policy needs, and turns its answer into the
//! events that go with it. They are appended in the same transaction as the action itself.

use super::approval::{Asked, Asking, Reach, Status, ask_owner, default_expiry};
use super::capability::Chain;
use super::policy::{self, Decision, Known, Posture, Principal, Ruling};
use super::question::{Category, Question};
use crate::actor::ActorType;
use crate::command::{Context, Refusal};
use crate::envelope::{Causation, Draft};
use crate::event::{ApprovalConsumed, PolicyDecided};
use crate::limits;
use crate::state::State;
use serde_json::{Value, json};

/// What an allowed action is known by: named by the event that consumes its approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    pub tool_call_id: Option<String>,
    pub egress_request_id: Option<String>,
}

/// An answer, and the events that it is worth.
#[derive(Debug)]
pub struct Ruled {
    pub ruling: Ruling,
    pub drafts: Vec<Draft>,
}

impl Ruled {
    /// The cause of a decision that is not an allow. An approval that was used has its own.
    pub fn caused_by(mut self, causation: Causation) -> Self {
        if let Some(first) = self.drafts.first_mut()
            && first.causation == Causation::None
        {
            first.causation = causation;
        }
        self
    }
}

/// What the gate asks the owner, where an answer is to ask.
#[derive(Clone, Debug)]
pub struct Wish {
    pub approval_id: String,
    pub title: String,
    pub payload: Option<Value>,
}

/// Asks whether this may be done, now, by this `used_for`. An approval that reaches once is
/// consumed by an allow.
pub fn ask<S: State>(
    ctx: &Context,
    state: &S,
    question: &Question,
    used_for: Use,
    correlation_id: Option<&str>,
) -> Result<Ruled, Refusal<S::Error>> {
    let posture = state.posture(&question.place.workspace_id);
    let posture = posture.map_err(Refusal::State)?;
    let principal = match &question.principal_id {
        None => None,
        Some(principal_id) => state.principal(principal_id).map_err(Refusal::State)?,
    };
    let authority = Authority::read(state, question).map_err(Refusal::State)?;
    let approvals = state.approvals_for(question, ctx.now);
    let approvals = approvals.map_err(Refusal::State)?;
    let known = Known {
        posture,
        principal: principal.as_ref(),
        holder: authority.holder.as_deref(),
        capability: authority.capability.as_ref(),
        quarantined: is_quarantined(state, question, principal.as_ref()).map_err(Refusal::State)?,
        approvals: &approvals,
        egress_allowed: egress_allowed(ctx, state, question, posture).map_err(Refusal::State)?,
    };
    let ruling = policy::rule(question, &known, ctx.now);
    let drafts = match ruling.decision {
        Decision::Allow => {
            let used = ruling.approval_id.as_ref().and_then(|used| {
                approvals
                    .iter()
                    .find(|approval| approval.approval_id == *used)
            });
            let once = used.filter(|approval| {
                approval.reach == Reach::Once && approval.status == Status::Approved
            });
            let consumed = once.map(|approval| {
                let event = ApprovalConsumed {
                    approval_id: approval.approval_id.clone(),
                    category: question.category.as_str().to_owned(),
                    action: question.binding.action.clone(),
                    target: question.binding.target.clone(),
                    run_id: question.place.run_id.clone(),
                    step_id: question.place.step_id.clone(),
                    tool_call_id: used_for.tool_call_id,
                    egress_request_id: used_for.egress_request_id,
                };
                approval.draft(event.into(), question.actor.clone())
            });
            Vec::from_iter(consumed)
        }
        Decision::Deny | Decision::RequireApproval => {
            vec![told(question, &ruling, correlation_id)]
        }
    };
    Ok(Ruled { ruling, drafts })
}

/// The capability that a question names, and who shows it.
#[derive(Default)]
struct Authority {
    holder: Option<String>,
    capability: Option<Chain>,
}

impl Authority {
    fn read<S: State>(state: &S, question: &Question) -> Result<Self, S::Error> {
        let Some(token_id) = &question.capability_token_id else {
            return Ok(Self::default());
        };
        let holder = match &question.principal_id {
            Some(principal_id) => Some(principal_id.clone()),
            None => {
                let own = state.principal_of(&question.actor)?;
                own.map(|own| own.principal_id)
            }
        };
        let capability = Chain::read(state, token_id)?;
        Ok(Self { holder, capability })
    }
}

/// Whether an agent that has to do with it is in quarantine: the one that asks, or the one whose
/// principal is named.
fn is_quarantined<S: State>(
    state: &S,
    question: &Question,
    principal: Option<&Principal>,
) -> Result<bool, S::Error> {
    let actors = [Some(&question.actor), principal.map(|it| &it.actor)];
    for actor in actors.into_iter().flatten() {
        if actor.actor_type == ActorType::Agent
            && let Some(agent) = state.agent(&actor.actor_id)?
            && agent.quarantine.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the caller was allowed in the last hour, where that matters. By who it has proven to be:
/// without a token all are one, because a new name costs nothing.
fn egress_allowed<S: State>(
    ctx: &Context,
    state: &S,
    question: &Question,
    posture: Posture,
) -> Result<u64, S::Error> {
    if posture.egress_per_hour == 0 || question.category != Category::Egress {
        return Ok(0);
    }
    let counted_for = ctx.caller.actor().to_string();
    let since = ctx.now.plus_millis(-limits::QUOTA_WINDOW_MS);
    state.egress_allowed(&question.place.workspace_id, &counted_for, since)
}

/// The same, and asks the owner where the answer is to ask.
pub fn ask_or_wait<S: State>(
    ctx: &Context,
    state: &S,
    question: &Question,
    used_for: Use,
    wish: Wish,
    correlation_id: Option<&str>,
) -> Result<Ruled, Refusal<S::Error>> {
    let mut ruled = ask(ctx, state, question, used_for, correlation_id)?;
    if ruled.ruling.decision != Decision::RequireApproval {
        return Ok(ruled);
    }
    let asking = Asking {
        approval_id: wish.approval_id,
        binding: question.binding.clone(),
        payload: wish.payload,
        place: question.place.clone(),
        requester: question.actor.clone(),
        reach: Reach::Once,
        expires_at: default_expiry(ctx),
        title: Some(wish.title),
        request: None,
        context: question.context.clone(),
        reason_code: Some(ruled.ruling.reason_code.to_owned()),
        causation: Causation::Previous,
        correlation_id: correlation_id.map(str::to_owned),
    };
    let Asked {
        approval_id,
        drafts,
    } = ask_owner(ctx, state, asking)?;
    ruled.ruling.approval_id = Some(approval_id);
    ruled.drafts.extend(drafts);
    Ok(ruled)
}

/// The event of a decision that is not an allow.
fn told(question: &Question, ruling: &Ruling, correlation_id: Option<&str>) -> Draft {
    let data = PolicyDecided {
        category: question.category.as_str().to_owned(),
        action: question.binding.action.clone(),
        target: question.binding.target.clone(),
        payload_digest: question.binding.payload_digest.clone(),
        reason_code: ruling.reason_code.to_owned(),
        reason: Some(ruling.reason.to_owned()),
        enforcement_mode: ruling.mode,
        blocked: ruling.blocked,
        capability_token_id: question.capability_token_id.clone(),
    };
    let event = if ruling.decision == Decision::Deny {
        crate::event::PolicyDenied(data).into()
    } else {
        crate::event::PolicyRequiresApproval(data).into()
    };
    let mut draft = Draft::new(event, question.place.clone(), question.actor.clone())
        .correlated(correlation_id.map(str::to_owned))
        .in_zone(question.zone);
    draft.contexts.policy = Some(json!({
        "principal_id": question.principal_id,
        "zone": question.zone,
        "context": question.context,
    }));
    draft
}

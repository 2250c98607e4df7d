//! Approvals: what somebody asked the owner for, and what came of it.
//!
//! An approval is bound to an action, its target and the digest of its payload, and reaches as far
//! as its [`Reach`] says. One that reaches [`Reach::Once`] is consumed by the first action that it
//! allows, in the transaction of that action, so no race can use it twice.

mod decide;
mod expire;
mod reach;
mod request;

pub use decide::{DecideApproval, Verdict, decide_approval};
pub use expire::{RevokeApproval, due_approvals, expired, revoke_approval};
pub use reach::Reach;
pub use request::{Asked, Asking, RequestApproval, ask_owner, request_approval};
pub(crate) use request::{default_expiry, not_reserved};

use super::question::{Binding, Question};
use super::registry::COMMAND_EXECUTE;
use crate::actor::Actor;
use crate::command::{Context, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::Event;
use crate::reject::Reject;
use crate::state::State;
use crate::time::Timestamp;

/// Where an approval stands. Denied, expired and consumed ones have no way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    /// Put off by the owner; it may still be decided.
    Held,
    Approved,
    Denied,
    Expired,
    /// It reached once, and this is the run that used it, if a run did.
    Consumed {
        run_id: Option<String>,
    },
}

impl Status {
    /// The word for each status.
    pub const NAMES: [&str; 6] = [
        "pending", "held", "approved", "denied", "expired", "consumed",
    ];

    pub fn as_str(&self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Held => "held",
            Status::Approved => "approved",
            Status::Denied => "denied",
            Status::Expired => "expired",
            Status::Consumed { .. } => "consumed",
        }
    }

    /// The status of a word of [`Status::NAMES`].
    pub fn named(name: &str, consumed_by_run: Option<String>) -> Option<Self> {
        match name {
            "pending" => Some(Status::Pending),
            "held" => Some(Status::Held),
            "approved" => Some(Status::Approved),
            "denied" => Some(Status::Denied),
            "expired" => Some(Status::Expired),
            "consumed" => Some(Status::Consumed {
                run_id: consumed_by_run,
            }),
            _ => None,
        }
    }

    /// Whether it waits for the owner.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Status::Pending | Status::Held)
    }
}

/// An approval, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub approval_id: String,
    pub binding: Binding,
    /// Where it was asked for.
    pub place: Scope,
    pub reach: Reach,
    pub requester: Actor,
    pub status: Status,
    /// From then on it neither waits nor allows.
    pub expires_at: Timestamp,
    pub correlation_id: String,
    pub last_event_id: String,
}

impl Approval {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Whether it allows what is asked, now.
    pub fn allows(&self, question: &Question, now: Timestamp) -> bool {
        let usable = match &self.status {
            Status::Approved => !self.is_over(now),
            // A command that had not begun when its worker died is begun again by the same run:
            // its approval was used, not used up.
            Status::Consumed { run_id: Some(run) } => {
                question.binding.action == COMMAND_EXECUTE
                    && question.place.run_id.as_ref() == Some(run)
            }
            Status::Pending
            | Status::Held
            | Status::Denied
            | Status::Expired
            | Status::Consumed { run_id: None } => false,
        };
        usable && self.covers(question)
    }

    /// Whether what is asked lies within its binding and its reach.
    pub fn covers(&self, question: &Question) -> bool {
        let (asked, place) = (&question.binding, &question.place);
        let same_workspace = self.place.workspace_id == place.workspace_id;
        let exactly = self.binding == *asked;
        same_workspace
            && match &self.reach {
                Reach::Once => {
                    exactly
                        && self.place.room_id == place.room_id
                        && self.place.run_id == place.run_id
                }
                Reach::Run { run_id } => exactly && place.run_id.as_ref() == Some(run_id),
                Reach::Room { room_id } => exactly && place.room_id.as_ref() == Some(room_id),
                Reach::Workspace => exactly,
                Reach::Template { target, room_id } => {
                    self.binding.action == asked.action
                        && (room_id.is_none() || *room_id == place.room_id)
                        && reach::matches(target, asked.target.as_deref())
                }
            }
    }

    /// A next event of this approval, caused by its last one.
    pub(crate) fn draft(&self, event: Event, actor: Actor) -> Draft {
        Draft::new(event, self.place.clone(), actor)
            .caused_by(Causation::Event(self.last_event_id.clone()))
            .correlated(Some(self.correlation_id.clone()))
    }
}

/// An identical request that waits already makes another one unnecessary: same binding, same
/// place, same reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identical<'a> {
    pub binding: &'a Binding,
    pub place: &'a Scope,
    pub reach: &'a Reach,
}

impl Identical<'_> {
    pub fn is(&self, approval: &Approval, now: Timestamp) -> bool {
        approval.status.is_waiting()
            && !approval.is_over(now)
            && approval.binding == *self.binding
            && approval.place.workspace_id == self.place.workspace_id
            && approval.place.room_id == self.place.room_id
            && approval.place.run_id == self.place.run_id
            && approval.reach == *self.reach
    }
}

/// The approval, if it is in the caller's workspace.
pub fn find_approval<S: State>(
    ctx: &Context,
    state: &S,
    approval_id: &str,
) -> Result<Approval, Refusal<S::Error>> {
    match state.approval(approval_id).map_err(Refusal::State)? {
        Some(approval) if approval.place.workspace_id == ctx.workspace_id => Ok(approval),
        Some(_) | None => {
            Err(Reject::not_found("approval_not_found", "approval", approval_id).into())
        }
    }
}

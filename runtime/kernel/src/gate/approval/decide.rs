//! The owner's decision. The first one counts: what is decided is not decided again.

use super::{Approval, Reach, Status, find_approval, request};
use crate::command::{Context, Refusal};
use crate::envelope::Draft;
use crate::event::ApprovalDecided;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct DecideApproval {
    pub approval_id: String,
    /// `approve`, `deny` or `hold`.
    pub decision: Option<String>,
    pub reason: Option<String>,
    /// Replaces what was asked for.
    pub scope: Option<Value>,
    /// Replaces what was asked for.
    pub expires_at: Option<String>,
}

/// What the owner can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approve,
    Deny,
    /// Not now: it stays open until it expires.
    Hold,
}

impl Verdict {
    fn read(text: Option<&str>) -> Result<Self, Reject> {
        match text {
            Some("approve") => Ok(Verdict::Approve),
            Some("deny") => Ok(Verdict::Deny),
            Some("hold") => Ok(Verdict::Hold),
            Some(_) | None => Err(Reject::invalid(
                "invalid_decision",
                "decision",
                "\"decision\" must be approve, deny or hold.",
            )),
        }
    }

    fn status(self) -> Status {
        match self {
            Verdict::Approve => Status::Approved,
            Verdict::Deny => Status::Denied,
            Verdict::Hold => Status::Held,
        }
    }
}

/// Decides, and returns the approval as it is from then on.
///
/// # Errors
/// `invalid_decision`, `approval_not_found`, `own_request`, `approval_already_decided`,
/// `approval_expired`, `invalid_scope`, `invalid_expires_at`.
pub fn decide_approval<S: State>(
    ctx: &Context,
    state: &S,
    command: DecideApproval,
) -> Result<(Draft, Approval, Option<String>), Refusal<S::Error>> {
    let verdict = Verdict::read(command.decision.as_deref())?;
    let approval = find_approval(ctx, state, &command.approval_id)?;
    let decider = ctx.caller.actor();
    if approval.requester == decider {
        let message = "Whoever asks for an approval does not decide it.";
        return Err(Reject::forbidden("own_request", message)
            .hint("Withdraw it with the revoke action, or let it expire.")
            .into());
    }
    open(ctx, &approval)?;
    let reach = match &command.scope {
        None => approval.reach.clone(),
        Some(scope) => Reach::read(ctx, state, scope, &approval.place, &approval.binding.action)?,
    };
    let expires_at = match command.expires_at.as_deref() {
        None => approval.expires_at,
        Some(text) => request::expiry(ctx, Some(text))?,
    };
    let reason = text::optional(
        "reason",
        command.reason.as_deref(),
        limits::MESSAGE_BYTES_MAX,
    )?;
    let event = ApprovalDecided {
        approval_id: approval.approval_id.clone(),
        action: Some(approval.binding.action.clone()),
        target: approval.binding.target.clone(),
        decision: verdict,
        reason: reason.clone(),
        scope: reach.clone(),
        expires_at,
    };
    let draft = approval.draft(event.into(), decider);
    let decided = Approval {
        status: verdict.status(),
        reach,
        expires_at,
        ..approval
    };
    Ok((draft, decided, reason))
}

/// Whether there is something left to decide.
fn open(ctx: &Context, approval: &Approval) -> Result<(), Reject> {
    let (code, message) = match approval.status {
        Status::Pending | Status::Held if !approval.is_over(ctx.now) => return Ok(()),
        Status::Pending | Status::Held | Status::Expired => {
            ("approval_expired", "The request has expired.".to_owned())
        }
        Status::Approved | Status::Denied | Status::Consumed { .. } => {
            let status = approval.status.as_str();
            let message = format!("The request has been decided before: it is {status}.");
            ("approval_already_decided", message)
        }
    };
    Err(Reject::conflict(code, message).hint("Look at it again: GET /v1/approvals/{approval_id}."))
}

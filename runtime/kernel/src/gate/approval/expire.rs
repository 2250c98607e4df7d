//! The end of an approval that nobody used up: its time is over, or the owner takes it back.

use super::{Approval, Status, find_approval};
use crate::actor::Actor;
use crate::command::{Context, Refusal};
use crate::envelope::Draft;
use crate::event::ApprovalExpired;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

/// Takes an approval back: what waits no longer waits, what was allowed no longer is.
#[derive(Clone, Debug, Default)]
pub struct RevokeApproval {
    pub approval_id: String,
    pub reason: Option<String>,
}

/// Approvals whose time is over, of any workspace, at most [`limits::EXPIRIES_MAX`].
pub fn due_approvals<S: State>(
    ctx: &Context,
    state: &S,
) -> Result<Vec<Approval>, Refusal<S::Error>> {
    let due = state.due_approvals(ctx.now, limits::EXPIRIES_MAX);
    let mut approvals = Vec::new();
    for approval_id in due.map_err(Refusal::State)? {
        let found = state.approval(&approval_id).map_err(Refusal::State)?;
        approvals.extend(found.filter(|approval| has_not_ended(&approval.status)));
    }
    Ok(approvals)
}

/// The end of an approval for this reason, and the approval as it is from then on.
pub fn expired(
    approval: Approval,
    actor: Actor,
    code: &str,
    note: Option<String>,
) -> (Draft, Approval) {
    let event = ApprovalExpired {
        approval_id: approval.approval_id.clone(),
        action: Some(approval.binding.action.clone()),
        target: approval.binding.target.clone(),
        was: approval.status.as_str().to_owned(),
        reason_code: code.to_owned(),
        reason: note,
    };
    let draft = approval.draft(event.into(), actor);
    let over = Approval {
        status: Status::Expired,
        ..approval
    };
    (draft, over)
}

/// # Errors
/// `approval_not_found`; `approval_already_decided` when there is nothing left to take back.
pub fn revoke_approval<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeApproval,
) -> Result<(Draft, Approval), Refusal<S::Error>> {
    let approval = find_approval(ctx, state, &command.approval_id)?;
    if !has_not_ended(&approval.status) {
        let status = approval.status.as_str();
        let message = format!("There is nothing to take back: the approval is {status}.");
        return Err(Reject::conflict("approval_already_decided", message).into());
    }
    let reason = text::optional(
        "reason",
        command.reason.as_deref(),
        limits::MESSAGE_BYTES_MAX,
    )?;
    Ok(expired(approval, ctx.caller.actor(), "revoked", reason))
}

fn has_not_ended(status: &Status) -> bool {
    match status {
        Status::Pending | Status::Held | Status::Approved => true,
        Status::Denied | Status::Expired | Status::Consumed { .. } => false,
    }
}

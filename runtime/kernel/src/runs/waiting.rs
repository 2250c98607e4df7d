//! Runs that wait for the owner: what a decision, or the end of an approval, does to them.

use crate::actor::{Actor, SYSTEM_ACTOR_ID};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft};
use crate::event::{RunApproved, RunFailed, RunWaiting};
use crate::gate::approval::{
    self, Approval, DecideApproval, RevokeApproval, Status, due_approvals, expired, find_approval,
};
use crate::reject::Reject;
use crate::state::{Run, RunStatus, State};
use serde_json::json;

/// Decides an approval, and lets the run go on, or ends it, that waits for it.
pub fn decide_approval<S: State>(
    ctx: &Context,
    state: &S,
    command: DecideApproval,
) -> Decided<S::Error> {
    let (draft, approval, reason) = approval::decide_approval(ctx, state, command)?;
    let mut drafts = vec![draft];
    drafts.extend(settle(state, &approval, reason.as_deref())?);
    Ok(Decision::new(drafts, Answer::Done))
}

/// Takes an approval back, and ends the run that waits for it or has not used it yet.
pub fn revoke_approval<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeApproval,
) -> Decided<S::Error> {
    let (draft, approval) = approval::revoke_approval(ctx, state, command)?;
    let mut drafts = vec![draft];
    drafts.extend(settle(state, &approval, Some("The owner took it back."))?);
    Ok(Decision::new(drafts, Answer::Done))
}

/// Ends every approval whose time is over, and the runs that counted on it.
pub fn expire_approvals<S: State>(ctx: &Context, state: &S) -> Decided<S::Error> {
    let mut drafts = Vec::new();
    for approval in due_approvals(ctx, state)? {
        let (draft, approval) = expired(approval, Actor::service(SYSTEM_ACTOR_ID), "expired", None);
        drafts.push(draft);
        drafts.extend(settle(state, &approval, None)?);
    }
    Ok(Decision::new(drafts, Answer::Done))
}

/// What becomes of the run that asked, now that its approval is as it is.
fn settle<S: State>(
    state: &S,
    approval: &Approval,
    reason: Option<&str>,
) -> Result<Option<Draft>, Refusal<S::Error>> {
    let Some(run_id) = &approval.place.run_id else {
        return Ok(None);
    };
    let Some(run) = state.run(run_id).map_err(Refusal::State)? else {
        return Ok(None);
    };
    let is = |id: &Option<String>| id.as_ref() == Some(&approval.approval_id);
    let waits = is(&run.waiting_approval_id);
    let counts_on_it = waits || is(&run.approval_id);
    if run.status != RunStatus::Queued || !counts_on_it {
        return Ok(None);
    }
    let event = match &approval.status {
        Status::Approved if waits => RunApproved {
            run_id: run.run_id.clone(),
            approval_id: approval.approval_id.clone(),
        }
        .into(),
        Status::Denied => ended(&run, approval, "approval_denied", "was denied", reason).into(),
        Status::Expired => ended(&run, approval, "approval_expired", "is over", reason).into(),
        Status::Approved | Status::Pending | Status::Held | Status::Consumed { .. } => {
            return Ok(None);
        }
    };
    let draft = run.draft(Actor::service(SYSTEM_ACTOR_ID), event);
    Ok(Some(draft.caused_by(Causation::Previous)))
}

fn ended(
    run: &Run,
    approval: &Approval,
    code: &str,
    what: &str,
    reason: Option<&str>,
) -> RunFailed {
    let why = reason
        .map(|reason| format!(" {reason}"))
        .unwrap_or_default();
    RunFailed {
        run_id: run.run_id.clone(),
        message: Some(format!("The approval that the run needs {what}.{why}")),
        error: Some(json!({"code": code, "approval_id": approval.approval_id})),
    }
}

/// What a run that its holder releases to wait does: it waits, unless the owner was faster.
pub(super) enum Turn {
    Waits(RunWaiting),
    /// Decided in the meantime: it may go on.
    GoesOn,
    Ends(RunFailed),
}

/// # Errors
/// `approval_not_found` also when the approval is not of this run.
pub(super) fn turn<S: State>(
    ctx: &Context,
    state: &S,
    run: &Run,
    approval_id: &str,
) -> Result<Turn, Refusal<S::Error>> {
    let approval = find_approval(ctx, state, approval_id)?;
    if approval.place.run_id.as_ref() != Some(&run.run_id) {
        return Err(Reject::not_found("approval_not_found", "approval", approval_id).into());
    }
    Ok(match &approval.status {
        Status::Pending | Status::Held => Turn::Waits(RunWaiting {
            run_id: run.run_id.clone(),
            approval_id: approval.approval_id,
        }),
        Status::Approved | Status::Consumed { .. } => Turn::GoesOn,
        Status::Denied => Turn::Ends(ended(run, &approval, "approval_denied", "was denied", None)),
        Status::Expired => Turn::Ends(ended(run, &approval, "approval_expired", "is over", None)),
    })
}

/// Closes what a run waited for that ends otherwise: nobody needs it any more.
pub(super) fn no_longer_waits<S: State>(
    state: &S,
    run: &Run,
) -> Result<Option<Draft>, Refusal<S::Error>> {
    let Some(approval_id) = &run.waiting_approval_id else {
        return Ok(None);
    };
    let approval = state.approval(approval_id).map_err(Refusal::State)?;
    let waiting = approval.filter(|approval| approval.status.is_waiting());
    Ok(waiting.map(|approval| {
        let system = Actor::service(SYSTEM_ACTOR_ID);
        expired(approval, system, "run_ended", None).0
    }))
}

//! Leases and fencing: who may act on a running run. A lease lives [`limits::LEASE_MS`] past its
//! last heartbeat; whoever shows a token that is not the current one is refused, always.

use super::admission::{Admission, admit};
use super::end;
use super::run::{claimed, find_run};
use super::waiting::{self, Turn};
use crate::actor::{Actor, Caller, SYSTEM_ACTOR_ID};
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::engines::{self, digest};
use crate::envelope::{Causation, Draft};
use crate::event::{Event, RunFailed, RunLeaseExpired, RunLeaseReleased, RunStarted};
use crate::gate;
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::{Lease, Run, RunStatus, State};
use crate::time::Timestamp;
use serde_json::json;

/// Why a lease was released whose run waits for the owner. Such an attempt is not counted against
/// the run.
pub const WAITING_FOR_APPROVAL: &str = "waiting_for_approval";

/// Takes the oldest queued run that the engine may run.
#[derive(Clone, Debug, Default)]
pub struct ClaimRun {
    pub room_id: Option<String>,
    /// Fresh and secret: the fencing token of this attempt.
    pub claim_token: String,
}

#[derive(Clone, Debug, Default)]
pub struct ExtendLease {
    pub run_id: String,
    pub claim_token: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct ReleaseRun {
    pub run_id: String,
    pub claim_token: Option<String>,
    /// The run is to wait for this approval, which was asked for on its behalf.
    pub waiting_approval_id: Option<String>,
}

pub(super) fn new(
    run_id: &str,
    attempt_no: u32,
    token: &str,
    engine_id: Option<&str>,
    now: Timestamp,
) -> Lease {
    Lease {
        run_id: run_id.to_owned(),
        attempt_no,
        token_digest: digest(token),
        engine_id: engine_id.map(str::to_owned),
        expires_at: now.plus_millis(limits::LEASE_MS),
    }
}

/// Lets a write of the current attempt through, and says as whom. A shown token must be the current
/// one, and no other engine's. Without one, only the owner may act, or the holder's own engine in the first
/// attempt, when none of its processes can be of an earlier one; both while the lease is live. A run that was
/// started without a lease has nothing to fence: whoever may start it answers for it.
pub(super) fn fence<S: State>(
    ctx: &Context,
    state: &S,
    run: &Run,
    shown: Option<&str>,
) -> Result<Actor, Refusal<S::Error>> {
    let lease = state.lease(&run.run_id).map_err(Refusal::State)?;
    check(ctx, lease.as_ref(), shown)?;
    if lease.is_none() && run.status == RunStatus::Running {
        answers_for(ctx, state, run)?;
    }
    let is_reporter = lease.is_some_and(|lease| lease.engine_id.is_none()) && shown.is_some();
    if is_reporter && ctx.caller == Caller::Local {
        return reporter(ctx, state, run);
    }
    Ok(ctx.caller.actor())
}

/// Who reports an observed run without a token of its own: the name that its creation declared.
/// Where that was proven then, it is not now.
fn reporter<S: State>(ctx: &Context, state: &S, run: &Run) -> Result<Actor, Refusal<S::Error>> {
    match gate::declared_actor(ctx, state, "actor_id", Some(run.created_by.clone())) {
        Err(Refusal::Reject(_)) => Ok(ctx.caller.actor()),
        named => named,
    }
}

fn check(ctx: &Context, lease: Option<&Lease>, shown: Option<&str>) -> Result<(), Reject> {
    let mismatch = |message: &str| {
        Reject::conflict("lease_token_mismatch", message)
            .hint("Another attempt may own the run now: stop this one and claim again.")
    };
    match (lease, shown) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(mismatch(
            "The run has no lease; this claim token is not current.",
        )),
        (Some(lease), Some(token)) if lease.token_digest == digest(token) => {
            match (&ctx.caller, &lease.engine_id) {
                (Caller::Engine(engine), Some(holder)) if engine.engine_id != *holder => {
                    Err(mismatch("The run is leased to another engine."))
                }
                (_, _) => live(ctx, lease),
            }
        }
        (Some(_), Some(_)) => Err(mismatch("This claim token is not the current one.")),
        (Some(lease), None) => match &ctx.caller {
            Caller::Owner | Caller::System => live(ctx, lease),
            Caller::Engine(engine)
                if Some(&engine.engine_id) == lease.engine_id.as_ref() && lease.attempt_no == 1 =>
            {
                live(ctx, lease)
            }
            Caller::Engine(_) | Caller::Agent(_) | Caller::Local => {
                Err(mismatch("The run is leased to somebody else.")
                    .hint("Send the claim token as claim_token or x-claim-token."))
            }
        },
    }
}

/// Whether the caller may act on a run that nobody has claimed: the owner always; on the owner's run nobody
/// else, and on an engine's only that engine. Callers without a token are not told apart.
///
/// # Errors
/// `run_of_another`.
pub(super) fn answers_for<S: State>(
    ctx: &Context,
    state: &S,
    run: &Run,
) -> Result<(), Refusal<S::Error>> {
    if matches!(ctx.caller, Caller::Owner | Caller::System) || ctx.caller.actor() == run.created_by
    {
        return Ok(());
    }
    let engine = || state.engine_by_actor(&ctx.workspace_id, &run.created_by.actor_id);
    if run.created_by != Actor::owner() && engine().map_err(Refusal::State)?.is_none() {
        return Ok(());
    }
    let message =
        "Somebody else has created this run: only they, or the owner, act on it unclaimed.";
    Err(Reject::forbidden("run_of_another", message)
        .hint("Register an engine and claim it: POST /v1/runs/claim.")
        .into())
}

fn live(ctx: &Context, lease: &Lease) -> Result<(), Reject> {
    if lease.is_live(ctx.now) {
        return Ok(());
    }
    Err(
        Reject::conflict("lease_expired", "The lease on this run has expired.")
            .hint("Stop this attempt: another engine may have taken the run."),
    )
}

pub fn claim_run<S: State>(ctx: &Context, state: &S, command: ClaimRun) -> Decided<S::Error> {
    let Caller::Engine(engine) = &ctx.caller else {
        return Err(missing_engine_token().into());
    };
    engines::may(ctx, state, engine, engines::RUN_CLAIM, None)?;
    if let Some(room_id) = &command.room_id {
        crate::rooms::find_room(ctx, state, room_id)?;
        engines::covers_room(engine, Some(room_id))?;
    }
    let asked = command.room_id.map(|room_id| vec![room_id]);
    let rooms = asked.as_deref().or(engine.scopes.rooms_only());
    let oldest = state
        .oldest_queued(&ctx.workspace_id, rooms)
        .map_err(Refusal::State)?;
    let run = match oldest {
        Some(run_id) => state.run(&run_id).map_err(Refusal::State)?,
        None => None,
    };
    let Some(run) = run else {
        return Ok(Decision::new(Vec::new(), Answer::NothingQueued));
    };
    let (approval_id, mut drafts) = match admit(ctx, state, &run)? {
        Admission::Refused(drafts) => return Ok(Decision::new(drafts, Answer::PassedOver)),
        Admission::Granted {
            approval_id,
            drafts,
        } => (approval_id, drafts),
    };
    let lease = new(
        &run.run_id,
        run.attempt_no + 1,
        &command.claim_token,
        Some(&engine.engine_id),
        ctx.now,
    );
    let claimed = claimed(&lease, &engine.actor_id, approval_id);
    let claimed = run.draft(ctx.caller.actor(), claimed);
    let started = RunStarted {
        run_id: run.run_id.clone(),
    };
    let started = run
        .draft(ctx.caller.actor(), started.into())
        .caused_by(Causation::Previous);
    drafts.extend([claimed, started]);
    let decision = Decision::new(drafts, Answer::Leased(lease.clone()));
    Ok(decision.with(Effect::PutLease(lease)))
}

/// What an engine holds is kept and given back by an engine whose token allows it, or by the owner: a token
/// that was revoked must not be as good as none. Others hold the leases of their own reports.
fn engine_may<S: State>(
    ctx: &Context,
    state: &S,
    action: &str,
    run: &Run,
) -> Result<(), Refusal<S::Error>> {
    match &ctx.caller {
        Caller::Engine(engine) => engines::may(ctx, state, engine, action, Some(&run.room.room_id)),
        Caller::Owner | Caller::System => Ok(()),
        Caller::Agent(_) | Caller::Local => {
            match state.lease(&run.run_id).map_err(Refusal::State)? {
                Some(lease) if lease.engine_id.is_some() => Err(missing_engine_token().into()),
                Some(_) | None => Ok(()),
            }
        }
    }
}

pub fn extend_lease<S: State>(ctx: &Context, state: &S, command: ExtendLease) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    engine_may(ctx, state, engines::LEASE_HEARTBEAT, &run)?;
    let token = command
        .claim_token
        .as_deref()
        .ok_or_else(missing_claim_token)?;
    run.must_be_running()?;
    fence(ctx, state, &run, Some(token))?;
    // The fence has just seen a live lease with this token.
    let lease = state
        .lease(&run.run_id)
        .map_err(Refusal::State)?
        .ok_or_else(missing_claim_token)?;
    let extended = Lease {
        expires_at: ctx.now.plus_millis(limits::LEASE_MS),
        ..lease
    };
    Ok(
        Decision::new(Vec::new(), Answer::Leased(extended.clone()))
            .with(Effect::PutLease(extended)),
    )
}

pub fn release_run<S: State>(ctx: &Context, state: &S, command: ReleaseRun) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    engine_may(ctx, state, engines::LEASE_RELEASE, &run)?;
    let token = command
        .claim_token
        .as_deref()
        .ok_or_else(missing_claim_token)?;
    if state.lease(&run.run_id).map_err(Refusal::State)?.is_none() {
        return Ok(Decision::new(Vec::new(), Answer::Released(false)));
    }
    let actor = fence(ctx, state, &run, Some(token))?;
    let message = "The attempt was released before this tool call ended.";
    let mut drafts = end::close_tool_calls(&actor, state, &run, message)?;
    let event = without_holder(&run, Parting::Released, !drafts.is_empty());
    let events = match (event, command.waiting_approval_id) {
        (Event::RunLeaseReleased(released), Some(approval_id)) => {
            parted(released, waiting::turn(ctx, state, &run, &approval_id)?)
        }
        (event, _) => vec![event],
    };
    let mut causation = Causation::Event(run.last_event_id.clone());
    for event in events {
        drafts.push(run.draft(actor.clone(), event).caused_by(causation));
        causation = Causation::Previous;
    }
    Ok(Decision::new(drafts, Answer::Released(true)).with(Effect::EndLease { run_id: run.run_id }))
}

/// The events of a release to wait.
fn parted(released: RunLeaseReleased, turn: Turn) -> Vec<Event> {
    let released = RunLeaseReleased {
        reason: WAITING_FOR_APPROVAL.to_owned(),
        ..released
    };
    match turn {
        Turn::Waits(waiting) => vec![released.into(), waiting.into()],
        Turn::GoesOn => vec![released.into()],
        Turn::Ends(failed) => vec![failed.into()],
    }
}

fn missing_engine_token() -> Reject {
    let message = "Only an engine may claim runs, and keep or give back what it claimed.";
    Reject::new(Kind::Unauthorized, "missing_engine_token", message)
        .hint("Send the engine's token as x-engine-token or Authorization: Bearer.")
}

fn missing_claim_token() -> Reject {
    Reject::invalid(
        "missing_claim_token",
        "claim_token",
        "The claim token is required.",
    )
    .hint("Send it as claim_token in the body or as the header x-claim-token.")
}

/// Ends every lease that is over. A run goes back to the queue, unless its reporter is gone for
/// good, it was to be cancelled, or it has been tried [`limits::RUN_ATTEMPTS_MAX`] times.
pub fn expire_leases<S: State>(ctx: &Context, state: &S) -> Decided<S::Error> {
    let expired = state
        .expired_runs(ctx.now, limits::EXPIRIES_MAX)
        .map_err(Refusal::State)?;
    let runs = expired.len();
    let mut decision = Decision::new(Vec::new(), Answer::Expired { runs });
    for run_id in expired {
        decision.effects.push(Effect::EndLease {
            run_id: run_id.clone(),
        });
        let Some(run) = state.run(&run_id).map_err(Refusal::State)? else {
            continue;
        };
        if run.status != RunStatus::Running {
            continue;
        }
        let closing = end::close_tool_calls(
            &ctx.caller.actor(),
            state,
            &run,
            "Its holder fell silent before this tool call ended.",
        )?;
        let interrupted = !closing.is_empty();
        decision.drafts.extend(closing);
        decision.drafts.push(expiry(&run, interrupted));
    }
    Ok(decision)
}

fn expiry(run: &Run, interrupted: bool) -> Draft {
    run.draft(
        Actor::service(SYSTEM_ACTOR_ID),
        without_holder(run, Parting::Silent, interrupted),
    )
}

/// How a holder left its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parting {
    Released,
    Silent,
}

/// What becomes of a run that nobody holds any more. It goes back to the queue, unless that
/// could do harm: what may not be done twice is not begun again after it was `interrupted`.
fn without_holder(run: &Run, parting: Parting, interrupted: bool) -> Event {
    let how = match parting {
        Parting::Released => "Its holder let go of it",
        Parting::Silent => "Its holder fell silent",
    };
    let failed = |code: &str, message: String| {
        Event::from(RunFailed {
            run_id: run.run_id.clone(),
            message: Some(message),
            error: Some(json!({ "code": code })),
        })
    };
    if run.cancel_requested {
        return end::cancelled(run, Some(format!("{how} after the cancel.")));
    }
    if run.observed {
        let code = match parting {
            Parting::Released => "reporter_released",
            Parting::Silent => "reporter_lost",
        };
        return failed(code, format!("{how}: how the run ended is not known."));
    }
    if interrupted && !run.repeatable {
        let message =
            format!("{how} while its command ran: whether it had its effect is not known.");
        return failed("outcome_unknown", message);
    }
    let (run_id, attempt_no) = (run.run_id.clone(), run.attempt_no);
    match parting {
        Parting::Released if attempt_no - run.waits >= limits::RUN_RELEASES_MAX => failed(
            "attempts_exhausted",
            format!("{attempt_no} attempts ended without a result: nobody keeps it."),
        ),
        Parting::Released => RunLeaseReleased {
            run_id,
            attempt_no,
            reason: "manual_release".to_owned(),
        }
        .into(),
        Parting::Silent if attempt_no - run.waits >= limits::RUN_ATTEMPTS_MAX => failed(
            "attempts_exhausted",
            format!("{attempt_no} attempts ended without a result."),
        ),
        Parting::Silent => RunLeaseExpired { run_id, attempt_no }.into(),
    }
}

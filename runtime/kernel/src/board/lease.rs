//! Claims that end by themselves: the task of an agent that fell silent is offered again. Only those who
//! ask for a lease have one.

use super::sender;
use super::task::{TaskState, find_task};
use crate::actor::{Actor, SYSTEM_ACTOR_ID};
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::event::TaskLeaseExpired;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::time::Timestamp;

/// How long a claim lasts without a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLease {
    pub task_id: String,
    /// The claim that it is of.
    pub attempt: u32,
    pub lease_s: u32,
    pub expires_at: Timestamp,
}

impl TaskLease {
    pub(super) fn granted(task_id: &str, attempt: u32, lease_s: u32, now: Timestamp) -> Self {
        Self {
            task_id: task_id.to_owned(),
            attempt,
            lease_s,
            expires_at: now.plus_millis(i64::from(lease_s) * 1_000),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct ExtendTaskLease {
    pub task_id: String,
    pub from: Option<String>,
    pub attempt: Option<u32>,
}

/// The holder is alive: its claim lasts as long again as it asked for. As long as the task was not
/// offered again it is still the holder's, also a moment too late.
///
/// # Errors
/// `task_not_found`, `missing_from`, `not_claimant`, `task_not_claimed`, `claim_over`, `task_not_leased`.
pub fn extend_task_lease<S: State>(
    ctx: &Context,
    state: &S,
    command: ExtendTaskLease,
) -> Decided<S::Error> {
    let task = find_task(ctx, state, &command.task_id)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    task.must_be_held(
        &actor,
        command.attempt,
        "extend its lease",
        "extend its lease",
    )?;
    let lease = state.task_lease(&task.task_id).map_err(Refusal::State)?;
    let lease = lease.ok_or_else(|| {
        let message = "the claim of this task has no lease, so it needs no heartbeat";
        Reject::conflict("task_not_leased", message).hint("Claim with \"lease_s\" to have one.")
    })?;
    let lease = TaskLease::granted(&task.task_id, lease.attempt, lease.lease_s, ctx.now);
    let answer = Answer::TaskClaimed {
        by: actor.actor_id,
        attempt: lease.attempt,
        expires_at: Some(lease.expires_at),
    };
    Ok(Decision::new(Vec::new(), answer).with(Effect::PutTaskLease(lease)))
}

/// Ends every lease that is over; its task is open again.
pub fn expire_task_leases<S: State>(ctx: &Context, state: &S) -> Decided<S::Error> {
    let expired = state
        .expired_tasks(ctx.now, limits::EXPIRIES_MAX)
        .map_err(Refusal::State)?;
    let mut decision = Decision::new(Vec::new(), Answer::Done);
    for task_id in expired {
        decision.effects.push(Effect::EndTaskLease {
            task_id: task_id.clone(),
        });
        let Some(task) = state.task(&task_id).map_err(Refusal::State)? else {
            continue;
        };
        let TaskState::Claimed { by } = &task.state else {
            continue;
        };
        let event = TaskLeaseExpired {
            task_id,
            title: task.title.clone(),
            attempt: task.attempt,
            holder: by.clone(),
        };
        let system = Actor::service(SYSTEM_ACTOR_ID);
        decision.drafts.push(task.draft(event.into(), system));
    }
    Ok(decision)
}

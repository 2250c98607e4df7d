//! What is done to a task. Each verb is compare-and-set on its state, and each is one event, which is
//! also the message that its channel shows. The order of the checks is the contract's.

use super::lease::TaskLease;
use super::sender;
use super::task::{TaskState, find_task, outcome};
use crate::command::{Answer, Context, Decided, Decision, Effect};
use crate::event::{TaskAbandoned, TaskClaimed, TaskDone, TaskInterrupted, TaskUpdated};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default)]
pub struct ClaimTask {
    pub task_id: String,
    pub from: Option<String>,
    /// Seconds after which the claim ends unless a heartbeat renews it; `None` is never.
    pub lease_s: Option<u64>,
}

/// Whoever is first has it. Anybody may, also when it was meant for somebody else.
///
/// # Errors
/// `missing_from`, `task_not_found`, `invalid_lease`, `task_not_open`.
pub fn claim_task<S: State>(ctx: &Context, state: &S, command: ClaimTask) -> Decided<S::Error> {
    let actor = sender(ctx, state, command.from.as_deref())?;
    let task = find_task(ctx, state, &command.task_id)?;
    let lease_s = lease_seconds(command.lease_s)?;
    if task.state != TaskState::Open {
        let status = task.state.status().as_str();
        let message = format!("task is {status}, not open");
        return Err(Reject::conflict("task_not_open", message).into());
    }
    let attempt = task.attempt + 1;
    let event = TaskClaimed {
        task_id: task.task_id.clone(),
        title: task.title.clone(),
        attempt,
        lease_s,
    };
    let lease = lease_s.map(|seconds| TaskLease::granted(&task.task_id, attempt, seconds, ctx.now));
    let answer = Answer::TaskClaimed {
        by: actor.actor_id.clone(),
        attempt,
        expires_at: lease.as_ref().map(|lease| lease.expires_at),
    };
    let decision = Decision::new(vec![task.draft(event.into(), actor)], answer);
    Ok(match lease {
        Some(lease) => decision.with(Effect::PutTaskLease(lease)),
        None => decision,
    })
}

fn lease_seconds(asked: Option<u64>) -> Result<Option<u32>, Reject> {
    let Some(seconds) = asked else {
        return Ok(None);
    };
    let allowed = u64::from(limits::TASK_LEASE_S_MIN)..=u64::from(limits::TASK_LEASE_S_MAX);
    match u32::try_from(seconds) {
        Ok(fitting) if allowed.contains(&seconds) => Ok(Some(fitting)),
        Ok(_) | Err(_) => {
            let message = format!(
                "\"lease_s\" must be a whole number of seconds from {} to {}.",
                limits::TASK_LEASE_S_MIN,
                limits::TASK_LEASE_S_MAX
            );
            Err(Reject::invalid("invalid_lease", "lease_s", message)
                .hint("Leave it out to hold the task until it is done."))
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct UpdateTask {
    pub task_id: String,
    pub from: Option<String>,
    /// Everything else that was posted.
    pub update: Map<String, Value>,
}

/// Tells of progress. Anybody may, whatever the state, and none is changed.
pub fn update_task<S: State>(ctx: &Context, state: &S, command: UpdateTask) -> Decided<S::Error> {
    let task = find_task(ctx, state, &command.task_id)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    for (member, value) in &command.update {
        text::no_nul("body", member)?;
        text::open_value(member, value)?;
    }
    let event = TaskUpdated {
        task_id: task.task_id.clone(),
        update: command.update,
    };
    Ok(Decision::new(
        vec![task.draft(event.into(), actor)],
        Answer::Done,
    ))
}

#[derive(Clone, Debug, Default)]
pub struct CompleteTask {
    pub task_id: String,
    pub from: Option<String>,
    pub result: Option<Value>,
    pub files: Vec<String>,
    /// The claim that this belongs to, if the caller says so: an older one is refused.
    pub attempt: Option<u32>,
}

/// # Errors
/// `task_not_found`, `missing_from`, `not_claimant`, `task_not_claimed`, `claim_over`.
pub fn complete_task<S: State>(
    ctx: &Context,
    state: &S,
    command: CompleteTask,
) -> Decided<S::Error> {
    let task = find_task(ctx, state, &command.task_id)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    task.must_be_held(&actor, command.attempt, "mark this task done", "mark done")?;
    let event = TaskDone {
        task_id: task.task_id.clone(),
        title: task.title.clone(),
        result: outcome(command.result, &command.files)?,
        files: command.files,
    };
    let decision = Decision::new(vec![task.draft(event.into(), actor)], Answer::Done);
    Ok(decision.with(Effect::EndTaskLease {
        task_id: task.task_id,
    }))
}

#[derive(Clone, Debug, Default)]
pub struct AbandonTask {
    pub task_id: String,
    pub from: Option<String>,
    pub attempt: Option<u32>,
}

/// Gives a task back.
///
/// # Errors
/// As [`complete_task`].
pub fn abandon_task<S: State>(ctx: &Context, state: &S, command: AbandonTask) -> Decided<S::Error> {
    let task = find_task(ctx, state, &command.task_id)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    task.must_be_held(&actor, command.attempt, "abandon this task", "abandon")?;
    let event = TaskAbandoned {
        task_id: task.task_id.clone(),
        title: task.title.clone(),
    };
    let decision = Decision::new(vec![task.draft(event.into(), actor)], Answer::Done);
    Ok(decision.with(Effect::EndTaskLease {
        task_id: task.task_id,
    }))
}

#[derive(Clone, Debug, Default)]
pub struct InterruptTask {
    pub task_id: String,
    pub from: Option<String>,
    pub reason: Option<Value>,
}

/// Asks whoever works on a task to stop: a signal, which changes nothing.
pub fn interrupt_task<S: State>(
    ctx: &Context,
    state: &S,
    command: InterruptTask,
) -> Decided<S::Error> {
    let task = find_task(ctx, state, &command.task_id)?;
    let actor = sender(ctx, state, command.from.as_deref())?;
    if let Some(reason) = &command.reason {
        text::open_value("reason", reason)?;
    }
    let event = TaskInterrupted {
        task_id: task.task_id.clone(),
        title: task.title.clone(),
        reason: command.reason.filter(|reason| !reason.is_null()),
    };
    Ok(Decision::new(
        vec![task.draft(event.into(), actor)],
        Answer::Done,
    ))
}

//! The ends of a run: completed, failed or cancelled, exactly once.

use super::lease::{answers_for, fence};
use super::run::find_run;
use super::waiting::no_longer_waits;
use crate::actor::{Actor, Caller};
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{Event, RunCancelRequested, RunCancelled, RunCompleted, RunFailed, ToolFailed};
use crate::limits;
use crate::reject::Reject;
use crate::state::{Lease, Run, RunStatus, State};
use crate::text;
use serde_json::{Value, json};

/// How a run ended, by the word of whoever ran it.
#[derive(Clone, Debug)]
pub enum Outcome {
    Completed {
        summary: Option<String>,
        output: Option<Value>,
    },
    Failed {
        message: Option<String>,
        error: Option<Value>,
    },
}

#[derive(Clone, Debug)]
pub struct EndRun {
    pub run_id: String,
    pub claim_token: Option<String>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, Default)]
pub struct CancelRun {
    pub run_id: String,
    pub reason: Option<String>,
}

pub fn end_run<S: State>(ctx: &Context, state: &S, command: EndRun) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    // A token that is not current is refused before the state of the run is told.
    let fenced = fence(ctx, state, &run, command.claim_token.as_deref());
    if run.status.has_ended() && !matches!(fenced, Err(Refusal::State(_))) {
        let message = format!("The run has already ended: it is {}.", run.status.as_str());
        return Err(Reject::conflict("run_already_ended", message).into());
    }
    let actor = fenced?;
    run.must_be_running()?;
    let run_id = run.run_id.clone();
    let event = match command.outcome {
        Outcome::Completed { summary, output } => {
            if let Some(output) = &output {
                text::open_value("output", output)?;
            }
            let summary = text::optional("summary", summary.as_deref(), limits::MESSAGE_BYTES_MAX)?;
            Event::from(RunCompleted {
                run_id,
                summary,
                output,
            })
        }
        Outcome::Failed { message, .. } if run.cancel_requested => cancelled(&run, message),
        Outcome::Failed { message, error } => {
            if let Some(error) = &error {
                text::open_value("error", error)?;
            }
            let message = text::optional("message", message.as_deref(), limits::MESSAGE_BYTES_MAX)?;
            RunFailed {
                run_id,
                message,
                error,
            }
            .into()
        }
    };
    let message = "The run ended before this tool call did.";
    let mut drafts = close_tool_calls(&actor, state, &run, message)?;
    drafts.push(run.draft(actor, event));
    Ok(Decision::new(drafts, Answer::Done).with(Effect::EndLease { run_id: run.run_id }))
}

/// Cancels a run. While somebody holds it, it is asked to stop, and ends when the holder says so
/// or falls silent: a cancelled run is never shown as ended while its process may still live.
pub fn cancel_run<S: State>(ctx: &Context, state: &S, command: CancelRun) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    let reason = text::optional(
        "reason",
        command.reason.as_deref(),
        limits::MESSAGE_BYTES_MAX,
    )?;
    if run.status.has_ended() {
        let message = format!("The run has already ended: it is {}.", run.status.as_str());
        return Err(Reject::conflict("run_already_ended", message).into());
    }
    if run.cancel_requested {
        return Ok(Decision::new(Vec::new(), Answer::Done));
    }
    let lease = state.lease(&run.run_id).map_err(Refusal::State)?;
    let holds = |lease: &Lease| matches!(&ctx.caller, Caller::Engine(engine) if Some(&engine.engine_id) == lease.engine_id.as_ref());
    if !lease.as_ref().is_some_and(holds) {
        answers_for(ctx, state, &run)?;
    }
    if lease.is_some() {
        let event = RunCancelRequested {
            run_id: run.run_id.clone(),
            reason,
        };
        return Ok(Decision::new(
            vec![run.draft(ctx.caller.actor(), event.into())],
            Answer::Done,
        ));
    }
    let actor = ctx.caller.actor();
    let message = "The run was cancelled before this tool call ended.";
    let mut drafts = close_tool_calls(&actor, state, &run, message)?;
    drafts.extend(no_longer_waits(state, &run)?);
    drafts.push(run.draft(actor, cancelled(&run, reason)));
    Ok(Decision::new(drafts, Answer::Done))
}

pub(super) fn cancelled(run: &Run, reason: Option<String>) -> Event {
    RunCancelled {
        run_id: run.run_id.clone(),
        reason,
    }
    .into()
}

/// Ends what is still open below a run that ends or changes hands, so that nothing is shown as
/// running for ever.
pub(super) fn close_tool_calls<S: State>(
    actor: &Actor,
    state: &S,
    run: &Run,
    message: &str,
) -> Result<Vec<Draft>, Refusal<S::Error>> {
    if run.status != RunStatus::Running {
        return Ok(Vec::new());
    }
    let open = state.open_tool_calls(&run.run_id).map_err(Refusal::State)?;
    let close = |call: crate::state::ToolCall| {
        let event = ToolFailed {
            tool_call_id: call.tool_call_id,
            message: Some(message.to_owned()),
            error: Some(json!({"code": "attempt_ended"})),
            output: None,
        };
        let scope = Scope {
            step_id: Some(call.step_id),
            ..run.scope()
        };
        Draft {
            scope,
            ..run.draft(actor.clone(), event.into())
        }
    };
    Ok(open.into_iter().map(close).collect())
}

//! Steps: the units of work inside a run.

use super::lease::fence;
use super::run::{find_run, may_grow};
use crate::actor::Actor;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::StepCreated;
use crate::limits;
use crate::reject::Reject;
use crate::state::{Run, State, Step};
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct CreateStep {
    pub step_id: String,
    pub run_id: String,
    pub claim_token: Option<String>,
    pub kind: Option<String>,
    pub title: Option<String>,
    pub input: Option<Value>,
}

pub fn create_step<S: State>(ctx: &Context, state: &S, command: CreateStep) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    let actor = fence(ctx, state, &run, command.claim_token.as_deref())?;
    run.must_be_running()?;
    may_grow(state, &run.run_id)?;
    if let Some(input) = &command.input {
        text::open_value("input", input)?;
    }
    let event = StepCreated {
        step_id: command.step_id.clone(),
        kind: text::required(
            "missing_kind",
            "kind",
            command.kind.as_deref(),
            limits::NAME_CHARS_MAX,
        )?,
        title: text::optional("title", command.title.as_deref(), limits::TITLE_CHARS_MAX)?,
        input: command.input,
    };
    let scope = Scope {
        step_id: Some(command.step_id.clone()),
        ..run.scope()
    };
    let draft = Draft {
        scope,
        ..run.draft(actor, event.into())
    };
    Ok(Decision::new(vec![draft], Answer::Created(command.step_id)))
}

/// A step and its run, if they are in the caller's workspace and the caller passes the fence; and as
/// whom.
pub(super) fn fenced_step<S: State>(
    ctx: &Context,
    state: &S,
    step_id: &str,
    claim_token: Option<&str>,
) -> Result<(Step, Run, Actor), Refusal<S::Error>> {
    let step = state.step(step_id).map_err(Refusal::State)?;
    let step = step.ok_or_else(|| Reject::not_found("step_not_found", "step", step_id))?;
    let run = state.run(&step.run_id).map_err(Refusal::State)?;
    let run = run
        .filter(|run| run.room.workspace_id == ctx.workspace_id)
        .ok_or_else(|| Reject::not_found("step_not_found", "step", step_id))?;
    let actor = fence(ctx, state, &run, claim_token)?;
    Ok((step, run, actor))
}

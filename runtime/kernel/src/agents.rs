//! Agents: those that the owner knows by name. Each has a principal, and the owner can put one in
//! quarantine, which the gate then denies everything.

use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{AgentQuarantined, AgentRegistered, AgentUnquarantined, Event};
use crate::limits;
use crate::reject::Reject;
use crate::state::{Agent, State};
use crate::text;

/// Why an agent is in quarantine when nobody says why.
const MANUAL: &str = "manual_quarantine";

#[derive(Clone, Debug, Default)]
pub struct RegisterAgent {
    pub agent_id: String,
    /// The principal of the agent of this id.
    pub principal_id: String,
    pub display_name: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct QuarantineAgent {
    pub agent_id: String,
    pub quarantine_reason: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct UnquarantineAgent {
    pub agent_id: String,
}

pub fn register(ctx: &Context, command: RegisterAgent) -> Result<Decision, Reject> {
    let display_name = text::required(
        "invalid_display_name",
        "display_name",
        command.display_name.as_deref(),
        limits::TITLE_CHARS_MAX,
    )?;
    let event = AgentRegistered {
        agent_id: command.agent_id.clone(),
        principal_id: command.principal_id,
        display_name,
    };
    let drafts = vec![draft(ctx, event.into())];
    Ok(Decision::new(drafts, Answer::Created(command.agent_id)))
}

/// Puts an agent in quarantine. One that is in it stays as it is.
pub fn quarantine<S: State>(
    ctx: &Context,
    state: &S,
    command: QuarantineAgent,
) -> Decided<S::Error> {
    let agent = find(ctx, state, &command.agent_id)?;
    let reason = text::optional(
        "quarantine_reason",
        command.quarantine_reason.as_deref(),
        limits::TITLE_CHARS_MAX,
    )?;
    if agent.quarantine.is_some() {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    let event = AgentQuarantined {
        agent_id: agent.agent_id,
        principal_id: agent.principal_id,
        quarantined_at: ctx.now,
        quarantine_reason: reason.unwrap_or_else(|| MANUAL.to_owned()),
    };
    let drafts = vec![draft(ctx, event.into())];
    Ok(Decision::new(drafts, Answer::Done))
}

pub fn unquarantine<S: State>(
    ctx: &Context,
    state: &S,
    command: UnquarantineAgent,
) -> Decided<S::Error> {
    let agent = find(ctx, state, &command.agent_id)?;
    let Some(quarantine) = agent.quarantine else {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    };
    let event = AgentUnquarantined {
        agent_id: agent.agent_id,
        principal_id: agent.principal_id,
        previous_quarantined_at: quarantine.since,
        previous_quarantine_reason: quarantine.reason,
    };
    let drafts = vec![draft(ctx, event.into())];
    Ok(Decision::new(drafts, Answer::Done))
}

fn find<S: State>(ctx: &Context, state: &S, agent_id: &str) -> Result<Agent, Refusal<S::Error>> {
    let agent = state.agent(agent_id).map_err(Refusal::State)?;
    let agent = agent.filter(|agent| agent.workspace_id == ctx.workspace_id);
    Ok(agent.ok_or_else(|| Reject::not_found("agent_not_found", "agent", agent_id))?)
}

fn draft(ctx: &Context, event: Event) -> Draft {
    let scope = Scope::workspace(&ctx.workspace_id);
    Draft::new(event, scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone())
}

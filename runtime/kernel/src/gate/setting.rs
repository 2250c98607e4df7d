//! How the owner sets the gate: the enforcement mode of a workspace, and the kill switch, which is one for all
//! of them. Both are changed by events, so every change is in the log and survives a restart.

use super::DEFAULT_WORKSPACE_ID;
use super::policy::Mode;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{Event, KillSwitchChanged, PolicyModeChanged};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct SetKillSwitch {
    pub enabled: Option<bool>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct SetPolicyMode {
    /// `shadow` or `enforce`.
    pub mode: Option<String>,
    pub reason: Option<String>,
}

/// Turns the kill switch. What is as it should be already is no event.
pub fn set_kill_switch<S: State>(
    ctx: &Context,
    state: &S,
    command: SetKillSwitch,
) -> Decided<S::Error> {
    let enabled = command.enabled.ok_or_else(|| {
        let message = "\"enabled\" must be true or false.";
        Reject::invalid("missing_enabled", "enabled", message)
    })?;
    let reason = reason(command.reason.as_deref())?;
    let posture = state.posture(&ctx.workspace_id).map_err(Refusal::State)?;
    let changed = (posture.kill_switch != enabled).then_some(KillSwitchChanged { enabled, reason });
    Ok(changed_to(ctx, DEFAULT_WORKSPACE_ID, changed))
}

/// Turns between watching and enforcing.
pub fn set_policy_mode<S: State>(
    ctx: &Context,
    state: &S,
    command: SetPolicyMode,
) -> Decided<S::Error> {
    let mode = command
        .mode
        .as_deref()
        .and_then(Mode::named)
        .ok_or_else(|| {
            let message = "\"mode\" must be shadow or enforce.";
            Reject::invalid("invalid_mode", "mode", message)
        })?;
    let reason = reason(command.reason.as_deref())?;
    let posture = state.posture(&ctx.workspace_id).map_err(Refusal::State)?;
    let changed = (posture.mode != mode).then_some(PolicyModeChanged {
        mode,
        previous: posture.mode,
        reason,
    });
    Ok(changed_to(ctx, &ctx.workspace_id, changed))
}

fn reason(text: Option<&str>) -> Result<Option<String>, Reject> {
    text::optional("reason", text, limits::MESSAGE_BYTES_MAX)
}

fn changed_to(ctx: &Context, workspace_id: &str, event: Option<impl Into<Event>>) -> Decision {
    let draft = |event: Event| {
        let scope = Scope::workspace(workspace_id);
        Draft::new(event, scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone())
    };
    let drafts = event.map(|event| draft(event.into()));
    Decision::new(Vec::from_iter(drafts), Answer::Done)
}

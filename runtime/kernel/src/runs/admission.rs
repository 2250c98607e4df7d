//! The gate before a command: asked when its run is created, so that the owner sees the request at
//! once, and again when it is claimed, because what was true then may be over.

use super::command_line::{CommandLine, command_line};
use crate::actor::{Actor, SYSTEM_ACTOR_ID};
use crate::command::{Context, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{RunApproved, RunFailed, RunWaiting};
use crate::gate::Zone;
use crate::gate::policy::{Decision, Ruling};
use crate::gate::question::{Binding, Category, Question, payload_digest};
use crate::gate::registry::COMMAND_EXECUTE;
use crate::gate::ruling::{Use, Wish, ask, ask_or_wait};
use crate::limits;
use crate::state::{Run, State};
use serde_json::{Value, json};

/// What an approval of the command of a run is bound to: all of it, to the last variable.
/// `None`: the run has no command that could be executed.
pub fn command_binding(input: Option<&Value>) -> Option<Binding> {
    let command = command_line(input).ok().flatten()?;
    Some(binding(&command))
}

fn binding(command: &CommandLine) -> Binding {
    Binding {
        action: COMMAND_EXECUTE.to_owned(),
        target: command.cwd.clone(),
        payload_digest: Some(payload_digest(&json!(command))),
    }
}

fn question(binding: Binding, creator: &Actor, place: Scope) -> Question {
    Question {
        category: Category::Action,
        binding,
        actor: creator.clone(),
        principal_id: None,
        capability_token_id: None,
        zone: Zone::default(),
        place,
        context: None,
    }
}

/// What follows on the creation of a run with a command: nothing for the owner's; others wait, go
/// on by an approval that stays, or end at once.
pub(super) fn after_creation<S: State>(
    ctx: &Context,
    state: &S,
    command: &CommandLine,
    created: &Draft,
    approval_id: String,
) -> Result<Vec<Draft>, Refusal<S::Error>> {
    let question = question(binding(command), &created.actor, created.scope.clone());
    let wish = Wish {
        approval_id,
        title: title(command),
        payload: Some(json!(command)),
    };
    let correlation = created.correlation_id.as_deref();
    let ruled = ask_or_wait(ctx, state, &question, Use::default(), wish, correlation)?;
    let ruled = ruled.caused_by(Causation::Previous);
    let run_id = created.scope.run_id.clone().unwrap_or_default();
    let Ruling {
        decision,
        approval_id,
        ..
    } = &ruled.ruling;
    let event = match (decision, approval_id.clone()) {
        (Decision::Allow, None) => return Ok(ruled.drafts),
        (Decision::Allow, Some(approval_id)) => RunApproved {
            run_id,
            approval_id,
        }
        .into(),
        (Decision::RequireApproval, Some(approval_id)) => RunWaiting {
            run_id,
            approval_id,
        }
        .into(),
        (Decision::Deny, _) | (Decision::RequireApproval, None) => {
            refused(run_id, &ruled.ruling, ruled.ruling.reason_code).into()
        }
    };
    let system = Actor::service(SYSTEM_ACTOR_ID);
    let next = Draft::new(event, created.scope.clone(), system)
        .caused_by(Causation::Previous)
        .correlated(created.correlation_id.clone());
    let mut drafts = ruled.drafts;
    drafts.push(next);
    Ok(drafts)
}

/// Whether a run may be claimed.
pub(super) enum Admission {
    /// By this approval, if it needs one; the events are those of its use.
    Granted {
        approval_id: Option<String>,
        drafts: Vec<Draft>,
    },
    /// It ends instead.
    Refused(Vec<Draft>),
}

pub(super) fn admit<S: State>(
    ctx: &Context,
    state: &S,
    run: &Run,
) -> Result<Admission, Refusal<S::Error>> {
    let input = match run.names_command {
        true => state.run_input(&run.run_id).map_err(Refusal::State)?,
        false => None,
    };
    let Some(binding) = command_binding(input.as_ref()) else {
        let (approval_id, drafts) = (None, Vec::new());
        return Ok(Admission::Granted {
            approval_id,
            drafts,
        });
    };
    let question = question(binding, &run.created_by, run.scope());
    let correlation = Some(run.correlation_id.as_str());
    let ruled = ask(ctx, state, &question, Use::default(), correlation)?;
    let ruled = ruled.caused_by(Causation::Event(run.last_event_id.clone()));
    let code = match ruled.ruling.decision {
        Decision::Allow => {
            return Ok(Admission::Granted {
                approval_id: ruled.ruling.approval_id,
                drafts: ruled.drafts,
            });
        }
        Decision::RequireApproval if run.approval_id.is_some() => "approval_expired",
        Decision::RequireApproval => "command_refused",
        Decision::Deny => ruled.ruling.reason_code,
    };
    let failed = refused(run.run_id.clone(), &ruled.ruling, code);
    let system = Actor::service(SYSTEM_ACTOR_ID);
    let failed = run.draft(system, failed.into());
    let mut drafts = ruled.drafts;
    drafts.push(failed.caused_by(Causation::Previous));
    Ok(Admission::Refused(drafts))
}

fn refused(run_id: String, ruling: &Ruling, code: &str) -> RunFailed {
    RunFailed {
        run_id,
        message: Some(format!("The command was not executed. {}", ruling.reason)),
        error: Some(json!({"code": code, "reason_code": ruling.reason_code})),
    }
}

/// The command as one line, cut to what a title may have.
fn title(command: &CommandLine) -> String {
    let line = command.argv.join(" ").replace('\0', " ");
    line.chars().take(limits::TITLE_CHARS_MAX).collect()
}

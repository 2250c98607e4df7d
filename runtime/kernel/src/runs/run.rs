//! Creating and starting runs.

use super::admission;
use super::command_line::command_line;
use super::lease::{self, answers_for};
use crate::actor::{Actor, ActorType};
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{Event, RunClaimed, RunCreated, RunStarted};
use crate::gate;
use crate::limits;
use crate::reject::Reject;
use crate::review::find_experiment;
use crate::rooms::{find_room, find_thread};
use crate::state::{Run, RunStatus, State};
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct CreateRun {
    pub run_id: String,
    /// Used when its command needs the owner's approval.
    pub approval_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub experiment_id: Option<String>,
    pub title: Option<String>,
    pub goal: Option<String>,
    pub input: Option<Value>,
    pub tags: Option<Value>,
    pub correlation_id: Option<String>,
    /// `user`, `agent` or `service`; see [`creator`].
    pub actor_type: Option<String>,
    pub actor_id: Option<String>,
    /// Given when the caller runs it and only reports: the run starts at once, leased to the
    /// caller by this token, and no engine ever sees it.
    pub observed_claim_token: Option<String>,
}

pub fn create_run<S: State>(ctx: &Context, state: &S, command: CreateRun) -> Decided<S::Error> {
    let room_id = text::required(
        "missing_room_id",
        "room_id",
        command.room_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let room = find_room(ctx, state, &room_id)?;
    if let Some(thread_id) = &command.thread_id {
        let thread = find_thread(ctx, state, thread_id)?;
        if thread.room.room_id != room.room_id {
            let message = "The thread belongs to another room.";
            return Err(Reject::invalid("thread_room_mismatch", "thread_id", message).into());
        }
    }
    if let Some(experiment_id) = &command.experiment_id {
        let experiment = find_experiment(ctx, state, experiment_id)?;
        let elsewhere = |id: &String| *id != room.room_id;
        if experiment.scope.room_id.as_ref().is_some_and(elsewhere) {
            let message = "The experiment belongs to another room.";
            let code = "experiment_room_mismatch";
            return Err(Reject::invalid(code, "experiment_id", message).into());
        }
        experiment.must_be_open()?;
    }
    if let Some(input) = &command.input {
        text::open_value("input", input)?;
    }
    text::labels("tags", command.tags.as_ref())?;
    let command_line = command_line(command.input.as_ref())?;
    let actor = creator(ctx, state, &command)?;
    let observed = command.observed_claim_token.is_some();
    let event = RunCreated {
        run_id: command.run_id.clone(),
        experiment_id: command.experiment_id,
        title: text::optional("title", command.title.as_deref(), limits::TITLE_CHARS_MAX)?,
        goal: text::optional("goal", command.goal.as_deref(), limits::MESSAGE_BYTES_MAX)?,
        input: command.input,
        tags: command.tags,
        observed: observed.then_some(true),
    };
    let correlation = text::identifier(
        "correlation_id",
        command.correlation_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?
    .or_else(|| ctx.correlation_id.clone());
    let scope = Scope {
        thread_id: command.thread_id,
        run_id: Some(command.run_id.clone()),
        ..room.scope()
    };
    let draft = |event: Event| {
        Draft::new(event, scope.clone(), actor.clone()).correlated(correlation.clone())
    };
    let created = draft(event.into());
    let Some(token) = command.observed_claim_token else {
        let then = match command_line {
            None => Vec::new(),
            Some(line) => {
                admission::after_creation(ctx, state, &line, &created, command.approval_id)?
            }
        };
        let waits = matches!(then.last(), Some(last) if matches!(last.event, Event::RunWaiting(_)));
        let answer = match waits {
            true => Answer::Waiting,
            false => Answer::Created(command.run_id),
        };
        let mut drafts = vec![created];
        drafts.extend(then);
        return Ok(Decision::new(drafts, answer));
    };
    let lease = lease::new(&command.run_id, 1, &token, None, ctx.now);
    let claimed = draft(claimed(&lease, &actor.actor_id, None)).caused_by(Causation::Previous);
    let started = draft(
        RunStarted {
            run_id: command.run_id,
        }
        .into(),
    )
    .caused_by(Causation::Previous);
    Ok(Decision::new(
        vec![created, claimed, started],
        Answer::Leased(lease.clone()),
    )
    .with(Effect::PutLease(lease)))
}

/// Who creates the run. The owner is the owner, whatever the body says: only the owner's runs
/// execute commands. Whoever has no token may declare a name.
fn creator<S: State>(
    ctx: &Context,
    state: &S,
    command: &CreateRun,
) -> Result<Actor, Refusal<S::Error>> {
    let actor_id = text::identifier(
        "actor_id",
        command.actor_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    if ctx.caller.is_owner() {
        return Ok(Actor::owner());
    }
    let declared = match (command.actor_type.as_deref(), actor_id) {
        (None, None) => None,
        (actor_type, actor_id) => {
            let actor_type = ActorType::from_wire(actor_type.unwrap_or("user"));
            let nameless = match actor_type {
                ActorType::Service => "api",
                ActorType::User | ActorType::Agent => "anon",
            };
            let actor_id = actor_id.unwrap_or_else(|| nameless.to_owned());
            Some(Actor::new(actor_type, actor_id))
        }
    };
    gate::declared_actor(ctx, state, "actor_id", declared)
}

/// The event of a lease that was granted, by this approval if the run needs one.
pub(super) fn claimed(
    lease: &crate::state::Lease,
    actor_id: &str,
    approval_id: Option<String>,
) -> Event {
    RunClaimed {
        run_id: lease.run_id.clone(),
        attempt_no: lease.attempt_no,
        engine_id: lease.engine_id.clone(),
        actor_id: actor_id.to_owned(),
        lease_seconds: limits::LEASE_MS / 1000,
        approval_id,
    }
    .into()
}

/// Starts a queued run without a lease: whoever does so reports it and answers for it.
#[derive(Clone, Debug, Default)]
pub struct StartRun {
    pub run_id: String,
}

pub fn start_run<S: State>(ctx: &Context, state: &S, command: StartRun) -> Decided<S::Error> {
    let run = find_run(ctx, state, &command.run_id)?;
    if run.status != RunStatus::Queued {
        return Err(Reject::conflict(
            "run_not_queued",
            format!("The run is {}, not queued.", run.status.as_str()),
        )
        .into());
    }
    if run.waiting_approval_id.is_some() {
        let message = "The run waits for the owner's approval.";
        return Err(Reject::conflict("run_waiting_for_approval", message).into());
    }
    answers_for(ctx, state, &run)?;
    let event = RunStarted {
        run_id: run.run_id.clone(),
    };
    Ok(Decision::new(
        vec![run.draft(ctx.caller.actor(), event.into())],
        Answer::Done,
    ))
}

/// The run, if its room is in the caller's workspace.
pub fn find_run<S: State>(
    ctx: &Context,
    state: &S,
    run_id: &str,
) -> Result<Run, Refusal<S::Error>> {
    match state.run(run_id).map_err(Refusal::State)? {
        Some(run) if run.room.workspace_id == ctx.workspace_id => Ok(run),
        Some(_) | None => Err(Reject::not_found("run_not_found", "run", run_id).into()),
    }
}

/// Whether a run may have more to it: its evidence is written in one transaction, so it must end
/// somewhere.
///
/// # Errors
/// `run_too_long`.
pub fn may_grow<S: State>(state: &S, run_id: &str) -> Result<(), Refusal<S::Error>> {
    let max = limits::RUN_EVENTS_MAX;
    if !state
        .run_has_more_events_than(run_id, max)
        .map_err(Refusal::State)?
    {
        return Ok(());
    }
    let message = format!("The run has more than {max} events, the most there may be.");
    Err(Reject::conflict("run_too_long", message)
        .hint("End it, and go on in a new run.")
        .into())
}

impl Run {
    pub fn scope(&self) -> Scope {
        Scope {
            thread_id: self.thread_id.clone(),
            run_id: Some(self.run_id.clone()),
            ..self.room.scope()
        }
    }

    /// A next event of this run, caused by its last one.
    pub(super) fn draft(&self, actor: Actor, event: Event) -> Draft {
        Draft::new(event, self.scope(), actor)
            .caused_by(Causation::Event(self.last_event_id.clone()))
            .correlated(Some(self.correlation_id.clone()))
    }

    pub(super) fn must_be_running(&self) -> Result<(), Reject> {
        match self.status {
            RunStatus::Running => Ok(()),
            RunStatus::Queued => Err(Reject::conflict(
                "run_not_running",
                "The run is queued, not running.",
            )
            .hint("Start it, or claim it as an engine.")),
            RunStatus::Succeeded | RunStatus::Failed | RunStatus::Cancelled => {
                Err(Reject::conflict(
                    "run_not_running",
                    format!("The run has ended: it is {}.", self.status.as_str()),
                ))
            }
        }
    }
}

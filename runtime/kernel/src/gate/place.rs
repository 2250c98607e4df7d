//! Where something is asked for, and who is said to ask: what requests name, checked.

use super::declared_actor;
use crate::actor::{Actor, ActorType};
use crate::command::{Context, Refusal};
use crate::envelope::Scope;
use crate::limits;
use crate::reject::Reject;
use crate::rooms::{find_room, find_thread};
use crate::runs::{find_run, may_grow};
use crate::state::State;
use crate::text;

/// The place that a request names. What it names must be in the caller's workspace and fit
/// together; a run brings its room along.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
}

/// A place that is there.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub scope: Scope,
    /// That of its run, else that of the request.
    pub correlation_id: Option<String>,
}

impl Place {
    /// # Errors
    /// `step_not_found`, `run_not_found`, `thread_not_found`, `room_not_found`,
    /// `step_run_mismatch`, `run_room_mismatch`, `thread_room_mismatch`, `run_too_long`.
    pub fn resolve<S: State>(
        self,
        ctx: &Context,
        state: &S,
    ) -> Result<Resolved, Refusal<S::Error>> {
        let run_id = match &self.step_id {
            None => self.run_id,
            Some(step_id) => {
                let step = state.step(step_id).map_err(Refusal::State)?;
                let step =
                    step.ok_or_else(|| Reject::not_found("step_not_found", "step", step_id))?;
                if self.run_id.is_some_and(|run_id| run_id != step.run_id) {
                    return Err(mismatch("step_run_mismatch", "step_id", "step", "run").into());
                }
                Some(step.run_id)
            }
        };
        let (mut scope, correlation_id) = match &run_id {
            None => {
                let scope = Scope::workspace(&ctx.workspace_id);
                (scope, ctx.correlation_id.clone())
            }
            Some(run_id) => {
                let run = find_run(ctx, state, run_id)?;
                may_grow(state, &run.run_id)?;
                (run.scope(), Some(run.correlation_id))
            }
        };
        if let Some(thread_id) = self.thread_id {
            let room = find_thread(ctx, state, &thread_id)?.room.scope();
            if scope.room_id.is_some() && scope.room_id != room.room_id {
                return Err(mismatch("thread_room_mismatch", "thread_id", "thread", "room").into());
            }
            scope = Scope {
                thread_id: Some(thread_id),
                run_id: scope.run_id,
                ..room
            };
        }
        if let Some(room_id) = self.room_id {
            let room = find_room(ctx, state, &room_id)?.scope();
            if scope
                .room_id
                .as_ref()
                .is_some_and(|known| *known != room_id)
            {
                return Err(mismatch("run_room_mismatch", "room_id", "run", "room").into());
            }
            scope = Scope {
                thread_id: scope.thread_id,
                run_id: scope.run_id,
                ..room
            };
        }
        scope.step_id = self.step_id;
        Ok(Resolved {
            scope,
            correlation_id,
        })
    }
}

fn mismatch(code: &'static str, field: &str, what: &str, other: &str) -> Reject {
    Reject::invalid(
        code,
        field,
        format!("The {what} belongs to another {other}."),
    )
}

/// The actor that a request says it is of, as the contract has it.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    pub actor_type: Option<String>,
    pub actor_id: Option<String>,
}

impl Declared {
    /// Whether it says nothing.
    pub fn is_absent(&self) -> bool {
        self.actor_type.is_none() && self.actor_id.is_none()
    }

    /// The actor whom its events name: see [`declared_actor`].
    ///
    /// # Errors
    /// `actor_reserved`, `secret_in_identifier`.
    pub fn actor<S: State>(&self, ctx: &Context, state: &S) -> Result<Actor, Refusal<S::Error>> {
        declared_actor(ctx, state, "actor_id", self.named()?)
    }

    fn named(&self) -> Result<Option<Actor>, Reject> {
        let actor_id =
            text::identifier("actor_id", self.actor_id.as_deref(), limits::NAME_CHARS_MAX)?;
        if self.is_absent() {
            return Ok(None);
        }
        let actor_type = ActorType::from_wire(self.actor_type.as_deref().unwrap_or("user"));
        let nameless = match actor_type {
            ActorType::Service => "api",
            ActorType::User | ActorType::Agent => "anon",
        };
        let actor_id = actor_id.unwrap_or_else(|| nameless.to_owned());
        Ok(Some(Actor::new(actor_type, actor_id)))
    }
}

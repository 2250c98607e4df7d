//! A task: work that one agent asks for and one agent does.

use super::channel::Name;
use super::{files, key, sender};
use crate::actor::Actor;
use crate::broker;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{Event, TaskCreated};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::text;
use serde_json::{Map, Value};

/// The channel of a task that names none.
const CHANNEL: &str = "tasks";

/// Where a task stands, with who holds or held it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    Open,
    Claimed {
        by: String,
    },
    /// The end: no verb leads out of it.
    Done {
        by: String,
    },
}

impl TaskState {
    pub fn status(&self) -> TaskStatus {
        match self {
            TaskState::Open => TaskStatus::Open,
            TaskState::Claimed { .. } => TaskStatus::Claimed,
            TaskState::Done { .. } => TaskStatus::Done,
        }
    }

    /// Who claimed it last, unless it was given back.
    pub fn holder(&self) -> Option<&str> {
        match self {
            TaskState::Open => None,
            TaskState::Claimed { by } | TaskState::Done { by } => Some(by),
        }
    }
}

/// The word for each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    Open,
    Claimed,
    Done,
}

impl TaskStatus {
    pub const ALL: [TaskStatus; 3] = [Self::Open, Self::Claimed, Self::Done];

    pub fn as_str(self) -> &'static str {
        match self {
            TaskStatus::Open => "open",
            TaskStatus::Claimed => "claimed",
            TaskStatus::Done => "done",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A task, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub task_id: String,
    /// Of its channel.
    pub place: Scope,
    pub title: String,
    pub state: TaskState,
    /// Which claim this is, or was: it grows with every claim, and so fences off older ones.
    pub attempt: u32,
    pub correlation_id: String,
    pub last_event_id: String,
}

impl Task {
    /// A next event of this task, caused by its last one.
    pub(super) fn draft(&self, event: Event, actor: Actor) -> Draft {
        Draft::new(event, self.place.clone(), actor)
            .caused_by(Causation::Event(self.last_event_id.clone()))
            .correlated(Some(self.correlation_id.clone()))
    }

    /// Lets through only who holds the task, by the claim that it names.
    ///
    /// # Errors
    /// `not_claimant`, `task_not_claimed`, `claim_over`.
    pub(super) fn must_be_held(
        &self,
        actor: &Actor,
        attempt: Option<u32>,
        what: &str,
        instead: &str,
    ) -> Result<(), Reject> {
        let holder = self.state.holder();
        if holder.is_some_and(|holder| holder != actor.actor_id) {
            let message = format!("only the claiming agent can {what}");
            return Err(Reject::forbidden("not_claimant", message));
        }
        let TaskState::Claimed { .. } = self.state else {
            let status = self.state.status().as_str();
            let message = format!("task must be claimed to {instead}, currently: {status}");
            return Err(Reject::conflict("task_not_claimed", message));
        };
        match attempt {
            Some(attempt) if attempt != self.attempt => {
                let message = format!(
                    "claim {attempt} of this task is over: its present claim is {}",
                    self.attempt
                );
                Err(Reject::conflict("claim_over", message))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The task, or the contract's words for none.
pub(super) fn find_task<S: State>(
    ctx: &Context,
    state: &S,
    task_id: &str,
) -> Result<Task, Refusal<S::Error>> {
    match state.task(task_id).map_err(Refusal::State)? {
        Some(task) if task.place.workspace_id == ctx.workspace_id => Ok(task),
        Some(_) | None => {
            Err(Reject::new(Kind::NotFound, "task_not_found", "task not found").into())
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct CreateTask {
    pub task_id: String,
    /// `from`, else `created_by`.
    pub from: Option<String>,
    pub title: Option<String>,
    pub context: Option<Value>,
    pub assigned_to: Option<String>,
    pub channel: Option<String>,
    pub idempotency_key: Option<String>,
}

/// # Errors
/// In this order: `missing_from`, `missing_title`, then what is wrong with the rest; `room_not_found`.
pub fn create_task<S: State>(ctx: &Context, state: &S, command: CreateTask) -> Decided<S::Error> {
    let missing = Reject::invalid("missing_from", "from", "missing :from or :created_by");
    if command
        .from
        .as_deref()
        .is_none_or(|from| from.trim().is_empty())
    {
        return Err(missing.into());
    }
    let actor = sender(ctx, state, command.from.as_deref())?;
    let title = text::optional(
        "title",
        command.title.as_deref(),
        limits::TASK_TITLE_CHARS_MAX,
    )?
    .ok_or_else(|| Reject::invalid("missing_title", "title", "missing :title"))?;
    let context = command.context.filter(|context| !context.is_null());
    if let Some(context) = &context {
        text::open_value("context", context)?;
    }
    let event = TaskCreated {
        task_id: command.task_id.clone(),
        title,
        context,
        assigned_to: text::identifier(
            "for",
            command.assigned_to.as_deref(),
            limits::NAME_CHARS_MAX,
        )?,
    };
    let key = key(command.idempotency_key.as_deref())?;
    let channel = command.channel.as_deref().unwrap_or_default().trim();
    let name = Name::parse(if channel.is_empty() { CHANNEL } else { channel })?;
    let place = name.place(ctx, state)?;
    if let Name::Channel(channel) = &name {
        broker::by_the_board(ctx, state, channel)?;
    }
    let draft = Draft::new(event.into(), place, actor)
        .correlated(ctx.correlation_id.clone())
        .keyed(key);
    Ok(Decision::new(vec![draft], Answer::Created(command.task_id)))
}

/// A result, with the files that belong to it.
pub(super) fn outcome(result: Option<Value>, names: &[String]) -> Result<Value, Reject> {
    let result = result
        .filter(|result| !result.is_null())
        .unwrap_or_else(|| Value::Object(Map::new()));
    text::open_value("result", &result)?;
    files(names)?;
    Ok(result)
}

//! A thread: one discussion or piece of work inside a room.

use super::find_room;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::ThreadCreated;
use crate::limits;
use crate::reject::Reject;
use crate::state::{State, Thread};
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct CreateThread {
    pub thread_id: String,
    pub room_id: String,
    pub title: Option<String>,
    pub status: Option<String>,
}

pub fn create_thread<S: State>(
    ctx: &Context,
    state: &S,
    command: CreateThread,
) -> Decided<S::Error> {
    let room = find_room(ctx, state, &command.room_id)?;
    let event = ThreadCreated {
        title: text::required(
            "missing_title",
            "title",
            command.title.as_deref(),
            limits::TITLE_CHARS_MAX,
        )?,
        status: text::optional("status", command.status.as_deref(), limits::NAME_CHARS_MAX)?
            .unwrap_or_else(|| "open".to_owned()),
    };
    let scope = Scope {
        thread_id: Some(command.thread_id.clone()),
        ..room.scope()
    };
    let draft =
        Draft::new(event.into(), scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone());
    Ok(Decision::new(
        vec![draft],
        Answer::Created(command.thread_id),
    ))
}

/// The thread, if its room is in the caller's workspace.
pub fn find_thread<S: State>(
    ctx: &Context,
    state: &S,
    thread_id: &str,
) -> Result<Thread, Refusal<S::Error>> {
    match state.thread(thread_id).map_err(Refusal::State)? {
        Some(thread) if thread.room.workspace_id == ctx.workspace_id => Ok(thread),
        Some(_) | None => Err(Reject::not_found("thread_not_found", "thread", thread_id).into()),
    }
}

//! The board: channels that anybody may publish to, tasks that one claims at a time, and who is there.
//!
//! A channel comes to be with its first message. Everything that happens to a task is a message on its
//! channel: the event that changes it is the one that is read there. Rooms of the default workspace are
//! channels too (docs/adr/0018-one-board.md).

mod channel;
mod lease;
mod presence;
mod task;
mod verbs;

pub use channel::{Name, PublishMessage, channel_of, message_type, publish_message};
pub use lease::{ExtendTaskLease, TaskLease, expire_task_leases, extend_task_lease};
pub use presence::{AnnouncePresence, Presence, announce_presence};
pub use task::{CreateTask, Task, TaskState, TaskStatus, create_task};
pub use verbs::{
    AbandonTask, ClaimTask, CompleteTask, InterruptTask, UpdateTask, abandon_task, claim_task,
    complete_task, interrupt_task, update_task,
};

use crate::actor::{Actor, ActorType};
use crate::command::{Context, Refusal};
use crate::gate;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

/// Who a request says it is from; it must say so. Names with a part `human` are people's, all others are
/// agents'. Whoever shows a token is who the token says.
///
/// # Errors
/// `missing_from`, `field_too_long`, `secret_in_identifier`, `actor_reserved`.
fn sender<S: State>(
    ctx: &Context,
    state: &S,
    from: Option<&str>,
) -> Result<Actor, Refusal<S::Error>> {
    let name = text::identifier("from", from, limits::NAME_CHARS_MAX)?;
    let name = name.ok_or_else(|| Reject::invalid("missing_from", "from", "missing :from"))?;
    let actor_type = match name.split('.').any(|part| part == "human") {
        true => ActorType::User,
        false => ActorType::Agent,
    };
    gate::declared_actor(ctx, state, "from", Some(Actor::new(actor_type, name)))
}

/// Names of stored content, as messages and results carry them.
fn files(files: &[String]) -> Result<(), Reject> {
    if files.len() > limits::MESSAGE_FILES_MAX {
        let max = limits::MESSAGE_FILES_MAX;
        let message = format!("\"files\" has more than {max} entries.");
        return Err(Reject::invalid("too_many_entries", "files", message));
    }
    for file in files {
        text::identifier("files", Some(file), limits::NAME_CHARS_MAX)?;
    }
    Ok(())
}

/// The key of a request that may come twice.
fn key(key: Option<&str>) -> Result<Option<String>, Reject> {
    let max = limits::IDEMPOTENCY_KEY_CHARS_MAX;
    let key = text::identifier("idempotency_key", key, max)?;
    let ours = crate::review::EVIDENCE_KEY_PREFIX;
    if key.as_ref().is_some_and(|key| key.starts_with(ours)) {
        let message = format!("Keys that begin with {ours:?} are Signalbox's own.");
        let reject = Reject::invalid("idempotency_key_reserved", "idempotency_key", message);
        return Err(reject.hint("Choose another key."));
    }
    Ok(key)
}

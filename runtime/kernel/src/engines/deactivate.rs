//! Deactivating an engine: its tokens end at once, what it holds is released when its leases end.

use super::token::ended;
use super::{draft, find};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::event::EngineDeactivated;
use crate::limits;
use crate::state::State;
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct DeactivateEngine {
    pub engine_id: String,
    pub reason: Option<String>,
}

pub fn deactivate<S: State>(
    ctx: &Context,
    state: &S,
    command: DeactivateEngine,
) -> Decided<S::Error> {
    let engine = find(ctx, state, &command.engine_id)?;
    let reason = text::optional("reason", command.reason.as_deref(), limits::TITLE_CHARS_MAX)?;
    if !engine.is_active {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    let mut decision = Decision::new(Vec::new(), Answer::Done);
    let live = state.live_tokens(&engine.engine_id);
    let mut token_ids = Vec::new();
    for token in live.map_err(Refusal::State)? {
        token_ids.push(token.token_id.clone());
        decision.extend(ended(ctx, state, token, Some("engine_deactivated"))?);
    }
    let event = EngineDeactivated {
        engine_id: engine.engine_id,
        actor_id: engine.actor_id,
        reason,
        token_ids,
    };
    decision.drafts.push(draft(ctx, event.into()));
    Ok(decision)
}

//! Engines: whatever claims and executes runs. Each shows a token that the owner issued, and each
//! token carries a capability that says what it may do.

mod deactivate;
mod register;
mod standing;
mod token;

pub use deactivate::{DeactivateEngine, deactivate};
pub use register::{RegisterEngine, actor_id, register};
pub use standing::{
    LEASE_HEARTBEAT, LEASE_RELEASE, RUN_CLAIM, TokenStanding, covers_room, may, scopes_by_default,
};
pub use token::{
    IssueEngineToken, IssuedToken, NewToken, RevokeEngineToken, issue_token, revoke_token,
};

use crate::command::{Context, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::Event;
use crate::reject::Reject;
use crate::state::{Engine, State};
use sha2::{Digest, Sha256};

/// The digest under which a secret is kept: tokens are long and random, so plain SHA-256 is enough.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether what a token opens may be another after an event of this type: its own standing, its
/// engine's, or its capability's.
pub fn changes_tokens(event_type: &str) -> bool {
    event_type.starts_with("engine.") || event_type.starts_with("agent.capability.")
}

fn draft(ctx: &Context, event: Event) -> Draft {
    let scope = Scope::workspace(&ctx.workspace_id);
    Draft::new(event, scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone())
}

/// The engine, if it is in the caller's workspace.
fn find<S: State>(ctx: &Context, state: &S, engine_id: &str) -> Result<Engine, Refusal<S::Error>> {
    let engine = state.engine(engine_id).map_err(Refusal::State)?;
    let engine = engine.filter(|engine| engine.workspace_id == ctx.workspace_id);
    Ok(engine.ok_or_else(|| Reject::not_found("engine_not_found", "engine", engine_id))?)
}

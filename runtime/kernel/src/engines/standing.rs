//! Whether an engine's token still counts, and for what.

use crate::actor::EngineIdentity;
use crate::command::{Context, Refusal};
use crate::gate::capability::{self, ALL, Chain, Ended, Scopes};
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::time::Timestamp;

/// Action types of the calls that only engines make.
pub const RUN_CLAIM: &str = "run.claim";
pub const LEASE_HEARTBEAT: &str = "run.lease.heartbeat";
pub const LEASE_RELEASE: &str = "run.lease.release";

/// What a token allows when nothing else is said: to claim the runs of every room, and to keep them.
pub fn scopes_by_default() -> Scopes {
    let actions = [RUN_CLAIM, LEASE_HEARTBEAT, LEASE_RELEASE];
    Scopes {
        rooms: vec![ALL.to_owned()],
        action_types: actions.map(str::to_owned).to_vec(),
        ..Scopes::default()
    }
}

/// How a token stands, and its engine and its capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenStanding {
    pub engine_id: String,
    pub engine_is_active: bool,
    /// The principal of the engine.
    pub principal_id: Option<String>,
    pub is_revoked: bool,
    pub valid_until: Option<Timestamp>,
    /// `None`: it was issued before tokens had one.
    pub capability: Option<Chain>,
}

impl TokenStanding {
    /// Whether the token counts now. The first reason against it is told.
    ///
    /// # Errors
    /// `engine_inactive`, `engine_token_expired`, `capability_token_revoked`,
    /// `capability_token_expired`, `capability_principal_mismatch`.
    pub fn check(&self, now: Timestamp) -> Result<(), Reject> {
        if !self.engine_is_active {
            let message = "The engine was deactivated.";
            return Err(Reject::forbidden("engine_inactive", message)
                .hint("The owner can register it again."));
        }
        if self.is_revoked || self.valid_until.is_some_and(|until| until <= now) {
            let message = "The engine token has expired or was revoked.";
            return Err(over(Kind::Unauthorized, "engine_token_expired", message));
        }
        let Some(chain) = &self.capability else {
            return Ok(());
        };
        match chain.ended(now) {
            Some(Ended::Revoked) => {
                let message = "The capability of the engine token was revoked.";
                Err(over(Kind::Forbidden, "capability_token_revoked", message))
            }
            Some(Ended::Expired) => {
                let message = "The capability of the engine token has expired.";
                Err(over(
                    Kind::Unauthorized,
                    "capability_token_expired",
                    message,
                ))
            }
            None if self.principal_id.as_ref() != Some(&chain.own.issued_to_principal_id) => {
                let message = "The capability of the engine token is another principal's.";
                Err(over(
                    Kind::Forbidden,
                    "capability_principal_mismatch",
                    message,
                ))
            }
            None => Ok(()),
        }
    }
}

fn over(kind: Kind, code: &'static str, message: &str) -> Reject {
    Reject::new(kind, code, message)
        .hint("Send a current token, or none at all to act as a local caller.")
}

/// Whether the engine may do what only engines do. Its token was looked at when the request came;
/// this looks again, in the transaction, so that nothing is done by a token that is over by then.
///
/// # Errors
/// Those of [`TokenStanding::check`], `engine_action_not_allowed`, and those of [`covers_room`].
pub fn may<S: State>(
    ctx: &Context,
    state: &S,
    engine: &EngineIdentity,
    action: &str,
    room_id: Option<&str>,
) -> Result<(), Refusal<S::Error>> {
    let standing = state.engine_token(&engine.token_id);
    let standing = standing.map_err(Refusal::State)?.ok_or_else(|| {
        let message = "The engine token is not known.";
        over(Kind::Unauthorized, "engine_token_invalid", message)
    })?;
    standing.check(ctx.now)?;
    if !capability::allows(&engine.scopes.action_types, action) {
        let message = format!("The engine's token does not allow {action}.");
        return Err(Reject::forbidden("engine_action_not_allowed", message)
            .hint("The owner can issue a token whose scopes name it in action_types.")
            .into());
    }
    Ok(covers_room(engine, room_id)?)
}

/// Whether the token reaches the room; without one, whether it reaches any.
///
/// # Errors
/// `engine_room_not_allowed`, `engine_room_scope_required`.
pub fn covers_room(engine: &EngineIdentity, room_id: Option<&str>) -> Result<(), Reject> {
    let hint = "The owner can issue a token whose scopes name it in rooms.";
    if engine.scopes.rooms.is_empty() {
        let message = "The engine's token reaches no room.";
        return Err(Reject::forbidden("engine_room_scope_required", message).hint(hint));
    }
    match room_id {
        Some(room_id) if !capability::allows(&engine.scopes.rooms, room_id) => {
            let message = "The engine's token does not cover this room.";
            Err(Reject::forbidden("engine_room_not_allowed", message).hint(hint))
        }
        Some(_) | None => Ok(()),
    }
}

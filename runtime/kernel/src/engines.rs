//! Engines: whatever claims and executes runs. Each shows a token that the owner issued.

use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{EngineRegistered, EngineTokenIssued, EngineTokenRevoked};
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// Registers an engine by its actor id, or finds the one that is registered, and issues a token.
#[derive(Clone, Debug, Default)]
pub struct RegisterEngine {
    /// Used when the actor id is new.
    pub engine_id: String,
    pub actor_id: Option<String>,
    pub display_name: Option<String>,
    pub token_id: String,
    /// The secret itself: only its digest is kept.
    pub token: String,
    pub valid_until: Option<String>,
    /// Rooms whose runs the token may claim; `None` is all.
    pub rooms: Option<Vec<String>>,
    /// Revoke the engine's older tokens.
    pub rotate: bool,
}

#[derive(Clone, Debug, Default)]
pub struct RevokeEngineToken {
    pub engine_id: String,
    pub token_id: String,
    pub reason: Option<String>,
}

/// A token to keep, as its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    pub token_id: String,
    pub engine_id: String,
    pub token_digest: [u8; 32],
    pub rooms: Option<Vec<String>>,
    pub valid_until: Option<Timestamp>,
    pub issued_at: Timestamp,
}

/// The digest under which a secret is kept: tokens are long and random, so plain SHA-256 is enough.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

pub fn register<S: State>(ctx: &Context, state: &S, command: RegisterEngine) -> Decided<S::Error> {
    let actor_id = text::required(
        "actor_id_required",
        "actor_id",
        command.actor_id.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    text::identifier("actor_id", Some(&actor_id), limits::NAME_CHARS_MAX)?;
    for room in command.rooms.iter().flatten() {
        text::identifier("rooms", Some(room), limits::NAME_CHARS_MAX)?;
    }
    let display_name = text::optional(
        "display_name",
        command.display_name.as_deref(),
        limits::TITLE_CHARS_MAX,
    )?;
    let valid_until = match command.valid_until.as_deref() {
        None => None,
        Some(text) => Some(
            Timestamp::parse(text)
                .filter(|until| *until > ctx.now)
                .ok_or_else(|| {
                    Reject::invalid(
                        "invalid_valid_until",
                        "valid_until",
                        "\"valid_until\" must be an RFC 3339 time in the future.",
                    )
                })?,
        ),
    };
    let existing = state
        .engine_by_actor(&ctx.workspace_id, &actor_id)
        .map_err(Refusal::State)?;
    let scope = Scope::workspace(&ctx.workspace_id);
    let draft = |event| {
        Draft::new(event, scope.clone(), ctx.caller.actor()).correlated(ctx.correlation_id.clone())
    };
    let mut drafts = Vec::new();
    let mut effects = Vec::new();
    let engine_id = match existing {
        Some(engine) => engine.engine_id,
        None => {
            let event = EngineRegistered {
                engine_id: command.engine_id.clone(),
                actor_id,
                display_name,
            };
            drafts.push(draft(event.into()));
            command.engine_id
        }
    };
    if command.rotate {
        for token_id in state.live_tokens(&engine_id).map_err(Refusal::State)? {
            let reason = Some("rotated".to_owned());
            let event = EngineTokenRevoked {
                engine_id: engine_id.clone(),
                token_id: token_id.clone(),
                reason,
            };
            drafts.push(draft(event.into()));
            effects.push(Effect::RevokeEngineToken { token_id });
        }
    }
    let event = EngineTokenIssued {
        engine_id: engine_id.clone(),
        token_id: command.token_id.clone(),
        valid_until: valid_until.map(|until| until.to_string()),
    };
    drafts.push(draft(event.into()));
    effects.push(Effect::PutEngineToken(IssuedToken {
        token_id: command.token_id,
        engine_id: engine_id.clone(),
        token_digest: digest(&command.token),
        rooms: command.rooms,
        valid_until,
        issued_at: ctx.now,
    }));
    Ok(Decision {
        drafts,
        effects,
        answer: Answer::Created(engine_id),
    })
}

pub fn revoke_token<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeEngineToken,
) -> Decided<S::Error> {
    let engine = state.engine(&command.engine_id).map_err(Refusal::State)?;
    if engine.is_none_or(|engine| engine.workspace_id != ctx.workspace_id) {
        return Err(Reject::not_found("engine_not_found", "engine", &command.engine_id).into());
    }
    let live = state
        .live_tokens(&command.engine_id)
        .map_err(Refusal::State)?;
    if !live.contains(&command.token_id) {
        return Err(Reject::not_found(
            "engine_token_not_found",
            "live engine token",
            &command.token_id,
        )
        .into());
    }
    let reason = text::optional("reason", command.reason.as_deref(), limits::TITLE_CHARS_MAX)?;
    let event = EngineTokenRevoked {
        engine_id: command.engine_id,
        token_id: command.token_id.clone(),
        reason,
    };
    let draft = Draft::new(
        event.into(),
        Scope::workspace(&ctx.workspace_id),
        ctx.caller.actor(),
    )
    .correlated(ctx.correlation_id.clone());
    Ok(
        Decision::new(vec![draft], Answer::Done).with(Effect::RevokeEngineToken {
            token_id: command.token_id,
        }),
    )
}

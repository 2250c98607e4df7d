//! Registering an engine: one for each actor of a workspace, however often it is registered.

use super::draft;
use super::token::{NewToken, ended, issued};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::event::EngineRegistered;
use crate::limits;
use crate::reject::Reject;
use crate::state::{Engine, State};
use crate::text;
use serde_json::Value;

/// Registers an engine by its actor id, or finds the one that is registered and makes it active,
/// and issues a token.
#[derive(Clone, Debug, Default)]
pub struct RegisterEngine {
    /// Used when the actor id is new.
    pub engine_id: String,
    /// The principal of the actor.
    pub principal_id: String,
    pub actor_id: Option<String>,
    /// Kept as it was when it is absent, as is `metadata`.
    pub engine_name: Option<String>,
    pub metadata: Option<Value>,
    pub token: NewToken,
    /// Revoke the engine's older tokens.
    pub rotate: bool,
}

/// The actor id of a registration.
///
/// # Errors
/// `actor_id_required`, `field_too_long`, `secret_in_identifier`.
pub fn actor_id(text: Option<&str>) -> Result<String, Reject> {
    let actor_id = text::required(
        "actor_id_required",
        "actor_id",
        text,
        limits::NAME_CHARS_MAX,
    )?;
    text::identifier("actor_id", Some(&actor_id), limits::NAME_CHARS_MAX)?;
    Ok(actor_id)
}

pub fn register<S: State>(ctx: &Context, state: &S, command: RegisterEngine) -> Decided<S::Error> {
    let actor_id = actor_id(command.actor_id.as_deref())?;
    let name = text::optional(
        "engine_name",
        command.engine_name.as_deref(),
        limits::TITLE_CHARS_MAX,
    )?;
    if let Some(metadata) = &command.metadata {
        text::open_value("metadata", metadata)?;
    }
    let existing = state
        .engine_by_actor(&ctx.workspace_id, &actor_id)
        .map_err(Refusal::State)?;
    let before = existing.as_ref();
    let registered = EngineRegistered {
        engine_id: before.map_or(command.engine_id, |engine| engine.engine_id.clone()),
        actor_id,
        display_name: name.or_else(|| before.and_then(|engine| engine.name.clone())),
        principal_id: Some(command.principal_id.clone()),
        metadata: command
            .metadata
            .or_else(|| before.and_then(|engine| engine.metadata.clone())),
    };
    let engine_id = registered.engine_id.clone();
    let mut decision = Decision::new(Vec::new(), Answer::Created(engine_id.clone()));
    if before.is_none_or(|engine| differs(engine, &registered)) {
        decision.drafts.push(draft(ctx, registered.into()));
    }
    if command.rotate {
        for token in state.live_tokens(&engine_id).map_err(Refusal::State)? {
            decision.extend(ended(ctx, state, token, Some("rotated"))?);
        }
    }
    decision.extend(issued(
        ctx,
        &engine_id,
        &command.principal_id,
        command.token,
    )?);
    Ok(decision)
}

fn differs(engine: &Engine, registered: &EngineRegistered) -> bool {
    !engine.is_active
        || engine.name != registered.display_name
        || engine.metadata != registered.metadata
}

//! The tokens of engines: issued with a capability, revoked with it.

use super::standing::scopes_by_default;
use super::{digest, draft, find};
use crate::command::{Answer, Context, Decided, Decision, Effect, Refusal};
use crate::event::{CapabilityGranted, EngineTokenIssued, EngineTokenRevoked};
use crate::gate::capability::{Scopes, revoked, until};
use crate::limits;
use crate::reject::Reject;
use crate::state::{LiveToken, State};
use crate::text;
use crate::time::Timestamp;

/// A token to issue.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    pub token_id: String,
    /// The secret itself: only its digest is kept.
    pub token: String,
    pub capability_token_id: String,
    /// The principal of whoever issues it.
    pub granted_by_principal_id: String,
    pub valid_until: Option<String>,
    pub label: Option<String>,
    /// What it allows; claiming and keeping runs by default.
    pub scopes: Option<Scopes>,
    /// Rooms whose runs it may claim, where the scopes do not say; all by default.
    pub rooms: Option<Vec<String>>,
}

/// A token to keep, as its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    pub token_id: String,
    pub engine_id: String,
    pub token_digest: [u8; 32],
    pub capability_token_id: String,
    pub label: Option<String>,
    pub valid_until: Option<Timestamp>,
    pub issued_at: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub struct IssueEngineToken {
    pub engine_id: String,
    /// The principal of the engine.
    pub principal_id: String,
    pub token: NewToken,
}

#[derive(Clone, Debug, Default)]
pub struct RevokeEngineToken {
    pub engine_id: String,
    pub token_id: String,
    pub reason: Option<String>,
}

pub fn issue_token<S: State>(
    ctx: &Context,
    state: &S,
    command: IssueEngineToken,
) -> Decided<S::Error> {
    let engine = find(ctx, state, &command.engine_id)?;
    if !engine.is_active {
        let message = "The engine is deactivated, so it gets no token.";
        return Err(Reject::conflict("engine_inactive", message)
            .hint("Register it again: POST /v1/engines/register.")
            .into());
    }
    let token_id = command.token.token_id.clone();
    let mut decision = Decision::new(Vec::new(), Answer::Created(token_id));
    decision.extend(issued(
        ctx,
        &engine.engine_id,
        &command.principal_id,
        command.token,
    )?);
    Ok(decision)
}

pub fn revoke_token<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeEngineToken,
) -> Decided<S::Error> {
    find(ctx, state, &command.engine_id)?;
    let reason = text::optional("reason", command.reason.as_deref(), limits::TITLE_CHARS_MAX)?;
    let token = state.engine_token(&command.token_id);
    let token = token
        .map_err(Refusal::State)?
        .filter(|token| token.engine_id == command.engine_id)
        .ok_or_else(|| {
            Reject::not_found("engine_token_not_found", "engine token", &command.token_id)
        })?;
    if token.is_revoked {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    let live = LiveToken {
        token_id: command.token_id,
        engine_id: token.engine_id,
        capability_token_id: token.capability.map(|chain| chain.own.token_id),
    };
    let mut decision = Decision::new(Vec::new(), Answer::Done);
    decision.extend(ended(ctx, state, live, reason.as_deref())?);
    Ok(decision)
}

/// What issuing a token comes to: its capability, the event, and the digest to keep.
pub(super) fn issued(
    ctx: &Context,
    engine_id: &str,
    principal_id: &str,
    token: NewToken,
) -> Result<Decision, Reject> {
    let valid_until = until(ctx, token.valid_until.as_deref())?;
    // Kept beside the log, where nothing masks it.
    let label = token.label.as_deref();
    let label = text::identifier("token_label", label, limits::TITLE_CHARS_MAX)?;
    let granted = CapabilityGranted {
        token_id: token.capability_token_id.clone(),
        issued_to_principal_id: principal_id.to_owned(),
        granted_by_principal_id: token.granted_by_principal_id,
        parent_token_id: None,
        depth: 0,
        scopes: scopes(token.scopes, token.rooms)?,
        valid_until,
    };
    let issued = EngineTokenIssued {
        engine_id: engine_id.to_owned(),
        token_id: token.token_id.clone(),
        valid_until: valid_until.map(|until| until.to_string()),
        token_label: label.clone(),
        capability_token_id: Some(token.capability_token_id.clone()),
    };
    let drafts = vec![draft(ctx, granted.into()), draft(ctx, issued.into())];
    let effect = Effect::PutEngineToken(IssuedToken {
        token_id: token.token_id,
        engine_id: engine_id.to_owned(),
        token_digest: digest(&token.token),
        capability_token_id: token.capability_token_id,
        label,
        valid_until,
        issued_at: ctx.now,
    });
    Ok(Decision::new(drafts, Answer::Done).with(effect))
}

fn scopes(named: Option<Scopes>, rooms: Option<Vec<String>>) -> Result<Scopes, Reject> {
    let field_of_rooms = |reject: Reject| match reject.field.as_deref() {
        Some("scopes.rooms") => Reject {
            field: Some("rooms".to_owned()),
            ..reject
        },
        _ => reject,
    };
    match (named, rooms) {
        (None, None) => Ok(scopes_by_default()),
        (None, Some(rooms)) => Scopes {
            rooms,
            ..scopes_by_default()
        }
        .checked()
        .map_err(field_of_rooms),
        (Some(scopes), rooms) => {
            let rooms = rooms.filter(|_| scopes.rooms.is_empty());
            let rooms = rooms.unwrap_or_else(|| scopes.rooms.clone());
            Scopes { rooms, ..scopes }.checked()
        }
    }
}

/// What the end of a live token comes to. Its capability ends with it, and all that it delegated.
pub(super) fn ended<S: State>(
    ctx: &Context,
    state: &S,
    token: LiveToken,
    reason: Option<&str>,
) -> Result<Decision, Refusal<S::Error>> {
    let reason = reason.map(str::to_owned);
    let capability = match &token.capability_token_id {
        None => None,
        Some(token_id) => state.capability(token_id).map_err(Refusal::State)?,
    };
    let event = EngineTokenRevoked {
        engine_id: token.engine_id,
        token_id: token.token_id.clone(),
        reason: reason.clone(),
        capability_token_id: token.capability_token_id,
    };
    let mut drafts = vec![draft(ctx, event.into())];
    let living = capability.filter(|capability| !capability.is_revoked);
    drafts.extend(living.map(|capability| revoked(ctx, &capability, reason)));
    let effect = Effect::RevokeEngineToken {
        token_id: token.token_id,
    };
    Ok(Decision::new(drafts, Answer::Done).with(effect))
}

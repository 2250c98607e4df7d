//! Granting: the owner gives rights, and who holds some may hand a part of them on.

use super::{Capability, Chain, Ended, Scopes, earlier};
use crate::actor::Caller;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::{CapabilityGranted, DelegationAttempted, Event};
use crate::gate::owner_only;
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::State;
use crate::text;
use crate::time::Timestamp;

#[derive(Clone, Debug, Default)]
pub struct GrantCapability {
    pub token_id: String,
    pub issued_to_principal_id: Option<String>,
    pub granted_by_principal_id: Option<String>,
    pub parent_token_id: Option<String>,
    pub scopes: Scopes,
    pub valid_until: Option<String>,
}

pub fn grant_capability<S: State>(
    ctx: &Context,
    state: &S,
    command: GrantCapability,
) -> Decided<S::Error> {
    let parent = identifier("parent_token_id", command.parent_token_id.as_deref())?;
    if parent.is_none() && !ctx.caller.is_owner() {
        return Err(owner_only().into());
    }
    let issued_to = principal(
        state,
        "issued_to_principal_id",
        command.issued_to_principal_id.as_deref(),
        "issued_to_principal_id_required",
        "issued_to_principal_not_found",
    )?;
    let granted_by = principal(
        state,
        "granted_by_principal_id",
        command.granted_by_principal_id.as_deref(),
        "granted_by_principal_id_required",
        "granted_by_principal_not_found",
    )?;
    let granted = CapabilityGranted {
        token_id: command.token_id,
        issued_to_principal_id: issued_to,
        granted_by_principal_id: granted_by,
        parent_token_id: None,
        depth: 0,
        scopes: command.scopes.checked()?,
        valid_until: until(ctx, command.valid_until.as_deref())?,
    };
    let Some(parent_token_id) = parent else {
        return Ok(grants(ctx, granted));
    };
    delegate(ctx, state, granted, parent_token_id)
}

/// A time in the future, or none.
///
/// # Errors
/// `invalid_valid_until`.
pub(crate) fn until(ctx: &Context, text: Option<&str>) -> Result<Option<Timestamp>, Reject> {
    let Some(text) = text else { return Ok(None) };
    let until = Timestamp::parse(text).filter(|until| *until > ctx.now);
    until.map(Some).ok_or_else(|| {
        let message = "\"valid_until\" must be an RFC 3339 time in the future.";
        Reject::invalid("invalid_valid_until", "valid_until", message)
    })
}

fn delegate<S: State>(
    ctx: &Context,
    state: &S,
    asked: CapabilityGranted,
    parent_token_id: String,
) -> Decided<S::Error> {
    let chain = Chain::read(state, &parent_token_id).map_err(Refusal::State)?;
    let chain = chain.filter(|chain| chain.own.workspace_id == ctx.workspace_id);
    let proven = proves(ctx, state, &asked.granted_by_principal_id)?;
    let parent = match chain {
        None => {
            let reject =
                Reject::not_found("parent_token_not_found", "capability", &parent_token_id);
            return Ok(attempted(ctx, asked, parent_token_id, None, reject));
        }
        Some(chain) => match obstacle(ctx, &chain, &asked, proven) {
            Some(reject) => {
                return Ok(attempted(
                    ctx,
                    asked,
                    parent_token_id,
                    Some(chain.own),
                    reject,
                ));
            }
            None => chain.own,
        },
    };
    let granted = CapabilityGranted {
        parent_token_id: Some(parent_token_id),
        depth: parent.depth + 1,
        scopes: asked.scopes.within(&parent.scopes),
        valid_until: earlier(asked.valid_until, parent.valid_until),
        ..asked
    };
    Ok(grants(ctx, granted))
}

/// Whether the caller is the principal that it says grants. The owner acts for anybody.
fn proves<S: State>(
    ctx: &Context,
    state: &S,
    principal_id: &str,
) -> Result<bool, Refusal<S::Error>> {
    if ctx.caller.is_owner() {
        return Ok(true);
    }
    let own = state.principal_of(&ctx.caller.actor());
    let own = own.map_err(Refusal::State)?;
    Ok(matches!(ctx.caller, Caller::Engine(_))
        && own.is_some_and(|own| own.principal_id == principal_id))
}

fn obstacle(
    ctx: &Context,
    chain: &Chain,
    asked: &CapabilityGranted,
    proven: bool,
) -> Option<Reject> {
    let parent = &chain.own;
    if !proven || parent.issued_to_principal_id != asked.granted_by_principal_id {
        let message = "Only the principal that holds the parent capability may delegate it.";
        return Some(Reject::forbidden("parent_token_grantor_mismatch", message));
    }
    let invalid = |code, message: &str| Some(Reject::invalid(code, "parent_token_id", message));
    match chain.ended(ctx.now) {
        Some(Ended::Revoked) => invalid(
            "parent_token_revoked",
            "The parent, or one that it was delegated from, was revoked.",
        ),
        Some(Ended::Expired) => invalid(
            "parent_token_expired",
            "The parent, or one that it was delegated from, has expired.",
        ),
        None if parent.depth >= limits::DELEGATION_DEPTH_MAX => invalid(
            "delegation_depth_exceeded",
            "The parent was delegated as often as is allowed.",
        ),
        None => None,
    }
}

fn grants(ctx: &Context, granted: CapabilityGranted) -> Decision {
    let token_id = granted.token_id.clone();
    Decision::new(vec![draft(ctx, granted.into())], Answer::Created(token_id))
}

/// What was tried is kept, although it came to nothing.
fn attempted(
    ctx: &Context,
    asked: CapabilityGranted,
    parent_token_id: String,
    parent: Option<Capability>,
    reject: Reject,
) -> Decision {
    let too_deep = reject.code == "delegation_depth_exceeded";
    let depth = parent.as_ref().map(|parent| parent.depth + 1);
    let event = DelegationAttempted {
        issued_to_principal_id: asked.issued_to_principal_id,
        granted_by_principal_id: asked.granted_by_principal_id,
        parent_token_id,
        scopes: asked.scopes,
        denied_reason: reject.code.to_owned(),
        depth: depth.filter(|_| too_deep),
        max_depth: too_deep.then_some(limits::DELEGATION_DEPTH_MAX),
        parent_token_owner_principal_id: parent.map(|parent| parent.issued_to_principal_id),
    };
    Decision::new(vec![draft(ctx, event.into())], Answer::Refused(reject))
}

pub(super) fn draft(ctx: &Context, event: Event) -> Draft {
    let scope = Scope::workspace(&ctx.workspace_id);
    Draft::new(event, scope, ctx.caller.actor()).correlated(ctx.correlation_id.clone())
}

pub(super) fn identifier(field: &str, text: Option<&str>) -> Result<Option<String>, Reject> {
    text::identifier(field, text, limits::NAME_CHARS_MAX)
}

fn principal<S: State>(
    state: &S,
    field: &str,
    named: Option<&str>,
    required: &'static str,
    unknown: &'static str,
) -> Result<String, Refusal<S::Error>> {
    let principal_id = identifier(field, named)?.ok_or_else(|| {
        let message = format!("{field:?} is required and may not be empty.");
        Reject::invalid(required, field, message)
    })?;
    let found = state.principal(&principal_id).map_err(Refusal::State)?;
    if found.is_none() {
        let message = format!("There is no principal {principal_id:?}.");
        let reject = Reject::new(Kind::Invalid, unknown, message)
            .hint("POST /v1/principals/legacy/ensure, or POST /v1/agents, makes one.");
        return Err(Reject {
            field: Some(field.to_owned()),
            ..reject
        }
        .into());
    }
    Ok(principal_id)
}

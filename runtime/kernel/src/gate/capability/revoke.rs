//! Taking a capability back: it ends with all that were delegated from it.

use super::Capability;
use super::grant::{draft, identifier};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::Draft;
use crate::event::CapabilityRevoked;
use crate::gate::owner_only;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct RevokeCapability {
    pub token_id: Option<String>,
    pub reason: Option<String>,
}

/// The owner may end any, an engine those that it has delegated itself.
pub fn revoke_capability<S: State>(
    ctx: &Context,
    state: &S,
    command: RevokeCapability,
) -> Decided<S::Error> {
    let token_id = identifier("token_id", command.token_id.as_deref())?.ok_or_else(|| {
        let message = "\"token_id\" is required and may not be empty.";
        Reject::invalid("token_id_required", "token_id", message)
    })?;
    let reason = text::optional("reason", command.reason.as_deref(), limits::TITLE_CHARS_MAX)?;
    let found = state.capability(&token_id).map_err(Refusal::State)?;
    let capability = found
        .filter(|capability| capability.workspace_id == ctx.workspace_id)
        .ok_or_else(|| Reject::not_found("token_not_found", "capability", &token_id))?;
    if !ctx.caller.is_owner() {
        let own = state.principal_of(&ctx.caller.actor());
        let own = own.map_err(Refusal::State)?;
        if own.is_none_or(|own| own.principal_id != capability.granted_by_principal_id) {
            return Err(owner_only().into());
        }
    }
    if capability.is_revoked {
        return Ok(Decision::new(Vec::new(), Answer::AlreadyDone));
    }
    let drafts = vec![revoked(ctx, &capability, reason)];
    Ok(Decision::new(drafts, Answer::Done))
}

/// The event that ends a capability.
pub(crate) fn revoked(ctx: &Context, capability: &Capability, reason: Option<String>) -> Draft {
    let event = CapabilityRevoked {
        token_id: capability.token_id.clone(),
        issued_to_principal_id: capability.issued_to_principal_id.clone(),
        revoked_at: ctx.now,
        reason,
    };
    draft(ctx, event.into())
}

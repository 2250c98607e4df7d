//! Capabilities: what somebody's rights are narrowed to. The owner grants them, whoever holds one
//! may hand a narrower one on, and one that is shown at the gate takes away, never adds.

mod grant;
mod revoke;
mod rule;
mod scopes;

pub(crate) use grant::until;
pub use grant::{GrantCapability, grant_capability};
pub(crate) use revoke::revoked;
pub use revoke::{RevokeCapability, revoke_capability};
pub(super) use rule::refuse;
pub use scopes::{ALL, DataAccess, Scopes, allows, allows_host};

use crate::limits;
use crate::state::State;
use crate::time::Timestamp;

/// One capability, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    pub token_id: String,
    pub workspace_id: String,
    pub issued_to_principal_id: String,
    pub granted_by_principal_id: String,
    pub parent_token_id: Option<String>,
    pub depth: u32,
    pub scopes: Scopes,
    pub valid_until: Option<Timestamp>,
    pub is_revoked: bool,
}

/// A capability and all that it was delegated from, itself first. It lives as long as each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub own: Capability,
    pub ancestors: Vec<Capability>,
}

/// Why a capability is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Revoked,
    Expired,
}

impl Chain {
    /// The chain of a capability, each link found by `find`; `None` when there is none of this id.
    pub fn follow<E>(
        token_id: &str,
        find: impl Fn(&str) -> Result<Option<Capability>, E>,
    ) -> Result<Option<Self>, E> {
        let Some(own) = find(token_id)? else {
            return Ok(None);
        };
        let mut ancestors = Vec::new();
        let mut next = own.parent_token_id.clone();
        for _ in 0..limits::DELEGATION_DEPTH_MAX {
            let Some(token_id) = next else { break };
            let Some(parent) = find(&token_id)? else {
                break;
            };
            next = parent.parent_token_id.clone();
            ancestors.push(parent);
        }
        Ok(Some(Self { own, ancestors }))
    }

    /// The same, by what is true now.
    pub fn read<S: State>(state: &S, token_id: &str) -> Result<Option<Self>, S::Error> {
        Self::follow(token_id, |token_id| state.capability(token_id))
    }

    /// Whether it is over, and by what: a revocation before an end of time.
    pub fn ended(&self, now: Timestamp) -> Option<Ended> {
        let links = || std::iter::once(&self.own).chain(&self.ancestors);
        if links().any(|link| link.is_revoked) {
            return Some(Ended::Revoked);
        }
        links()
            .any(|link| link.valid_until.is_some_and(|until| until <= now))
            .then_some(Ended::Expired)
    }
}

/// The earlier of two ends; `None` is never.
pub(crate) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

//! Events of authority: engines and their tokens, agents, and the capabilities that narrow them.

use crate::gate::capability::Scopes;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

/// An engine as it is from now on: registered, renamed, or active again.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineRegistered {
    pub engine_id: String,
    pub actor_id: String,
    pub display_name: Option<String>,
    pub principal_id: Option<String>,
    pub metadata: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineTokenIssued {
    pub engine_id: String,
    pub token_id: String,
    pub valid_until: Option<String>,
    pub token_label: Option<String>,
    /// What the token allows.
    pub capability_token_id: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineTokenRevoked {
    pub engine_id: String,
    pub token_id: String,
    pub reason: Option<String>,
    pub capability_token_id: Option<String>,
}

/// None of its tokens works any more, until it is registered again.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineDeactivated {
    pub engine_id: String,
    pub actor_id: String,
    pub reason: Option<String>,
    /// The tokens that ended with it.
    pub token_ids: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentRegistered {
    pub agent_id: String,
    pub principal_id: String,
    pub display_name: String,
}

/// The gate denies this agent everything from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentQuarantined {
    pub agent_id: String,
    pub principal_id: String,
    pub quarantined_at: Timestamp,
    pub quarantine_reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentUnquarantined {
    pub agent_id: String,
    pub principal_id: String,
    pub previous_quarantined_at: Timestamp,
    pub previous_quarantine_reason: String,
}

/// A capability with its effective scopes and end: what was asked for, narrowed to its parent.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapabilityGranted {
    pub token_id: String,
    pub issued_to_principal_id: String,
    pub granted_by_principal_id: String,
    pub parent_token_id: Option<String>,
    /// 0 for one that the owner granted, one more for each delegation.
    pub depth: u32,
    pub scopes: Scopes,
    pub valid_until: Option<Timestamp>,
}

/// Ends the capability, and with it all that were delegated from it.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapabilityRevoked {
    pub token_id: String,
    pub issued_to_principal_id: String,
    pub revoked_at: Timestamp,
    pub reason: Option<String>,
}

/// A delegation that was refused.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DelegationAttempted {
    pub issued_to_principal_id: String,
    pub granted_by_principal_id: String,
    pub parent_token_id: String,
    pub scopes: Scopes,
    pub denied_reason: String,
    pub depth: Option<u32>,
    pub max_depth: Option<u32>,
    pub parent_token_owner_principal_id: Option<String>,
}

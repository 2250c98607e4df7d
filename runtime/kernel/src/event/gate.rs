//! Events of the gate: decisions that are not an allow, approvals, egress, and how the owner set it.

use crate::gate::Zone;
use crate::gate::approval::{Reach, Verdict};
use crate::gate::policy::{Decision, Mode};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

/// A decision that is not an allow; what the requester told of its circumstances is in the
/// event's policy context.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyDecided {
    pub category: String,
    pub action: String,
    pub target: Option<String>,
    pub payload_digest: Option<String>,
    pub reason_code: String,
    pub reason: Option<String>,
    pub enforcement_mode: Mode,
    pub blocked: bool,
    pub capability_token_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyDenied(pub PolicyDecided);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyRequiresApproval(pub PolicyDecided);

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KillSwitchChanged {
    pub enabled: bool,
    pub reason: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyModeChanged {
    pub mode: Mode,
    pub previous: Mode,
    pub reason: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRequested {
    pub approval_id: String,
    pub action: String,
    pub target: Option<String>,
    pub payload: Option<Value>,
    /// Of the payload as it was before secrets in it were masked.
    pub payload_digest: Option<String>,
    pub title: Option<String>,
    pub request: Option<Value>,
    pub context: Option<Value>,
    pub scope: Reach,
    pub expires_at: Timestamp,
    /// Why the gate asks; absent when the requester asks by itself.
    pub reason_code: Option<String>,
}

/// Somebody else asks for the same and waits with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalJoined {
    pub approval_id: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalDecided {
    pub approval_id: String,
    pub decision: Verdict,
    pub reason: Option<String>,
    pub scope: Reach,
    pub expires_at: Timestamp,
}

/// What an approval that reaches once was used for.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalConsumed {
    pub approval_id: String,
    pub category: String,
    pub action: String,
    pub target: Option<String>,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub tool_call_id: Option<String>,
    pub egress_request_id: Option<String>,
}

/// The end of an approval that was not used up.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalExpired {
    pub approval_id: String,
    /// `pending`, `held` or `approved`.
    pub was: String,
    /// `expired`, `revoked` or `run_ended`.
    pub reason_code: String,
    pub reason: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EgressRequested {
    pub egress_request_id: String,
    pub action: String,
    pub method: Option<String>,
    pub target_url: String,
    pub target_domain: String,
    pub principal_id: Option<String>,
    pub capability_token_id: Option<String>,
    pub zone: Zone,
    /// Who has proven to ask, as `type:id`: the quota counts by it, because the actor may be only a name.
    pub counted_for: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EgressDecided {
    pub egress_request_id: String,
    pub action: String,
    pub method: Option<String>,
    pub target_url: String,
    pub target_domain: String,
    pub decision: Decision,
    pub reason_code: String,
    pub reason: Option<String>,
    pub blocked: bool,
    pub enforcement_mode: Mode,
    pub approval_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EgressAllowed(pub EgressDecided);

/// Whatever is not an allow, in shadow mode too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EgressBlocked(pub EgressDecided);

/// A request that was refused because its caller has had as many as an hour may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotaExceeded {
    pub egress_request_id: String,
    pub action: String,
    pub target_url: String,
    pub target_domain: String,
    pub reason_code: String,
    pub reason: String,
}

//! Events of the gate: decisions that are not an allow, approvals, egress, and how the owner set it.

use crate::gate::Zone;
use crate::gate::approval::{Reach, Verdict};
use crate::gate::policy::{Decision, Mode};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;
use std::collections::BTreeMap;

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
    /// What was asked for, so that the event tells it alone; older events do not say.
    pub action: Option<String>,
    pub target: Option<String>,
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
    /// What was asked for, as in [`ApprovalDecided`].
    pub action: Option<String>,
    pub target: Option<String>,
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
    /// Signalbox itself is to send it, once the gate has allowed it.
    pub perform: Option<bool>,
    /// Headers of a request that is to be performed; secrets in them are references.
    pub headers: Option<BTreeMap<String, String>>,
    /// What an approval of a request that is to be performed covers, `sha256:<hex>`.
    pub payload_digest: Option<String>,
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

/// A request is about to be sent: from here on nobody else knows whether it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EgressStarted {
    pub egress_request_id: String,
    pub target_domain: String,
}

/// What is known of a request that was sent. Sizes are of bodies, in bytes.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EgressOutcome {
    /// Status of the answer.
    pub http_status: Option<u16>,
    /// The address that was checked and connected to.
    pub address: Option<String>,
    pub request_bytes: Option<u64>,
    pub response_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
    pub response_headers: Option<BTreeMap<String, String>>,
    /// Body of the answer as it is kept, `sha256:<hex>`: its name and its digest.
    pub response_blob: Option<String>,
    /// Secrets in the answer were masked before it was kept.
    pub masked: Option<bool>,
}

/// Whether a request that failed was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Nothing was sent.
    No,
    /// It was sent in part or whole; whether it had its effect is not known.
    Unknown,
    /// It was sent, and an answer began.
    Yes,
}

/// The other side has answered, whatever the status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EgressPerformed {
    pub egress_request_id: String,
    pub target_domain: String,
    #[serde(flatten)]
    pub outcome: EgressOutcome,
}

/// There is no answer, or none that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EgressFailed {
    pub egress_request_id: String,
    pub target_domain: String,
    pub code: String,
    pub message: String,
    pub sent: Sent,
    #[serde(flatten)]
    pub outcome: EgressOutcome,
}

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

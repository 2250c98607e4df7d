//! The catalogue of events: every type that the log may hold, with its data.
//!
//! An event says what happened, never what should be done about it. A type, once written, keeps
//! its meaning for ever; a changed meaning is a new type or a new `event_version`.

mod authority;
mod board;
mod broker;
mod data;
mod gate;
mod incident;
mod review;

pub use authority::*;
pub use board::*;
pub use broker::*;
pub use data::*;
pub use gate::*;
pub use incident::*;
pub use review::*;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

macro_rules! catalogue {
    ($($name:literal => $variant:ident),+ $(,)?) => {
        /// One event's type and data.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($variant($variant),)+
            /// A type that this version does not know: kept, shown, not projected.
            Unknown { event_type: String, data: Value },
        }

        impl Event {
            /// Every type in the catalogue.
            pub const TYPES: &'static [&'static str] = &[$($name),+];

            pub fn event_type(&self) -> &str {
                match self {
                    $(Event::$variant(_) => $name,)+
                    Event::Unknown { event_type, .. } => event_type,
                }
            }

            /// The `data` member as it is stored and hashed.
            pub fn data(&self) -> Value {
                match self {
                    // Plain structs of strings, numbers and values always serialise.
                    $(Event::$variant(data) => serde_json::to_value(data).unwrap_or(Value::Null),)+
                    Event::Unknown { data, .. } => data.clone(),
                }
            }

            /// Reads an event back from the log. Data that does not fit its type is `Unknown`.
            pub fn decode(event_type: &str, data: Value) -> Self {
                match event_type {
                    $($name => match $variant::deserialize(&data) {
                        Ok(data) => Event::$variant(data),
                        Err(_) => Event::Unknown { event_type: event_type.to_owned(), data },
                    },)+
                    _ => Event::Unknown { event_type: event_type.to_owned(), data },
                }
            }
        }

        $(impl From<$variant> for Event {
            fn from(data: $variant) -> Self {
                Event::$variant(data)
            }
        })+
    };
}

catalogue! {
    "room.created" => RoomCreated,
    "thread.created" => ThreadCreated,
    "message.created" => MessageCreated,
    "run.created" => RunCreated,
    "run.claimed" => RunClaimed,
    "run.started" => RunStarted,
    "run.waiting" => RunWaiting,
    "run.approved" => RunApproved,
    "run.lease.released" => RunLeaseReleased,
    "run.lease.expired" => RunLeaseExpired,
    "run.cancel.requested" => RunCancelRequested,
    "run.completed" => RunCompleted,
    "run.failed" => RunFailed,
    "run.cancelled" => RunCancelled,
    "step.created" => StepCreated,
    "tool.invoked" => ToolInvoked,
    "tool.output" => ToolOutput,
    "tool.succeeded" => ToolSucceeded,
    "tool.failed" => ToolFailed,
    "artifact.created" => ArtifactCreated,
    "event.redacted" => EventRedacted,
    "secret.leaked.detected" => SecretLeakedDetected,
    "engine.registered" => EngineRegistered,
    "engine.token.issued" => EngineTokenIssued,
    "engine.token.revoked" => EngineTokenRevoked,
    "engine.deactivated" => EngineDeactivated,
    "agent.registered" => AgentRegistered,
    "agent.quarantined" => AgentQuarantined,
    "agent.unquarantined" => AgentUnquarantined,
    "agent.capability.granted" => CapabilityGranted,
    "agent.capability.revoked" => CapabilityRevoked,
    "agent.delegation.attempted" => DelegationAttempted,
    "policy.denied" => PolicyDenied,
    "policy.requires_approval" => PolicyRequiresApproval,
    "policy.kill_switch.changed" => KillSwitchChanged,
    "policy.mode.changed" => PolicyModeChanged,
    "approval.requested" => ApprovalRequested,
    "approval.joined" => ApprovalJoined,
    "approval.decided" => ApprovalDecided,
    "approval.consumed" => ApprovalConsumed,
    "approval.expired" => ApprovalExpired,
    "egress.requested" => EgressRequested,
    "egress.allowed" => EgressAllowed,
    "egress.blocked" => EgressBlocked,
    "egress.request.started" => EgressStarted,
    "egress.request.performed" => EgressPerformed,
    "egress.request.failed" => EgressFailed,
    "quota.exceeded" => QuotaExceeded,
    "resource.labelled" => ResourceLabelled,
    "data.access.denied" => DataAccessDenied,
    "data.access.purpose_hint_mismatch" => DataAccessPurposeHintMismatch,
    "data.access.justified" => DataAccessJustified,
    "data.access.unjustified" => DataAccessUnjustified,
    "evidence.manifest.created" => EvidenceManifestCreated,
    "experiment.created" => ExperimentCreated,
    "experiment.updated" => ExperimentUpdated,
    "experiment.closed" => ExperimentClosed,
    "scorecard.recorded" => ScorecardRecorded,
    "incident.opened" => IncidentOpened,
    "incident.rca.updated" => IncidentRcaUpdated,
    "incident.learning.logged" => IncidentLearningLogged,
    "incident.closed" => IncidentClosed,
    "channel.message.published" => ChannelMessagePublished,
    "task.created" => TaskCreated,
    "task.claimed" => TaskClaimed,
    "task.updated" => TaskUpdated,
    "task.done" => TaskDone,
    "task.abandoned" => TaskAbandoned,
    "task.interrupted" => TaskInterrupted,
    "task.lease.expired" => TaskLeaseExpired,
    "topic.locked" => TopicLocked,
    "topic.unlocked" => TopicUnlocked,
    "topic.granted" => TopicGranted,
    "topic.revoked" => TopicRevoked,
    "topic.advertised" => TopicAdvertised,
    "topic.withdrawn" => TopicWithdrawn,
    "topic.key.issued" => TopicKeyIssued,
    "topic.key.revoked" => TopicKeyRevoked,
    "topic.app.created" => TopicAppCreated,
    "topic.app.deleted" => TopicAppDeleted,
    "topic.public_key.added" => TopicPublicKeyAdded,
    "topic.public_key.removed" => TopicPublicKeyRemoved,
    "topic.claim.requested" => TopicClaimRequested,
    "topic.claim.confirmed" => TopicClaimConfirmed,
    "topic.claim.refused" => TopicClaimRefused,
    "topic.claim.used" => TopicClaimUsed,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomCreated {
    pub title: String,
    pub topic: Option<String>,
    pub room_mode: String,
    pub default_lang: String,
    pub tool_policy_ref: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadCreated {
    pub title: String,
    pub status: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageCreated {
    pub message_id: String,
    pub sender_type: String,
    pub sender_id: String,
    pub content_md: String,
    pub lang: String,
    pub parent_message_id: Option<String>,
    pub labels: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunCreated {
    pub run_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: Option<String>,
    pub title: Option<String>,
    pub goal: Option<String>,
    pub input: Option<Value>,
    pub tags: Option<Value>,
    pub observed: Option<bool>,
}

/// An attempt took the lease. `engine_id` is absent when the run is observed by its reporter.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunClaimed {
    pub run_id: String,
    pub attempt_no: u32,
    pub engine_id: Option<String>,
    pub actor_id: String,
    pub lease_seconds: i64,
    /// What allows its command, when the owner did not ask for it.
    pub approval_id: Option<String>,
}

/// The run waits for the owner: nobody may claim it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunWaiting {
    pub run_id: String,
    pub approval_id: String,
}

/// What the run needs has been approved: it may be claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunApproved {
    pub run_id: String,
    pub approval_id: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    pub run_id: String,
}

/// The holder gave the run back; it is queued again.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunLeaseReleased {
    pub run_id: String,
    pub attempt_no: u32,
    pub reason: String,
}

/// The holder fell silent; the run is queued again.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunLeaseExpired {
    pub run_id: String,
    pub attempt_no: u32,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunCancelRequested {
    pub run_id: String,
    pub reason: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunCompleted {
    pub run_id: String,
    pub summary: Option<String>,
    pub output: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFailed {
    pub run_id: String,
    pub message: Option<String>,
    pub error: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunCancelled {
    pub run_id: String,
    pub reason: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepCreated {
    pub step_id: String,
    pub kind: String,
    pub title: Option<String>,
    pub input: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolInvoked {
    pub tool_call_id: String,
    pub tool_name: String,
    pub title: Option<String>,
    pub input: Option<Value>,
}

/// A chunk of live output; `offset_bytes` is its place in that stream of the tool call.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    pub tool_call_id: String,
    pub stream: OutputStream,
    pub offset_bytes: u64,
    pub text: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSucceeded {
    pub tool_call_id: String,
    pub output: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolFailed {
    pub tool_call_id: String,
    pub message: Option<String>,
    pub error: Option<Value>,
    pub output: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactCreated {
    pub artifact_id: String,
    pub kind: String,
    pub title: Option<String>,
    pub mime_type: Option<String>,
    pub size_bytes: Option<u64>,
    pub sha256: Option<String>,
    pub content: Option<ArtifactContent>,
    pub metadata: Option<Value>,
}

/// Marks an event whose data was masked when it was appended.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRedacted {
    pub target_event_id: String,
    pub reason: String,
    pub intended_redaction_level: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretLeakedDetected {
    pub source_event_id: String,
    pub source_event_type: String,
    pub scanner_version: String,
    pub match_count: u32,
    pub rule_ids: Vec<String>,
    pub matches: Vec<SecretMatch>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretMatch {
    pub rule_id: String,
    pub match_preview: String,
}

/// Which of its two streams a tool call wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    Stdout,
    Stderr,
}

/// What an artifact holds. `blob` is `sha256:<hex>` of content that has been stored before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ArtifactContent {
    None,
    Text { text: String },
    Json { json: Value },
    Uri { uri: String },
    Blob { blob: String },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_round_trips_and_leaves_absent_members_out() {
        let event = Event::from(RunFailed {
            run_id: "run_1".into(),
            message: None,
            error: None,
        });
        assert_eq!(event.data(), json!({"run_id": "run_1"}));
        assert_eq!(Event::decode("run.failed", event.data()), event);
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        for (event_type, data) in [
            ("later.thing", json!({"a": 1})),
            ("run.started", json!({"run": 1})),
        ] {
            let event = Event::decode(event_type, data.clone());
            assert!(matches!(event, Event::Unknown { .. }), "{event_type}");
            assert_eq!((event.event_type(), event.data()), (event_type, data));
        }
    }
}

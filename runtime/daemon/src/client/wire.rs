//! The parts of the runtime's answers that its own clients read. Members that they do not use are
//! left out: an older client keeps working when answers grow.

use kernel::runs::CommandLine;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct WhoAmI {
    pub principal_type: String,
    pub workspace_id: String,
    #[serde(default)]
    pub is_owner: bool,
}

#[derive(Debug, Deserialize)]
pub struct SessionCode {
    pub url: String,
}

#[derive(Debug, Deserialize)]
pub struct StoredBlob {
    pub blob: String,
}

/// A message of the board, as far as going on after it needs.
#[derive(Debug, Deserialize)]
pub struct MessageId {
    pub id: String,
}

/// A file of the board.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredFile {
    pub hash: String,
    /// Bytes.
    pub size: u64,
    /// What the content looks like.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Room {
    pub room_id: String,
    pub title: String,
    pub topic: Option<String>,
    pub head_seq: Option<u64>,
    pub last_event_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Rooms {
    pub rooms: Vec<Room>,
}

#[derive(Debug, Deserialize)]
pub struct RoomAnswer {
    pub room: Room,
}

#[derive(Debug, Deserialize)]
pub struct CreatedRoom {
    pub room_id: String,
}

/// An event, as lists and streams show it.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    pub event_type: String,
    pub occurred_at: String,
    pub actor_type: String,
    pub actor_id: String,
    pub room_id: Option<String>,
    pub run_id: Option<String>,
    pub position: u64,
    #[serde(default)]
    pub data: Value,
}

#[derive(Debug, Deserialize)]
pub struct Events {
    pub events: Vec<Event>,
    pub next_cursor: Option<String>,
}

/// An observed run, leased to whoever reports it.
#[derive(Debug, Deserialize)]
pub struct ObservedRun {
    pub run_id: String,
    pub claim_token: String,
}

#[derive(Debug, Deserialize)]
pub struct Claimed {
    pub run: Option<ClaimedRun>,
}

/// A run that a worker holds, and what it is to do with it.
#[derive(Debug, Deserialize)]
pub struct ClaimedRun {
    pub run_id: String,
    pub claim_token: String,
    /// Position of the claim in the log.
    pub claimed_position: u64,
    pub attempt_no: u32,
    pub title: Option<String>,
    pub execution: Execution,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Execution {
    Command {
        command: CommandLine,
    },
    /// A request, as the gate takes it.
    Egress {
        request: Value,
    },
    Noop,
    Refused {
        reason: String,
    },
}

/// An answer of the gate.
#[derive(Clone, Debug, Deserialize)]
pub struct Ruling {
    /// `allow`, `deny` or `require_approval`.
    pub decision: String,
    pub reason_code: String,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub blocked: bool,
    pub approval_id: Option<String>,
}

/// The answer to a tool call: it is made, or it is not allowed.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Invocation {
    Made(CreatedToolCall),
    Ruled(Ruling),
}

/// The answer to a request that would leave this machine.
#[derive(Clone, Debug, Deserialize)]
pub struct EgressAnswer {
    pub egress_request_id: String,
    #[serde(flatten)]
    pub ruling: Ruling,
}

/// A request that the runtime performs, and how far it has come.
#[derive(Clone, Debug, Deserialize)]
pub struct PerformedEgress {
    pub egress_request_id: String,
    pub policy_decision: Option<String>,
    pub policy_reason_code: Option<String>,
    pub approval_id: Option<String>,
    #[serde(default)]
    pub progress: Option<String>,
    #[serde(default)]
    pub outcome: Option<Value>,
}

impl PerformedEgress {
    pub fn has_ended(&self) -> bool {
        matches!(self.progress.as_deref(), Some("performed" | "failed"))
    }
}

#[derive(Debug, Deserialize)]
pub struct EgressRequestAnswer {
    pub request: PerformedEgress,
}

#[derive(Debug, Deserialize)]
pub struct EgressRequests {
    pub requests: Vec<PerformedEgress>,
}

#[derive(Debug, Deserialize)]
pub struct Heartbeat {
    #[serde(default)]
    pub cancel_requested: bool,
    /// The kill switch is on.
    #[serde(default)]
    pub kill_switch: bool,
}

#[derive(Debug, Deserialize)]
pub struct CreatedStep {
    pub step_id: String,
}

#[derive(Debug, Deserialize)]
pub struct CreatedToolCall {
    pub tool_call_id: String,
}

#[derive(Debug, Deserialize)]
pub struct AcceptedOutput {
    #[serde(default)]
    pub truncated: bool,
}

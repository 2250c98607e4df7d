//! Events of the board: what was published to a channel, and what became of a task. Which channel, the
//! stream says; who, the actor; and the id of the message is the place of the event in the log.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelMessagePublished {
    /// The sender's own word, free of form: `task.error`, `msg.human`.
    #[serde(rename = "type")]
    pub message_type: String,
    /// Version of the type, if the sender says one.
    pub v: Option<i64>,
    pub body: Value,
    pub files: Option<Vec<String>>,
    pub reply_to: Option<String>,
    pub extra: Option<Map<String, Value>>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskCreated {
    pub task_id: String,
    pub title: String,
    pub context: Option<Value>,
    /// Who it is meant for; anybody may claim it.
    #[serde(rename = "for")]
    pub assigned_to: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskClaimed {
    pub task_id: String,
    pub title: String,
    pub attempt: u32,
    /// Seconds that the claim lasts without a heartbeat; absent is for ever.
    pub lease_s: Option<u32>,
}

/// Progress, in the words of whoever tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskUpdated {
    pub task_id: String,
    pub update: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskDone {
    pub task_id: String,
    pub title: String,
    pub result: Value,
    pub files: Vec<String>,
}

/// Its holder gave it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskAbandoned {
    pub task_id: String,
    pub title: String,
}

/// Somebody asks its holder to stop.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskInterrupted {
    pub task_id: String,
    pub title: String,
    pub reason: Option<Value>,
}

/// Its holder fell silent: it is open again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskLeaseExpired {
    pub task_id: String,
    pub title: String,
    pub attempt: u32,
    pub holder: String,
}

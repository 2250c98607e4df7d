//! Events of the event bus: who topics are open to, and by which keys their owners speak. What is published
//! is a message of the topic's channel. Keys go by their ids; what they are is never an event.

use crate::broker::Principal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicLocked {
    pub channel: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicUnlocked {
    pub channel: String,
}

/// Somebody may read a topic, also while it is closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicGranted {
    pub channel: String,
    pub principal: Principal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicRevoked {
    pub channel: String,
    pub principal: Principal,
}

/// What a topic is for, and what every payload is like from now on.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicAdvertised {
    pub channel: String,
    pub description: Option<String>,
    pub schema: Option<Value>,
}

/// That is not said any more, nor asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicWithdrawn {
    pub channel: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicKeyIssued {
    pub key_id: String,
    pub principal: Principal,
    pub key_name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicKeyRevoked {
    pub key_id: String,
    pub principal: Principal,
    pub key_name: String,
}

//! Events of the event bus: who topics are open to, and by which keys their owners speak. What is published
//! is a message of the topic's channel. Keys go by their ids; what they are is never an event.

use crate::broker::{AppOwner, Principal};
use crate::time::Timestamp;
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

/// An app is there, and who governs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicAppCreated {
    pub app: String,
    pub owner: AppOwner,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicAppDeleted {
    pub app: String,
}

/// An agent signs in with this key from now on, and not with the one before of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPublicKeyAdded {
    pub principal: Principal,
    pub key_name: String,
    /// In the form of OpenSSH, without a comment.
    pub public_key: String,
    /// `SHA256:…`
    pub fingerprint: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPublicKeyRemoved {
    pub principal: Principal,
    pub key_name: String,
}

/// Somebody without a key asks for one by this name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicClaimRequested {
    pub claim_id: String,
    pub principal: Principal,
    /// What the person compares with what whoever asks was told. No secret.
    pub signature: String,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicClaimConfirmed {
    pub claim_id: String,
    /// Until when the key may be fetched.
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicClaimRefused {
    pub claim_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicClaimUsed {
    pub claim_id: String,
    /// The key that it was given for.
    pub key_id: String,
}

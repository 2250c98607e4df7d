//! Events of resources: how the owner labelled them, and what of an access is worth knowing.

use crate::gate::label::Label;
use crate::gate::policy::{Decision, Mode};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// The label that a resource has from now on.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceLabelled {
    pub resource_type: String,
    pub resource_id: String,
    pub label: Label,
    /// The only room that may touch it, when it is restricted.
    pub room_id: Option<String>,
    pub purpose_tags: Vec<String>,
}

/// An access, with the label that the resource had then and what was decided.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataAccessed {
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    pub resolved_label: Label,
    pub resolved_room_id: Option<String>,
    pub resolved_purpose_tags: Vec<String>,
    pub request_purpose_tags: Vec<String>,
    pub justification_provided: bool,
    /// Why it is needed all the same, as the requester said.
    pub justification: Option<String>,
    pub decision: Decision,
    pub reason_code: String,
    pub blocked: bool,
    pub enforcement_mode: Mode,
    pub capability_token_id: Option<String>,
}

/// The gate denied it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataAccessDenied(pub DataAccessed);

/// What it was asked for is not what the resource is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataAccessPurposeHintMismatch(pub DataAccessed);

/// The same of a sensitive resource, and the requester said why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataAccessJustified(pub DataAccessed);

/// The same of a sensitive resource, and the requester did not say why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataAccessUnjustified(pub DataAccessed);

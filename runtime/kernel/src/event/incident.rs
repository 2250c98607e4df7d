//! Events of incidents: something went wrong, why, what was learned from it, and that it is done with.

use crate::incidents::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentOpened {
    pub incident_id: String,
    pub category: Option<String>,
    pub title: String,
    pub summary: Option<String>,
    pub severity: Severity,
    pub run_id: Option<String>,
    /// What it is about, when that is no run: `approval`, `thread`, a word of the opener's own.
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
    pub details: Option<Value>,
}

/// The root cause analysis, whole: it replaces the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentRcaUpdated {
    pub incident_id: String,
    pub rca: Rca,
}

/// At least one member is there.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rca {
    pub summary: Option<String>,
    pub analysis: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentLearningLogged {
    pub incident_id: String,
    pub learning_id: String,
    pub note: String,
    pub tags: Vec<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentClosed {
    pub incident_id: String,
    pub reason: Option<String>,
}

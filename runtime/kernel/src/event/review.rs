//! Events of the review of work: the evidence of runs, experiments and scorecards.

use crate::review::{ExperimentStatus, Metric, RiskTier, Verdict};
use crate::state::RunStatus;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use serde_with::skip_serializing_none;

/// What the log holds of a run that has ended, and the hashes that prove it.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceManifestCreated {
    pub evidence_id: String,
    pub run_id: String,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    pub correlation_id: String,
    pub run_status: RunStatus,
    pub manifest: Value,
    pub manifest_hash: String,
    pub event_hash_root: String,
    pub stream_type: String,
    pub stream_id: String,
    pub from_seq: u64,
    pub to_seq: u64,
    pub event_count: u64,
    pub finalized_at: Timestamp,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentCreated {
    pub experiment_id: String,
    pub title: String,
    pub hypothesis: String,
    pub success_criteria: Option<Value>,
    pub stop_conditions: Option<Value>,
    pub budget_cap_units: Number,
    pub risk_tier: RiskTier,
    pub metadata: Option<Value>,
}

/// Only what was changed.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExperimentUpdated {
    pub experiment_id: String,
    pub title: Option<String>,
    pub hypothesis: Option<String>,
    pub success_criteria: Option<Value>,
    pub stop_conditions: Option<Value>,
    pub budget_cap_units: Option<Number>,
    pub risk_tier: Option<RiskTier>,
    pub metadata: Option<Value>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentClosed {
    pub experiment_id: String,
    pub status: ExperimentStatus,
    pub reason: Option<String>,
}

/// How something was judged, by which measure.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorecardRecorded {
    pub scorecard_id: String,
    pub experiment_id: Option<String>,
    pub run_id: Option<String>,
    pub evidence_id: Option<String>,
    pub agent_id: Option<String>,
    pub principal_id: Option<String>,
    pub template_key: String,
    pub template_version: String,
    pub metrics: Vec<Metric>,
    pub metrics_hash: String,
    pub score: f64,
    pub decision: Verdict,
    pub rationale: Option<String>,
    pub metadata: Option<Value>,
}

//! The review of work: the evidence that a run leaves, experiments that runs belong to, scorecards
//! that judge them, and the stage of the pipeline that all of it amounts to.

mod evidence;
mod experiment;
mod scorecard;
mod stage;

pub use evidence::{
    EVIDENCE_KEY_PREFIX, EventPointer, Evidence, FinalizeEvidence, Listed, RunParts, evidence_id,
    finalize_evidence,
};
pub use experiment::{
    CloseExperiment, CreateExperiment, Experiment, ExperimentStatus, RiskTier, UpdateExperiment,
    close_experiment, create_experiment, find_experiment, update_experiment,
};
pub use scorecard::{Metric, RecordScorecard, Verdict, record_scorecard};
pub use stage::{Diagnostic, Entity, EvidenceFact, Facts, Placed, RunFact, ScorecardFact, Stage};

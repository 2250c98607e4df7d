//! The part of the reference that the review of work is about.

use crate::world::World;
use kernel::event::{EvidenceManifestCreated, ExperimentCreated};
use kernel::review::{Evidence, Experiment, ExperimentStatus};
use kernel::{Draft, chain::EventHash};
use sha2::{Digest, Sha256};

impl World {
    /// The hash of an event, which here is of nothing but its id.
    pub fn hash(event_id: &str) -> EventHash {
        Sha256::digest(event_id).into()
    }

    pub fn proven(&mut self, draft: &Draft, data: &EvidenceManifestCreated) {
        assert!(self.runs[&data.run_id].status.has_ended(), "{data:?}");
        let evidence = Evidence {
            evidence_id: data.evidence_id.clone(),
            workspace_id: draft.scope.workspace_id.clone(),
            run_id: data.run_id.clone(),
        };
        let before = self.evidence.insert(data.evidence_id.clone(), evidence);
        assert_eq!(before, None, "a run has one manifest");
    }

    pub fn proposed(&mut self, id: &str, draft: &Draft, data: &ExperimentCreated) {
        let experiment = Experiment {
            experiment_id: data.experiment_id.clone(),
            scope: draft.scope.clone(),
            status: ExperimentStatus::Open,
            correlation_id: draft.correlation_id.clone().unwrap_or(id.to_owned()),
            last_event_id: id.to_owned(),
        };
        let experiment_id = data.experiment_id.clone();
        assert!(self.experiments.insert(experiment_id, experiment).is_none());
    }

    pub fn experiment_mut(&mut self, experiment_id: &str, id: &str, to: Option<ExperimentStatus>) {
        let experiment = self.experiments.get_mut(experiment_id).unwrap();
        assert_eq!(experiment.status, ExperimentStatus::Open, "it is over");
        experiment.last_event_id = id.to_owned();
        experiment.status = to.unwrap_or(experiment.status);
    }
}

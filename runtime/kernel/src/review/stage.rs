//! The pipeline: six stages from idea to verdict, and in which of them something is.

use super::experiment::ExperimentStatus;
use super::scorecard::Verdict;
use crate::state::RunStatus;
use serde::Serialize;

/// A column of the pipeline, in the order in which work passes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Inbox,
    PendingApproval,
    ExecuteWorkspace,
    ReviewEvidence,
    Promoted,
    Demoted,
}

impl Stage {
    pub const ALL: [Stage; 6] = [
        Stage::Inbox,
        Stage::PendingApproval,
        Stage::ExecuteWorkspace,
        Stage::ReviewEvidence,
        Stage::Promoted,
        Stage::Demoted,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Inbox => "1_inbox",
            Stage::PendingApproval => "2_pending_approval",
            Stage::ExecuteWorkspace => "3_execute_workspace",
            Stage::ReviewEvidence => "4_review_evidence",
            Stage::Promoted => "5_promoted",
            Stage::Demoted => "6_demoted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

/// Why something is where it is, when that is not what anybody meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnostic {
    MissingData,
    GhostEvidenceOrMismatch,
    UnmatchedState,
}

impl Diagnostic {
    pub fn as_str(self) -> &'static str {
        match self {
            Diagnostic::MissingData => "missing_data",
            Diagnostic::GhostEvidenceOrMismatch => "ghost_evidence_or_mismatch",
            Diagnostic::UnmatchedState => "unmatched_state",
        }
    }
}

/// What an item of the pipeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    Experiment,
    Run,
    Approval,
    Scorecard,
}

impl Entity {
    pub const ALL: [Entity; 4] = [
        Entity::Approval,
        Entity::Experiment,
        Entity::Run,
        Entity::Scorecard,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Entity::Experiment => "experiment",
            Entity::Run => "run",
            Entity::Approval => "approval",
            Entity::Scorecard => "scorecard",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.as_str() == text)
    }
}

/// Where the run of an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFact {
    Queued,
    /// Queued, and nobody may claim it before the owner has approved: not yet work to execute.
    Waiting,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl RunFact {
    pub fn new(status: RunStatus, waits: bool) -> Self {
        match status {
            RunStatus::Queued if waits => RunFact::Waiting,
            RunStatus::Queued => RunFact::Queued,
            RunStatus::Running => RunFact::Running,
            RunStatus::Succeeded => RunFact::Succeeded,
            RunStatus::Failed => RunFact::Failed,
            RunStatus::Cancelled => RunFact::Cancelled,
        }
    }

    fn has_ended(self) -> bool {
        matches!(
            self,
            RunFact::Succeeded | RunFact::Failed | RunFact::Cancelled
        )
    }
}

/// What the newest scorecard of an item says, and whether it is of the run and the evidence that the
/// item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScorecardFact {
    pub verdict: Verdict,
    pub matches: bool,
}

/// The evidence of the run of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceFact {
    Absent,
    UnderReview,
    Accepted,
    Rejected,
}

/// All that the stage of an item depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub entity: Entity,
    /// It has its identifiers, a correlation and a time.
    pub is_whole: bool,
    pub incident_is_open: bool,
    pub run: Option<RunFact>,
    pub scorecard: Option<ScorecardFact>,
    pub evidence: EvidenceFact,
    /// An approval of it is pending or held.
    pub approval_waits: bool,
    /// The experiment that it is, or belongs to.
    pub experiment: Option<ExperimentStatus>,
}

/// Where an item is, and what is odd about it.
pub type Placed = (Stage, Option<Diagnostic>);

impl Facts {
    /// The stage; the first rule that fits decides. `None`: the item is not shown, as its experiment
    /// is over. What still goes on, or waits for the owner, is never hidden by that.
    pub fn place(&self) -> Option<Placed> {
        (!self.is_over()).then(|| self.resolve())
    }

    fn is_over(&self) -> bool {
        let closed = matches!(
            self.experiment,
            Some(ExperimentStatus::Closed | ExperimentStatus::Stopped)
        );
        let goes_on = self.approval_waits || self.run.is_some_and(|run| !run.has_ended());
        closed && (self.entity == Entity::Experiment || !goes_on)
    }

    fn resolve(&self) -> Placed {
        if !self.is_whole {
            return (Stage::Inbox, Some(Diagnostic::MissingData));
        }
        let failed = matches!(self.run, Some(RunFact::Failed | RunFact::Cancelled));
        let verdict = self.scorecard.map(|scorecard| scorecard.verdict);
        if self.incident_is_open || failed || verdict == Some(Verdict::Fail) {
            return (Stage::Demoted, None);
        }
        if self.evidence == EvidenceFact::Rejected {
            return (Stage::ExecuteWorkspace, None);
        }
        let succeeded = self.run == Some(RunFact::Succeeded);
        match self.scorecard {
            None if succeeded => return (Stage::ReviewEvidence, None),
            Some(scorecard) if scorecard.verdict == Verdict::Warn && succeeded => {
                return (Stage::ReviewEvidence, None);
            }
            Some(scorecard) if scorecard.verdict == Verdict::Pass => {
                let proven = self.evidence == EvidenceFact::Accepted && scorecard.matches;
                return match succeeded && proven {
                    true => (Stage::Promoted, None),
                    false => (
                        Stage::ReviewEvidence,
                        Some(Diagnostic::GhostEvidenceOrMismatch),
                    ),
                };
            }
            None | Some(_) => {}
        }
        if self.evidence == EvidenceFact::UnderReview {
            return (Stage::ReviewEvidence, None);
        }
        if matches!(self.run, Some(RunFact::Queued | RunFact::Running)) {
            return (Stage::ExecuteWorkspace, None);
        }
        if self.approval_waits {
            return (Stage::PendingApproval, None);
        }
        if self.experiment == Some(ExperimentStatus::Open) {
            return (Stage::Inbox, None);
        }
        (Stage::Inbox, Some(Diagnostic::UnmatchedState))
    }
}

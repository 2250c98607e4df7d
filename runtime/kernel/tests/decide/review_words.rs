//! The words of tables for the review of work.
//!
//! ```text
//! when local experiment x1 room=r1 budget=10 risk=low             -> experiment.created
//! then local judge s1 run=q1 metrics=[{"key":"a","value":0.8}]    -> scorecard.recorded
//! ```

use crate::gate_words::declared;
use crate::script::Args;
use kernel::Command;
use kernel::review::{
    CloseExperiment, CreateExperiment, FinalizeEvidence, RecordScorecard, UpdateExperiment,
};

pub fn command(verb: &str, args: &Args<'_>) -> Option<Command> {
    Some(match verb {
        "finalize" => Command::FinalizeEvidence(FinalizeEvidence { run_id: args.at(0) }),
        "experiment" => Command::CreateExperiment(CreateExperiment {
            experiment_id: args.at(0),
            room_id: args.named("room"),
            title: args.named("title").or(Some("experiment".into())),
            hypothesis: args.named("hypothesis").or(Some("it works".into())),
            success_criteria: args.json("success"),
            stop_conditions: args.json("stop"),
            budget_cap_units: args.json("budget"),
            risk_tier: args.named("risk"),
            metadata: args.json("metadata"),
            correlation_id: args.named("correlation"),
            creator: declared(args),
        }),
        "change" => Command::UpdateExperiment(UpdateExperiment {
            experiment_id: args.at(0),
            title: args.named("title"),
            hypothesis: args.named("hypothesis"),
            success_criteria: args.json("success"),
            stop_conditions: args.json("stop"),
            budget_cap_units: args.json("budget"),
            risk_tier: args.named("risk"),
            metadata: args.json("metadata"),
            editor: declared(args),
        }),
        "conclude" => Command::CloseExperiment(CloseExperiment {
            experiment_id: args.at(0),
            force: args.named("force").is_some(),
            reason: args.named("reason"),
            closer: declared(args),
        }),
        "judge" => Command::RecordScorecard(RecordScorecard {
            scorecard_id: args.at(0),
            template_key: args.named("template").or(Some("template".into())),
            template_version: args.named("version").or(Some("1".into())),
            metrics: args.json("metrics"),
            run_id: args.named("run"),
            evidence_id: args.named("evidence"),
            experiment_id: args.named("experiment"),
            agent_id: args.named("agent"),
            principal_id: args.named("principal"),
            requires_evidence: args.named("requires_evidence").is_some(),
            rationale: args.named("rationale"),
            metadata: args.json("metadata"),
            correlation_id: args.named("correlation"),
            judge: declared(args),
        }),
        _ => return None,
    })
}

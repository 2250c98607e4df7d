//! What can happen next, drawn at random, as commands.

use crate::gate_moves::{GateMove, gate_moves};
use crate::incident_moves::{IncidentMove, incident_moves};
use kernel::Command;
use kernel::event::OutputStream;
use kernel::limits::{APPROVAL_MS_DEFAULT, LEASE_MS};
use kernel::runs::{self, Outcome, ToolOutcome};
use proptest::bool::ANY;
use proptest::prelude::*;
use proptest::sample::Index;

/// What happens next. Indexes choose among what there is by then.
#[derive(Clone, Debug)]
pub enum Move {
    Wait(i64),
    Run {
        observed: bool,
    },
    /// A run that asks for a command.
    CommandRun,
    Start(Index),
    Claim,
    Extend(Index),
    Release(Index),
    End {
        run: Index,
        completed: bool,
    },
    Cancel(Index),
    Expire,
    Step(Index),
    Tool(Index),
    Output {
        call: Index,
        bytes: usize,
    },
    EndTool {
        call: Index,
        succeeded: bool,
    },
    Artifact(Index),
    Gate(GateMove),
    Incident(IncidentMove),
}

/// The claim token that a write shows.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    Newest,
    Stale,
    Forged,
    Nothing,
}

fn moves() -> impl Strategy<Value = Move> {
    let any = any::<Index>;
    prop_oneof![
        2 => prop_oneof![
            4 => 0..1_000i64,
            2 => Just(LEASE_MS / 2),
            2 => Just(LEASE_MS),
            1 => Just(APPROVAL_MS_DEFAULT),
        ]
        .prop_map(Move::Wait),
        3 => ANY.prop_map(|observed| Move::Run { observed }),
        1 => any().prop_map(Move::Start),
        5 => Just(Move::Claim),
        2 => any().prop_map(Move::Extend),
        1 => any().prop_map(Move::Release),
        2 => (any(), ANY).prop_map(|(run, completed)| Move::End { run, completed }),
        1 => any().prop_map(Move::Cancel),
        2 => Just(Move::Expire),
        4 => any().prop_map(Move::Step),
        4 => any().prop_map(Move::Tool),
        3 => (any(), prop_oneof![0..9usize, Just(16 * 1024)])
            .prop_map(|(call, bytes)| Move::Output { call, bytes }),
        2 => (any(), ANY)
            .prop_map(|(call, succeeded)| Move::EndTool { call, succeeded }),
        1 => any().prop_map(Move::Artifact),
        2 => Just(Move::CommandRun),
        14 => gate_moves().prop_map(Move::Gate),
        4 => incident_moves().prop_map(Move::Incident),
    ]
}

pub fn turns() -> impl Strategy<Value = Vec<(Move, &'static str, Shown)>> {
    let who = prop::sample::select(vec!["owner", "local", "E1", "E2", "E2@r2"]);
    let shown = prop_oneof![
        5 => Just(Shown::Newest),
        1 => Just(Shown::Stale),
        1 => Just(Shown::Forged),
        2 => Just(Shown::Nothing),
    ];
    prop::collection::vec((moves(), who, shown), 1..120)
}

impl Move {
    pub fn shows_a_token(&self) -> bool {
        !matches!(self, Move::Start(_) | Move::Cancel(_))
    }

    /// The command that addresses `id`, names what it creates `fresh` and shows `claim_token`.
    ///
    /// # Panics
    /// For moves that address nothing.
    pub fn command(&self, id: String, fresh: String, claim_token: Option<String>) -> Command {
        match self {
            Move::Wait(_)
            | Move::Run { .. }
            | Move::CommandRun
            | Move::Claim
            | Move::Expire
            | Move::Gate(_)
            | Move::Incident(_) => {
                panic!("{self:?} addresses nothing")
            }
            Move::Start(_) => Command::StartRun(runs::StartRun { run_id: id }),
            Move::Cancel(_) => Command::CancelRun(runs::CancelRun {
                run_id: id,
                reason: None,
            }),
            Move::Extend(_) => Command::ExtendLease(runs::ExtendLease {
                run_id: id,
                claim_token,
            }),
            Move::Release(_) => Command::ReleaseRun(runs::ReleaseRun {
                run_id: id,
                claim_token,
                waiting_approval_id: None,
            }),
            Move::End { completed, .. } => {
                let outcome = if *completed {
                    Outcome::Completed {
                        summary: None,
                        output: None,
                    }
                } else {
                    Outcome::Failed {
                        message: None,
                        error: None,
                    }
                };
                Command::EndRun(runs::EndRun {
                    run_id: id,
                    claim_token,
                    outcome,
                })
            }
            Move::Step(_) => Command::CreateStep(runs::CreateStep {
                step_id: fresh,
                run_id: id,
                claim_token,
                kind: Some("task".into()),
                ..Default::default()
            }),
            Move::Tool(_) => Command::InvokeTool(runs::InvokeTool {
                tool_call_id: fresh,
                step_id: id,
                claim_token,
                tool_name: Some("shell".into()),
                ..Default::default()
            }),
            Move::Artifact(_) => Command::CreateArtifact(runs::CreateArtifact {
                artifact_id: fresh,
                step_id: id,
                claim_token,
                kind: Some("report".into()),
                ..Default::default()
            }),
            Move::Output { bytes, .. } => Command::AddToolOutput(runs::AddToolOutput {
                tool_call_id: id,
                claim_token,
                stream: OutputStream::Stdout,
                offset_bytes: 0,
                text: "x".repeat(*bytes),
            }),
            Move::EndTool { succeeded, .. } => {
                let outcome = if *succeeded {
                    ToolOutcome::Succeeded { output: None }
                } else {
                    ToolOutcome::Failed {
                        message: None,
                        error: None,
                        output: None,
                    }
                };
                Command::EndTool(runs::EndTool {
                    tool_call_id: id,
                    claim_token,
                    outcome,
                })
            }
        }
    }
}

//! The gate: who may ask for what. Every command passes here before it is decided; the only way
//! to a [`Permit`] is to be let through.

pub mod approval;
pub mod capability;
pub mod data_access;
pub mod egress;
pub mod evaluate;
pub mod label;
mod place;
pub mod policy;
pub mod question;
pub mod registry;
pub mod ruling;
pub mod setting;
mod zone;

pub use place::{Declared, Place};
pub use zone::Zone;

use crate::actor::{Actor, Caller, OWNER_ACTOR_ID, SCANNER_ACTOR_ID, SYSTEM_ACTOR_ID};
use crate::command::{Command, Context, Refusal};
use crate::reject::Reject;
use crate::state::State;

/// The workspace of callers that name none, and the only one open to callers without a token.
pub const DEFAULT_WORKSPACE_ID: &str = "ws_dev";

/// Proof that the gate let one command through. Used up by deciding it.
#[derive(Debug)]
#[must_use]
pub struct Permit(());

/// Lets `command` through or says why not.
pub fn permit(caller: &Caller, workspace_id: &str, command: &Command) -> Result<Permit, Reject> {
    workspace(caller, workspace_id)?;
    match command {
        Command::RegisterEngine(_)
        | Command::IssueEngineToken(_)
        | Command::RevokeEngineToken(_)
        | Command::DeactivateEngine(_) => match caller {
            Caller::Owner | Caller::System => Ok(Permit(())),
            Caller::Engine(_) | Caller::Agent(_) | Caller::Local => Err(owner_only()),
        },
        // A key is the owner's to give; Signalbox does it in dev mode. An agent ends its own.
        Command::IssueTopicKey(_) | Command::RequestTopicClaim(_) => match caller {
            Caller::Owner | Caller::System => Ok(Permit(())),
            Caller::Engine(_) | Caller::Agent(_) | Caller::Local => Err(owner_only()),
        },
        // A claim that the owner has confirmed is fetched by whoever proves to have made it: the bus has looked.
        Command::UseTopicClaim(_) => match caller {
            Caller::System => Ok(Permit(())),
            Caller::Owner | Caller::Engine(_) | Caller::Agent(_) | Caller::Local => {
                Err(owner_only())
            }
        },
        Command::AddTopicPublicKey(_)
        | Command::RemoveTopicKey(_)
        | Command::DecideTopicClaim(_) => match caller {
            Caller::Owner => Ok(Permit(())),
            Caller::Engine(_) | Caller::Agent(_) | Caller::Local | Caller::System => {
                Err(owner_only())
            }
        },
        Command::RevokeTopicKey(_)
        | Command::CreateTopicApp(_)
        | Command::RotateTopicAppKey(_)
        | Command::DeleteTopicApp(_)
        | Command::LockTopic(_)
        | Command::UnlockTopic(_)
        | Command::GrantTopic(_)
        | Command::RevokeTopic(_)
        | Command::AdvertiseTopic(_)
        | Command::WithdrawTopic(_)
        | Command::RequestAccess(_) => match caller {
            Caller::Owner | Caller::Agent(_) => Ok(Permit(())),
            Caller::Engine(_) | Caller::Local | Caller::System => Err(owner_only()),
        },
        Command::PublishTopic(_) => match caller {
            Caller::Owner | Caller::Agent(_) | Caller::Local => Ok(Permit(())),
            Caller::Engine(_) | Caller::System => Err(owner_only()),
        },
        // Engines can prove who they are, and so which capability they hold.
        Command::GrantCapability(_) | Command::RevokeCapability(_) => match caller {
            Caller::Owner | Caller::Engine(_) => Ok(Permit(())),
            Caller::Agent(_) | Caller::Local | Caller::System => Err(owner_only()),
        },
        Command::ClaimRun(_) => match caller {
            Caller::Engine(_) => Ok(Permit(())),
            Caller::Owner | Caller::Agent(_) | Caller::Local | Caller::System => Err(Reject::new(
                crate::Kind::Unauthorized,
                "missing_engine_token",
                "Only an engine may claim runs.",
            )
            .hint(
                "Register an engine and send its token as x-engine-token or Authorization: Bearer.",
            )),
        },
        Command::ExpireLeases
        | Command::ExpireApprovals
        | Command::ExpireTaskLeases
        | Command::ReportStale(_) => match caller {
            Caller::System => Ok(Permit(())),
            Caller::Owner | Caller::Engine(_) | Caller::Agent(_) | Caller::Local => {
                Err(Reject::forbidden(
                    "internal_command",
                    "Signalbox looks at the clock by itself.",
                ))
            }
        },
        Command::StartEgress(_) | Command::EndEgress(_) | Command::InterruptEgress => {
            match caller {
                Caller::System => Ok(Permit(())),
                Caller::Owner | Caller::Engine(_) | Caller::Agent(_) | Caller::Local => Err(
                    Reject::forbidden("internal_command", "Signalbox performs requests by itself."),
                ),
            }
        }
        // Not even Signalbox itself: a decision is the owner's.
        Command::DecideApproval(_)
        | Command::RevokeApproval(_)
        | Command::SetKillSwitch(_)
        | Command::SetPolicyMode(_)
        | Command::QuarantineAgent(_)
        | Command::UnquarantineAgent(_)
        | Command::LabelResource(_)
        | Command::CloseIncident(_) => match caller {
            Caller::Owner => Ok(Permit(())),
            Caller::Engine(_) | Caller::Agent(_) | Caller::Local | Caller::System => {
                Err(owner_only())
            }
        },
        Command::CreateRoom(_)
        | Command::CreateThread(_)
        | Command::PostMessage(_)
        | Command::CreateRun(_)
        | Command::StartRun(_)
        | Command::ExtendLease(_)
        | Command::ReleaseRun(_)
        | Command::EndRun(_)
        | Command::CancelRun(_)
        | Command::CreateStep(_)
        | Command::InvokeTool(_)
        | Command::AddToolOutput(_)
        | Command::EndTool(_)
        | Command::CreateArtifact(_)
        | Command::RegisterAgent(_)
        | Command::RequestApproval(_)
        | Command::EvaluatePolicy(_)
        | Command::RequestEgress(_)
        | Command::RequestDataAccess(_)
        | Command::FinalizeEvidence(_)
        | Command::CreateExperiment(_)
        | Command::UpdateExperiment(_)
        | Command::CloseExperiment(_)
        | Command::RecordScorecard(_)
        | Command::OpenIncident(_)
        | Command::UpdateRca(_)
        | Command::LogLearning(_)
        | Command::PublishMessage(_)
        | Command::CreateTask(_)
        | Command::ClaimTask(_)
        | Command::ExtendTaskLease(_)
        | Command::UpdateTask(_)
        | Command::CompleteTask(_)
        | Command::AbandonTask(_)
        | Command::InterruptTask(_)
        | Command::AnnouncePresence(_) => match caller {
            Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => Ok(Permit(())),
            Caller::Agent(_) => Err(topics_only()),
        },
    }
}

/// Whether `caller` may act in, or read, this workspace.
pub fn workspace(caller: &Caller, workspace_id: &str) -> Result<(), Reject> {
    let allowed = match caller {
        Caller::Owner | Caller::System => true,
        Caller::Engine(engine) => engine.workspace_id == workspace_id,
        Caller::Agent(_) | Caller::Local => workspace_id == DEFAULT_WORKSPACE_ID,
    };
    if allowed {
        return Ok(());
    }
    Err(Reject::forbidden(
        "workspace_forbidden",
        format!("This caller may not use the workspace {workspace_id:?}."),
    )
    .hint(format!(
        "Leave out x-workspace-id to use {DEFAULT_WORKSPACE_ID:?}, or send the owner's token."
    )))
}

/// The actor that an event names when its body declares one. A name is no proof: engines are always
/// themselves, and without a token nobody goes by the name of the owner, of a part of Signalbox or
/// of a registered engine. `field` is the member that names it.
pub fn declared_actor<S: State>(
    ctx: &Context,
    state: &S,
    field: &str,
    declared: Option<Actor>,
) -> Result<Actor, Refusal<S::Error>> {
    let Some(actor) = declared else {
        return Ok(ctx.caller.actor());
    };
    match &ctx.caller {
        Caller::Engine(_) | Caller::Agent(_) => Ok(ctx.caller.actor()),
        Caller::Owner | Caller::System => Ok(actor),
        Caller::Local if is_taken(ctx, state, &actor.actor_id)? => {
            let message = format!(
                "Without a token nobody may go by the name {:?}.",
                actor.actor_id
            );
            let reject = Reject::forbidden("actor_reserved", message)
                .hint("Use another name, or send the token of whoever has this one.");
            Err(Reject {
                field: Some(field.to_owned()),
                ..reject
            }
            .into())
        }
        Caller::Local => Ok(actor),
    }
}

/// Whether a name belongs to somebody who can prove it. Of whatever type: people read the name.
fn is_taken<S: State>(ctx: &Context, state: &S, actor_id: &str) -> Result<bool, Refusal<S::Error>> {
    let ours = [OWNER_ACTOR_ID, SYSTEM_ACTOR_ID, SCANNER_ACTOR_ID];
    if ours.iter().any(|name| actor_id.eq_ignore_ascii_case(name)) {
        return Ok(true);
    }
    if state.is_topic_principal(actor_id).map_err(Refusal::State)? {
        return Ok(true);
    }
    let engine = state.engine_by_actor(&ctx.workspace_id, actor_id);
    Ok(engine.map_err(Refusal::State)?.is_some())
}

/// The refusal of whoever shows a key of the event bus elsewhere.
fn topics_only() -> Reject {
    Reject::forbidden("topics_only", "A key of the event bus is for topics only.")
        .hint("Leave it out to act as a local caller.")
}

/// The refusal of everything that only the owner may do.
pub fn owner_only() -> Reject {
    Reject::forbidden("owner_only", "Only the owner may do this.")
        .hint("Use the Signalbox window, or a browser opened with `signalbox open`.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{AgentIdentity, EngineIdentity};
    use crate::{board, broker, engines, incidents, rooms, runs};

    fn callers() -> [(&'static str, Caller); 5] {
        let engine = EngineIdentity {
            engine_id: "eng_1".into(),
            actor_id: "builder".into(),
            workspace_id: DEFAULT_WORKSPACE_ID.into(),
            token_id: "engtok_1".into(),
            scopes: engines::scopes_by_default(),
        };
        let agent = AgentIdentity {
            principal: broker::Principal::Agent("bob".into()),
            key_id: "ck_1".into(),
        };
        [
            ("owner", Caller::Owner),
            ("engine", Caller::Engine(engine)),
            ("local", Caller::Local),
            ("system", Caller::System),
            ("agent", Caller::Agent(agent)),
        ]
    }

    #[test]
    fn the_grid_of_who_may_do_what() {
        let commands = [
            (
                "post",
                Command::CreateRoom(rooms::CreateRoom::default()),
                "✔✔✔✔✘",
            ),
            (
                "claim",
                Command::ClaimRun(runs::ClaimRun::default()),
                "✘✔✘✘✘",
            ),
            ("expire", Command::ExpireLeases, "✘✘✘✔✘"),
            (
                "publish",
                Command::PublishMessage(board::PublishMessage::default()),
                "✔✔✔✔✘",
            ),
            (
                "claim a task",
                Command::ClaimTask(board::ClaimTask::default()),
                "✔✔✔✔✘",
            ),
            ("expire a claim", Command::ExpireTaskLeases, "✘✘✘✔✘"),
            (
                "register",
                Command::RegisterEngine(engines::RegisterEngine::default()),
                "✔✘✘✔✘",
            ),
            (
                "open an incident",
                Command::OpenIncident(incidents::OpenIncident::default()),
                "✔✔✔✔✘",
            ),
            (
                "close an incident",
                Command::CloseIncident(incidents::CloseIncident::default()),
                "✔✘✘✘✘",
            ),
            (
                "publish to a topic",
                Command::PublishTopic(broker::PublishTopic::default()),
                "✔✘✔✘✔",
            ),
            (
                "lock a topic",
                Command::LockTopic(broker::LockTopic::default()),
                "✔✘✘✘✔",
            ),
            (
                "fetch the key of a claim",
                Command::UseTopicClaim(broker::UseTopicClaim::default()),
                "✘✘✘✔✘",
            ),
            (
                "confirm a claim",
                Command::DecideTopicClaim(broker::DecideTopicClaim::default()),
                "✔✘✘✘✘",
            ),
            (
                "make an app",
                Command::CreateTopicApp(broker::CreateTopicApp::default()),
                "✔✘✘✘✔",
            ),
            (
                "issue a key",
                Command::IssueTopicKey(broker::IssueTopicKey::default()),
                "✔✘✘✔✘",
            ),
        ];
        for (name, command, expected) in commands {
            let row: String = callers()
                .iter()
                .map(|(_, caller)| {
                    if permit(caller, DEFAULT_WORKSPACE_ID, &command).is_ok() {
                        '✔'
                    } else {
                        '✘'
                    }
                })
                .collect();
            assert_eq!(
                row, expected,
                "{name} (owner, engine, local, system, agent)"
            );
        }
    }

    #[test]
    fn foreign_workspaces_are_closed_to_engines_and_local_callers() {
        let row: String = callers()
            .iter()
            .map(|(_, caller)| {
                if workspace(caller, "ws_other").is_ok() {
                    '✔'
                } else {
                    '✘'
                }
            })
            .collect();
        assert_eq!(row, "✔✘✘✔✘");
    }
}

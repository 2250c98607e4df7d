//! The gate: who may ask for what. Every command passes here before it is decided; the only way
//! to a [`Permit`] is to be let through.

use crate::actor::{Actor, ActorType, Caller, OWNER_ACTOR_ID};
use crate::command::Command;
use crate::reject::Reject;

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
        Command::RegisterEngine(_) | Command::RevokeEngineToken(_) => match caller {
            Caller::Owner | Caller::System => Ok(Permit(())),
            Caller::Engine(_) | Caller::Local => Err(owner_only()),
        },
        Command::ClaimRun(_) => match caller {
            Caller::Engine(_) => Ok(Permit(())),
            Caller::Owner | Caller::Local | Caller::System => Err(Reject::new(
                crate::Kind::Unauthorized,
                "missing_engine_token",
                "Only an engine may claim runs.",
            )
            .hint(
                "Register an engine and send its token as x-engine-token or Authorization: Bearer.",
            )),
        },
        Command::ExpireLeases => match caller {
            Caller::System => Ok(Permit(())),
            Caller::Owner | Caller::Engine(_) | Caller::Local => Err(Reject::forbidden(
                "internal_command",
                "Leases expire by themselves.",
            )),
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
        | Command::CreateArtifact(_) => Ok(Permit(())),
    }
}

/// Whether `caller` may act in, or read, this workspace.
pub fn workspace(caller: &Caller, workspace_id: &str) -> Result<(), Reject> {
    let allowed = match caller {
        Caller::Owner | Caller::System => true,
        Caller::Engine(engine) => engine.workspace_id == workspace_id,
        Caller::Local => workspace_id == DEFAULT_WORKSPACE_ID,
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

/// The actor that an event names when its body declares one. Engines are always themselves, and
/// only the owner is the owner.
pub fn declared_actor(caller: &Caller, declared: Option<Actor>) -> Result<Actor, Reject> {
    match (caller, declared) {
        (Caller::Engine(_), _) | (_, None) => Ok(caller.actor()),
        (Caller::Owner | Caller::System, Some(actor)) => Ok(actor),
        (Caller::Local, Some(actor)) => {
            if actor.actor_type == ActorType::User && actor.actor_id.trim() == OWNER_ACTOR_ID {
                return Err(Reject::forbidden(
                    "actor_reserved",
                    "Only the owner may speak as \"owner\".",
                )
                .hint("Use another sender id, or send the owner's token."));
            }
            Ok(actor)
        }
    }
}

/// The refusal of everything that only the owner may do.
pub fn owner_only() -> Reject {
    Reject::forbidden("owner_only", "Only the owner may do this.")
        .hint("Use the Signalbox window, or a browser opened with `signalbox open`.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::EngineIdentity;
    use crate::{engines, rooms, runs};

    fn callers() -> [(&'static str, Caller); 4] {
        let engine = EngineIdentity {
            engine_id: "eng_1".into(),
            actor_id: "builder".into(),
            workspace_id: DEFAULT_WORKSPACE_ID.into(),
            rooms: None,
        };
        [
            ("owner", Caller::Owner),
            ("engine", Caller::Engine(engine)),
            ("local", Caller::Local),
            ("system", Caller::System),
        ]
    }

    #[test]
    fn the_grid_of_who_may_do_what() {
        let commands = [
            (
                "post",
                Command::CreateRoom(rooms::CreateRoom::default()),
                "✔✔✔✔",
            ),
            (
                "claim",
                Command::ClaimRun(runs::ClaimRun::default()),
                "✘✔✘✘",
            ),
            ("expire", Command::ExpireLeases, "✘✘✘✔"),
            (
                "register",
                Command::RegisterEngine(engines::RegisterEngine::default()),
                "✔✘✘✔",
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
            assert_eq!(row, expected, "{name} (owner, engine, local, system)");
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
        assert_eq!(row, "✔✘✘✔");
    }

    #[test]
    fn nobody_else_speaks_as_the_owner() {
        let declared = || Some(Actor::owner());
        assert_eq!(
            declared_actor(&Caller::Owner, declared()),
            Ok(Actor::owner())
        );
        assert_eq!(
            declared_actor(&Caller::Local, declared()).map_err(|r| r.code),
            Err("actor_reserved")
        );
        let (_, engine) = &callers()[1];
        assert_eq!(
            declared_actor(engine, declared()),
            Ok(Actor::service("builder"))
        );
    }
}

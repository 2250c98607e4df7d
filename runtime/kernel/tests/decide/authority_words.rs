//! The words of tables for engines, agents and capabilities.
//!
//! ```text
//! given owner register E1 k1 actor=builder                         // its capability is c_k1, its principal p_E1
//! and   owner grant c1 to=p1 by=p0 scopes={"tools":["ls"]}
//! when  owner grant c2 to=p2 by=p1 parent=c1 scopes={"tools":["*"]} -> agent.capability.granted
//! then  owner quarantine agt_1                                     -> agent.quarantined
//! ```

use crate::script::Args;
use kernel::gate::capability::{GrantCapability, RevokeCapability, Scopes};
use kernel::{Command, agents, engines};
use serde_json::from_value;

pub fn command(verb: &str, args: &Args<'_>) -> Option<Command> {
    Some(match verb {
        "register" => Command::RegisterEngine(engines::RegisterEngine {
            engine_id: args.at(0),
            principal_id: format!("p_{}", args.at(0)),
            actor_id: args.named("actor"),
            engine_name: args.named("name"),
            metadata: args.json("metadata"),
            token: token(args),
            rotate: args.named("rotate").is_some(),
        }),
        "issue" => Command::IssueEngineToken(engines::IssueEngineToken {
            engine_id: args.at(0),
            principal_id: format!("p_{}", args.at(0)),
            token: token(args),
        }),
        "revoke" => Command::RevokeEngineToken(engines::RevokeEngineToken {
            engine_id: args.at(0),
            token_id: args.at(1),
            reason: args.named("reason"),
        }),
        "deactivate" => Command::DeactivateEngine(engines::DeactivateEngine {
            engine_id: args.at(0),
            reason: args.named("reason"),
        }),
        "agent" => Command::RegisterAgent(agents::RegisterAgent {
            agent_id: args.at(0),
            principal_id: args.at(1),
            display_name: args.named("name"),
        }),
        "quarantine" => Command::QuarantineAgent(agents::QuarantineAgent {
            agent_id: args.at(0),
            quarantine_reason: args.named("reason"),
        }),
        "unquarantine" => Command::UnquarantineAgent(agents::UnquarantineAgent {
            agent_id: args.at(0),
        }),
        "grant" => Command::GrantCapability(GrantCapability {
            token_id: args.at(0),
            issued_to_principal_id: args.named("to"),
            granted_by_principal_id: args.named("by"),
            parent_token_id: args.named("parent"),
            scopes: scopes(args).unwrap_or_default(),
            valid_until: args.named("until"),
        }),
        "ungrant" => Command::RevokeCapability(RevokeCapability {
            token_id: args.plain(0),
            reason: args.named("reason"),
        }),
        _ => return None,
    })
}

fn token(args: &Args<'_>) -> engines::NewToken {
    engines::NewToken {
        token_id: args.at(1),
        token: format!("secret of {}", args.at(1)),
        capability_token_id: format!("c_{}", args.at(1)),
        granted_by_principal_id: "p_owner".to_owned(),
        valid_until: args.named("until"),
        label: args.named("label"),
        scopes: scopes(args),
        rooms: args.json("rooms").map(|rooms| from_value(rooms).unwrap()),
    }
}

fn scopes(args: &Args<'_>) -> Option<Scopes> {
    args.json("scopes")
        .map(|scopes| from_value(scopes).unwrap())
}

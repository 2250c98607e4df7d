//! `signalbox agents`: who they are, and which of them are in quarantine.

use super::exit::Failure;
use super::output::about;
use super::{Global, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List and register agents, and put one in quarantine
///
/// The gate denies an agent in quarantine everything: tool calls, actions and egress.
///
/// Examples:
///   signalbox agents
///   signalbox agents register "Release bot"
///   signalbox agents quarantine AGENT_ID --reason "writes to the wrong host"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Agents {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List agents, newest first (the default)
    List {
        /// Only those whose id or name holds this
        #[arg(long = "match", value_name = "TEXT")]
        text: Option<String>,
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
    /// Register an agent, with a principal of its own
    Register {
        /// Its name, for people
        name: String,
    },
    /// Put one in quarantine; owner only
    Quarantine {
        agent_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let one out of quarantine; owner only
    Unquarantine { agent_id: String },
}

impl Agents {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let everything = || Action::List {
            text: None,
            limit: 50,
        };
        match self.action.unwrap_or_else(everything) {
            Action::List { text, limit } => list(global, text, limit)?,
            Action::Register { name } => register(global, &name)?,
            Action::Quarantine { agent_id, reason } => {
                let session = global.owner_session()?;
                let path = format!("/v1/agents/{agent_id}/quarantine");
                let body = json!({ "quarantine_reason": reason });
                wait_for(async {
                    let answer: Value = session.client.post(&path, &body).await?;
                    let words = format!("{agent_id} is in quarantine.");
                    session
                        .output
                        .told(&about("agent_id", &agent_id, answer), &words)
                })?;
            }
            Action::Unquarantine { agent_id } => {
                let session = global.owner_session()?;
                let path = format!("/v1/agents/{agent_id}/unquarantine");
                wait_for(async {
                    let question = format!("Let {agent_id} out of quarantine?");
                    global.confirm(&[], &question)?;
                    let answer: Value = session.client.post(&path, &json!({})).await?;
                    let words = format!("{agent_id} is out of quarantine.");
                    session
                        .output
                        .told(&about("agent_id", &agent_id, answer), &words)
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(global: &Global, text: Option<String>, limit: u32) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let mut query = vec![("limit", limit.to_string())];
        query.extend(text.map(|text| ("q", text)));
        let page: Value = session.client.get("/v1/agents", &query).await?;
        let agents = &page["agents"];
        let headings = ["ID", "NAME", "PRINCIPAL", "IN QUARANTINE SINCE", "WHY"];
        let cells = [
            "agent_id",
            "display_name",
            "principal_id",
            "quarantined_at",
            "quarantine_reason",
        ];
        session.output.list(headings, agents, cells)
    })
}

fn register(global: &Global, name: &str) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let body = json!({ "display_name": name });
        let agent: Value = session.client.post("/v1/agents", &body).await?;
        if session.output.is_json() {
            return session.output.value(&agent);
        }
        for (label, member) in [("Agent", "agent_id"), ("Principal", "principal_id")] {
            let id = super::output::text(&agent, member);
            session.output.line(&format!("{label:<9} {id}"))?;
        }
        Ok(())
    })
}

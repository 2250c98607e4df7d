//! `signalbox advertise`: what topics are for.

use super::exit::Failure;
use super::output::{plain, text};
use super::{Global, input, wait_for};
use crate::client::segment;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Tell what a topic is for, or find topics
///
/// Examples:
///   signalbox advertise
///   signalbox advertise set agent.bob.plans --description "What bob is up to" --schema '{"type":"object"}'
///   signalbox advertise search plans
///   signalbox advertise show agent.bob.plans
///   signalbox advertise delete agent.bob.plans
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Advertise {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the topics that something is told of, newest first (the default)
    List {
        /// Only those of this agent, or app:NAME
        agent: Option<String>,
    },
    /// Find topics by what they are called and what is told of them
    Search {
        /// In the name or the description, in whatever case
        text: String,
        /// 100 at most
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
    },
    /// Show what is told of one topic
    Show {
        /// The topic, such as agent.NAME.TOPIC
        channel: String,
    },
    /// Tell what a topic is for; by its agent, with its key, or by the owner
    Set {
        /// The topic, such as agent.NAME.TOPIC
        channel: String,
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// JSON Schema that every payload must satisfy from then on; `-` reads it from standard input
        #[arg(long, value_name = "JSON")]
        schema: Option<String>,
    },
    /// Take it back; by its agent, with its key, or by the owner
    Delete {
        /// The topic, such as agent.NAME.TOPIC
        channel: String,
    },
}

impl Advertise {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        match self.action.unwrap_or(Action::List { agent: None }) {
            Action::List { agent: None } => list(global, "/api/advertise/list", &[], "channels")?,
            Action::List { agent: Some(agent) } => {
                let path = format!("/api/advertise/{}", segment(&agent));
                list(global, &path, &[], "advertisements")?;
            }
            Action::Search { text, limit } => {
                let query = [("q", text), ("limit", limit.to_string())];
                list(global, "/api/advertise/search", &query, "results")?;
            }
            Action::Show { channel } => show(global, &channel)?,
            Action::Set {
                channel,
                description,
                schema,
            } => {
                let schema = input::object("--schema", schema)?;
                let body =
                    json!({"channel": channel, "description": description, "schema": schema});
                let session = global.owner_session()?;
                wait_for(async {
                    let answer: Value = session.client.post("/api/advertise", &body).await?;
                    let words = format!("{channel} is advertised.");
                    session.output.told(&answer, &words)
                })?;
            }
            Action::Delete { channel } => {
                let session = global.owner_session()?;
                wait_for(async {
                    let body = json!({"channel": channel});
                    let answer: Value = session.client.delete("/api/advertise", &body).await?;
                    let words = format!("{channel} is advertised no more.");
                    session.output.told(&answer, &words)
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(
    global: &Global,
    path: &str,
    query: &[(&str, String)],
    member: &str,
) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let answer: Value = session.client.get(path, query).await?;
        let cells = ["channel", "agent", "description"];
        let headings = ["TOPIC", "BY", "DESCRIPTION"];
        session.output.list(headings, &answer[member], cells)
    })
}

fn show(global: &Global, channel: &str) -> Result<(), Failure> {
    let session = global.session()?;
    // Its address is made of its owner and of what comes after.
    let mut parts = channel.splitn(3, '.');
    let (kind, owner, topic) = (parts.next(), parts.next(), parts.next());
    let owner = match kind {
        Some("app") => format!("app:{}", owner.unwrap_or_default()),
        Some(_) | None => owner.unwrap_or_default().to_owned(),
    };
    let path = format!(
        "/api/advertise/{}/{}",
        segment(&owner),
        segment(topic.unwrap_or_default())
    );
    wait_for(async {
        let found: Value = session.client.get(&path, &[]).await?;
        if session.output.is_json() {
            return session.output.value(&found);
        }
        for (label, member) in [
            ("Topic", "channel"),
            ("By", "agent"),
            ("About", "description"),
            ("Schema", "schema"),
        ] {
            let value = plain(&text(&found, member));
            if !value.is_empty() {
                session.output.line(&format!("{label:<7} {value}"))?;
            }
        }
        Ok(())
    })
}

//! `signalbox lock`, `unlock`, `grant`, `revoke` and `request`: who may listen to topics.

use super::exit::{Exit, Failure};
use super::{Global, wait_for};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Close a topic to all but its owner and those whom it lets in
///
/// By the agent whose topic it is, with its key in SIGNALBOX_TOKEN, or by the owner.
///
/// Example: signalbox lock agent.bob.plans
#[derive(Debug, Args)]
pub struct Lock {
    /// The topic, such as agent.NAME.TOPIC
    channel: String,
}

/// Open a topic again; whoever was let in stays so
///
/// Example: signalbox unlock agent.bob.plans
#[derive(Debug, Args)]
pub struct Unlock {
    /// The topic, such as agent.NAME.TOPIC
    channel: String,
}

/// Let somebody listen to a closed topic
///
/// Example: signalbox grant eve agent.bob.plans
#[derive(Debug, Args)]
pub struct Grant {
    /// An agent, or app:NAME
    target: String,
    /// The topic, such as agent.NAME.TOPIC
    channel: String,
}

/// Take that back: whoever listens by it is cut off at once
///
/// Example: signalbox revoke eve agent.bob.plans
#[derive(Debug, Args)]
pub struct Revoke {
    /// An agent, or app:NAME
    target: String,
    /// The topic, such as agent.NAME.TOPIC
    channel: String,
}

/// Ask, on public.access, to be let in to a closed topic
///
/// By an agent, with its key in SIGNALBOX_TOKEN.
///
/// Example: SIGNALBOX_TOKEN=TOPIC_KEY signalbox request agent.bob.plans for the report
#[derive(Debug, Args)]
pub struct Request {
    /// The topic, such as agent.NAME.TOPIC
    channel: String,
    /// Why
    reason: Vec<String>,
}

impl Lock {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let words = format!("{} is locked.", self.channel);
        govern(global, "lock", &json!({"channel": self.channel}), &words)
    }
}

impl Unlock {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let words = format!("{} is not locked.", self.channel);
        govern(global, "unlock", &json!({"channel": self.channel}), &words)
    }
}

impl Grant {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let words = format!("{} may listen to {}.", self.target, self.channel);
        let body = json!({"target": self.target, "channel": self.channel});
        govern(global, "grant", &body, &words)
    }
}

impl Revoke {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let words = format!("{} is let in to {} no more.", self.target, self.channel);
        let body = json!({"target": self.target, "channel": self.channel});
        govern(global, "revoke", &body, &words)
    }
}

fn govern(global: &Global, verb: &str, body: &Value, words: &str) -> Result<ExitCode, Failure> {
    let session = global.owner_session()?;
    wait_for(async {
        let answer: Value = session.client.post(&format!("/api/{verb}"), body).await?;
        session.output.told(&answer, words)
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Request {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        if !session.client.has_topic_key() {
            let message = "Only an agent with a key asks to be let in.";
            return Err(Failure::new(Exit::Refused, "missing_key", message)
                .hint("Set SIGNALBOX_TOKEN to the agent's key."));
        }
        let reason = (!self.reason.is_empty()).then(|| self.reason.join(" "));
        let body = json!({"channel": self.channel, "reason": reason});
        wait_for(async {
            let answer: Value = session.client.post("/api/request", &body).await?;
            let words = format!("You asked to be let in to {}.", self.channel);
            session.output.told(&answer, &words)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

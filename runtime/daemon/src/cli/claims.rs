//! `signalbox claims`: who asks for a key of the event bus.

use super::exit::Failure;
use super::{Global, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List who asks for a key of the event bus, and answer them. Owner only
///
/// Compare the signature with the one that whoever asks was told.
///
/// Examples:
///   signalbox claims
///   signalbox claims list --all
///   signalbox claims confirm CLAIM_ID
///   signalbox claims refuse CLAIM_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Claims {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List claims, newest first (the default: those that wait)
    List {
        /// Those that were answered, or are over, too
        #[arg(long)]
        all: bool,
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
    /// Let them have the key
    Confirm { claim_id: String },
    /// Do not let them have it
    Refuse { claim_id: String },
}

impl Claims {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let waiting = Action::List {
            all: false,
            limit: 50,
        };
        let session = global.owner_session()?;
        let output = session.output;
        match self.action.unwrap_or(waiting) {
            Action::List { all, limit } => wait_for(async {
                let state = if all { "all" } else { "pending" };
                let query = [("state", state.to_owned()), ("limit", limit.to_string())];
                let answer: Value = session.client.get("/v1/claims", &query).await?;
                let headings = ["CLAIM", "NAME", "SIGNATURE", "STATE", "SINCE", "UNTIL"];
                let members = [
                    "claim_id",
                    "username",
                    "signature",
                    "state",
                    "created_at",
                    "expires_at",
                ];
                output.list(headings, &answer["claims"], members)
            })?,
            Action::Confirm { claim_id } => wait_for(async {
                let question = format!("Give whoever made {claim_id} a key?");
                global.confirm(&[], &question)?;
                let path = format!("/v1/claims/{claim_id}/confirm");
                let claim: Value = session.client.post(&path, &json!({})).await?;
                let name = claim["username"].as_str().unwrap_or_default();
                let words = format!("{name} may fetch a key within an hour.");
                output.told(&claim, &words)
            })?,
            Action::Refuse { claim_id } => wait_for(async {
                let path = format!("/v1/claims/{claim_id}/refuse");
                let claim: Value = session.client.post(&path, &json!({})).await?;
                output.told(&claim, "They get no key.")
            })?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `signalbox kill-switch`: nothing reaches outside, at once.

use super::exit::Failure;
use super::output::text;
use super::{Global, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Stop everything that reaches outside, or let it again. Owner only
///
/// While it is on, the gate denies external writes, tool calls and commands, whatever was approved.
/// Commands of runs that the worker executes are ended at once; what you started yourself with
/// `signalbox run` is yours to end. It survives restarts, and every change is in the log.
///
/// Examples:
///   signalbox kill-switch on --reason "looks wrong"
///   signalbox kill-switch status
///   signalbox kill-switch off
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct KillSwitch {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Turn it on
    On {
        #[arg(long)]
        reason: Option<String>,
    },
    /// Turn it off; on a terminal you are asked once more
    Off {
        #[arg(long)]
        reason: Option<String>,
    },
    /// Say whether it is on
    Status,
}

const PATH: &str = "/v1/policy/kill-switch";

impl KillSwitch {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        let client = &session.client;
        let state: Value = match self.action {
            Action::Status => wait_for(async { Ok(client.get(PATH, &[]).await?) })?,
            Action::On { reason } => {
                let body = json!({"enabled": true, "reason": reason});
                wait_for(async { Ok(client.post(PATH, &body).await?) })?
            }
            Action::Off { reason } => {
                global.confirm(&[], "Let everything reach outside again?")?;
                let body = json!({"enabled": false, "reason": reason});
                wait_for(async { Ok(client.post(PATH, &body).await?) })?
            }
        };
        if session.output.is_json() {
            session.output.value(&state)?;
        } else {
            let word = if state["enabled"] == true {
                "on: nothing reaches outside"
            } else {
                "off"
            };
            let since = match text(&state, "changed_at") {
                at if at.is_empty() => String::new(),
                at => format!(", since {at}"),
            };
            let line = format!("The kill switch is {word}{since}.");
            session.output.line(&line)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

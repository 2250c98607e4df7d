//! `signalbox policy`: how the gate is set.

use super::exit::Failure;
use super::output::text;
use super::{Global, wait_for};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Show or choose whether the gate enforces its decisions. Owner only
///
/// Examples:
///   signalbox policy mode
///   signalbox policy mode shadow
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Policy {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the mode, or choose one
    Mode {
        mode: Option<Mode>,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Decisions are only written down
    Shadow,
    /// Decisions are kept to
    Enforce,
}

const PATH: &str = "/v1/policy/mode";

impl Policy {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        let client = &session.client;
        let Action::Mode { mode, reason } = self.action;
        let state: Value = match mode {
            None => wait_for(async { Ok(client.get(PATH, &[]).await?) })?,
            Some(mode) => {
                if mode == Mode::Shadow {
                    global.confirm(&[], "Let the gate only watch from now on?")?;
                }
                let name = match mode {
                    Mode::Shadow => "shadow",
                    Mode::Enforce => "enforce",
                };
                let body = json!({"mode": name, "reason": reason});
                wait_for(async { Ok(client.post(PATH, &body).await?) })?
            }
        };
        if session.output.is_json() {
            session.output.value(&state)?;
        } else {
            session.output.line(&text(&state, "mode"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `signalbox whoami`: who the runtime takes this terminal for.

use super::exit::Failure;
use super::output::{plain, text};
use super::{Global, wait_for};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Say who the runtime takes you for: the owner, an engine, or a program without a token
///
/// Example: signalbox whoami
#[derive(Debug, Args)]
pub struct Whoami {}

impl Whoami {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let me: Value = wait_for(async { Ok(session.client.get("/v1/whoami", &[]).await?) })?;
        if session.output.is_json() {
            session.output.value(&me)?;
        } else {
            let who = if me["is_owner"] == true {
                "the owner".to_owned()
            } else {
                format!(
                    "{} ({})",
                    text(&me, "actor_id"),
                    text(&me, "principal_type")
                )
            };
            session.output.line(&plain(&who))?;
            let workspace = text(&me, "workspace_id");
            session.output.line(&format!("Workspace  {workspace}"))?;
            let principal = text(&me, "principal_id");
            session.output.line(&format!("Principal  {principal}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `signalbox whoami`: who the runtime takes this terminal for.

use super::exit::Failure;
use super::output::{plain, text};
use super::{Global, wait_for};
use crate::client::ClientError;
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Say who the runtime takes you for: the owner, an engine, an agent with a key, or a program without one
///
/// Example: signalbox whoami
#[derive(Debug, Args)]
pub struct Whoami {}

impl Whoami {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let me = wait_for(async {
            match session.client.get::<Value>("/v1/whoami", &[]).await {
                Err(ClientError::Refused(refusal)) if refusal.status == 401 => {
                    // A key of the event bus opens nothing else: there its owner is known.
                    let known = session.client.get::<Value>("/api/whoami", &[]).await;
                    known.map_err(|_| ClientError::Refused(refusal).into())
                }
                answer => Ok(answer?),
            }
        })?;
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
            for (name, member) in [("Workspace", "workspace_id"), ("Principal", "principal_id")] {
                if me[member].is_string() {
                    session
                        .output
                        .line(&format!("{name}  {}", text(&me, member)))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

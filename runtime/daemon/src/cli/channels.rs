//! `signalbox channels`: where something has been said.

use super::exit::Failure;
use super::{Global, wait_for};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

/// List the channels that have messages
///
/// Examples:
///   signalbox channels
///   signalbox channels | jq -r .ch
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Channels {}

impl Channels {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let output = session.output;
        wait_for(async {
            let names: Vec<String> = session.client.get("/channels", &[]).await?;
            let names = names.iter().map(|name| json!({"ch": name}));
            output.list(["CHANNEL"], &names.collect(), ["ch"])
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

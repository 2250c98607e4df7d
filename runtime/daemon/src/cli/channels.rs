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
            if output.is_json() {
                let names: Vec<_> = names.iter().map(|name| json!({"ch": name})).collect();
                return output.each(&names);
            }
            let rows: Vec<[String; 1]> = names.into_iter().map(|name| [name]).collect();
            output.table(["CHANNEL"], &rows)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

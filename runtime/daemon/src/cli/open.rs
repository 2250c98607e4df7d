//! `signalbox open`: the page in a browser, signed in as the owner.

use super::browse::browse;
use super::exit::Failure;
use super::{Global, wait_for};
use crate::client::{Client, ClientError, wire};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

/// Open the page in a browser, signed in as the owner
///
/// Makes a link that works once, for ten minutes. Without a browser, or with --print, it only
/// prints the link.
///
/// Example: signalbox open --print
#[derive(Debug, Args)]
pub struct Open {
    /// Print the link and start no browser
    #[arg(long)]
    print: bool,
}

impl Open {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        let link = wait_for(async { Ok(one_time_link(&session.client).await?) })?;
        // Without a data directory there is nowhere to hand it over.
        let opened = !self.print && global.data_dir().is_ok_and(|dir| browse(&link, &dir));
        if session.output.is_json() {
            session
                .output
                .value(&json!({"link": link, "opened": opened}))?;
        } else if opened {
            session
                .output
                .line("The page opens in your browser. If it does not, open:")?;
            session.output.line(&link)?;
        } else {
            session.output.line(&link)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A link that opens the page as the owner, once.
///
/// # Errors
/// When the runtime does not answer, or the caller is not the owner.
pub async fn one_time_link(client: &Client) -> Result<String, ClientError> {
    let code: wire::SessionCode = client.post("/v1/session/codes", &json!({})).await?;
    Ok(code.url)
}

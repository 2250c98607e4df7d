//! `signalbox open`: the page in a browser, signed in as the owner.

use super::exit::Failure;
use super::{Global, wait_for};
use crate::client::{Client, ClientError, wire};
use clap::Args;
use serde_json::json;
use std::process::{Command, ExitCode, Stdio};

/// Open the page in a browser, signed in as the owner
///
/// Makes a link that works once, for ten minutes. Without a browser, or with --print, it only
/// prints the link.
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
        let opened = !self.print && browse(&link);
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

/// Hands the link to the desktop. `false` when there is none.
fn browse(link: &str) -> bool {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
            return false;
        }
        "xdg-open"
    };
    Command::new(opener)
        .arg(link)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}

//! `signalbox keys`: what agents of the event bus sign in with.

use super::exit::{Exit, Failure};
use super::{Global, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

/// List and register public keys by which agents sign in to the event bus. Owner only
///
/// Examples:
///   signalbox keys
///   signalbox keys add bob bob.pub
///   signalbox keys add bob - --key-name laptop < bob.pub
///   signalbox keys remove bob
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Keys {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show who signs in with what (the default)
    List,
    /// Register an OpenSSH public key, in the place of the one of the same name
    Add {
        /// Name of the agent
        agent: String,
        /// The public key, as in id_ed25519.pub; - is standard input
        file: String,
        #[arg(long, value_name = "NAME")]
        key_name: Option<String>,
    },
    /// End what a name signs in with: its public key, and the key that is live by it
    Remove {
        /// An agent, or app:NAME
        agent: String,
        #[arg(long, value_name = "NAME")]
        key_name: Option<String>,
    },
}

/// Longest public key that is read, bytes.
const KEY_BYTES_MAX: u64 = 16_384;

impl Keys {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.owner_session()?;
        let output = session.output;
        match self.action.unwrap_or(Action::List) {
            Action::List => wait_for(async {
                let answer: Value = session.client.get("/auth/keys", &[]).await?;
                let headings = ["AGENT", "KEY", "PUBLIC KEY", "LIVE SINCE"];
                let members = ["username", "key_name", "fingerprint", "issued_at"];
                output.list(headings, &answer["keys"], members)
            })?,
            Action::Add {
                agent,
                file,
                key_name,
            } => {
                let public_key = read(&file)?;
                let body =
                    json!({"username": agent, "key_name": key_name, "public_key": public_key});
                wait_for(async {
                    let answer: Value = session.client.post("/auth/keys", &body).await?;
                    let fingerprint = answer["fingerprint"].as_str().unwrap_or_default();
                    let words = format!("{agent} signs in with {fingerprint} from now on.");
                    output.told(&answer, &words)
                })?;
            }
            Action::Remove { agent, key_name } => {
                let body = json!({"username": agent, "key_name": key_name});
                wait_for(async {
                    let answer: Value = session.client.delete("/auth/keys", &body).await?;
                    output.told(
                        &answer,
                        &format!("{agent} does not sign in with it any more."),
                    )
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin()
            .lock()
            .take(KEY_BYTES_MAX)
            .read_to_string(&mut text)?;
    } else {
        let opened = std::fs::File::open(file).map_err(|error| {
            Failure::new(Exit::Usage, "unreadable_file", format!("{file}: {error}"))
                .hint("Name the public half of the key, such as ~/.ssh/id_ed25519.pub.")
        })?;
        opened.take(KEY_BYTES_MAX).read_to_string(&mut text)?;
    }
    // A private key is not sent anywhere, not even to be refused.
    if text.contains("PRIVATE KEY") {
        let message = format!("{file} is a private key.");
        return Err(Failure::new(Exit::Usage, "private_key", message)
            .hint("Name its public half, which ends with .pub."));
    }
    Ok(text)
}

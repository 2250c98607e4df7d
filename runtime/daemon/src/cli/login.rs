//! `signalbox login`: how an agent comes to a key of the event bus.

use super::exit::{Exit, Failure};
use super::{Global, wait_for};
use crate::client::{Client, ClientError};
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// Sign in to the event bus as an agent, and print the key
///
/// Where the owner has registered a public key for the name, the challenge is signed with its private
/// half, by ssh-keygen. Otherwise the owner is asked: what waits for them is printed at once, and the
/// key as soon as they have confirmed it. Keep the key as SIGNALBOX_TOKEN: it is told this once, and ends
/// the one that the name had.
///
/// Examples:
///   signalbox login --user bob
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Login {
    /// Name of the agent
    #[arg(long, short, value_name = "NAME")]
    user: String,
    /// The private key to sign with [default: ~/.ssh/id_ed25519, then id_ecdsa]
    #[arg(long, value_name = "FILE")]
    key_path: Option<PathBuf>,
    /// Name under which the public key is registered [default: main]
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
}

/// How often it is asked whether the owner has answered.
const ASK_EVERY: Duration = Duration::from_secs(1);

impl Login {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let output = session.output;
        wait_for(async {
            let signs = self.key_path.is_some() || self.key_name.is_some();
            let path = if signs {
                "/auth/agent/init"
            } else {
                "/auth/init"
            };
            let asked = json!({"username": self.user, "key_name": self.key_name});
            let begun: Value = session.client.post(path, &asked).await?;
            let given: Value = if begun["nonce"].is_string() {
                let proof = self.signed(&begun)?;
                session.client.post("/auth/verify", &proof).await?
            } else {
                let signature = &begun["signature"];
                let waits =
                    json!({"username": self.user, "state": "pending", "signature": signature});
                let words = format!(
                    "The owner is asked whether {} may have a key. Compare: {}\nThey confirm it among the approvals of the window, or with `signalbox claims`.",
                    self.user,
                    signature.as_str().unwrap_or_default()
                );
                output.told(&waits, &words)?;
                self.confirmed(&session.client, &begun).await?
            };
            let token = given["token"].as_str().unwrap_or_default();
            let key = json!({"username": given["username"], "token": token});
            if output.is_json() {
                output.value(&key)
            } else {
                output.line(&format!("export SIGNALBOX_TOKEN={token}"))
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Waits for the owner's answer, through restarts of the runtime.
    async fn confirmed(&self, client: &Client, begun: &Value) -> Result<Value, Failure> {
        let fetch = json!({"username": self.user, "claim_token": begun["claim_token"]});
        loop {
            match client.post("/auth/verify", &fetch).await {
                Ok(given) => return Ok(given),
                Err(ClientError::Refused(refusal)) if refusal.status == 401 => {}
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// The answer to a challenge.
    fn signed(&self, begun: &Value) -> Result<Value, Failure> {
        let key = self.private_key()?;
        let text = |member: &str| begun[member].as_str().unwrap_or_default();
        let signature = sign(&key, text("namespace"), text("message"))?;
        Ok(json!({
            "username": begun["username"], "key_name": begun["key_name"], "nonce": begun["nonce"], "signature": signature,
        }))
    }

    fn private_key(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.key_path {
            return Ok(path.clone());
        }
        let home = std::env::home_dir().unwrap_or_default();
        let usual = ["id_ed25519", "id_ecdsa"].map(|name| home.join(".ssh").join(name));
        let found = usual.into_iter().find(|path| path.exists());
        found.ok_or_else(|| {
            let message = "There is no private key at ~/.ssh/id_ed25519.";
            Failure::new(Exit::Usage, "no_private_key", message)
                .hint("Name the one whose public half is registered: --key-path FILE.")
        })
    }
}

/// Signs with the program of OpenSSH: it asks for passphrases, and knows agents and hardware keys.
fn sign(key: &Path, namespace: &str, message: &str) -> Result<String, Failure> {
    let failed = |message: String| {
        Failure::new(Exit::Failed, "signing_failed", message).hint(
            "ssh-keygen of OpenSSH 8.0 or newer signs: try `ssh-keygen -Y sign -n test -f KEY`.",
        )
    };
    let mut program = Command::new("ssh-keygen");
    program
        .args(["-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = program
        .spawn()
        .map_err(|error| failed(format!("ssh-keygen cannot be run: {error}.")))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(message.as_bytes())?;
    }
    let signed = child.wait_with_output()?;
    if !signed.status.success() {
        return Err(failed(format!(
            "ssh-keygen did not sign with {}.",
            key.display()
        )));
    }
    String::from_utf8(signed.stdout)
        .map_err(|_| failed("ssh-keygen printed something else than a signature.".to_owned()))
}

//! `signalbox secret`: secrets that the owner lends to requests. They never pass the runtime's
//! door: this verb puts them into the keyring, and the runtime takes them out when it sends.

use super::Global;
use super::exit::{Exit, Failure};
use crate::effect::egress::HostRule;
use clap::{Args, Subcommand};
use kernel::gate::egress::is_secret_name;
use kernel::limits::{EGRESS_HOSTS_MAX, SECRET_BYTES_MAX, SECRET_BYTES_MIN, SECRETS_MAX};
use serde_json::json;
use std::io::Read;
use std::process::ExitCode;
use supervisor::credentials::{CredentialError, LentSecret, Secrets, TokenLocation};

/// Keep secrets that requests may be sent with
///
/// A request that Signalbox performs names a secret in a header, such as
/// `"authorization": "Bearer {{secret:NAME}}"`. The value is put in when it is sent, to the hosts
/// named here and nowhere else, and is never in the log. It is read from standard input.
///
/// Examples:
///   signalbox secret set API_KEY --host api.example.com < key.txt
///   signalbox secret list
///   signalbox secret remove API_KEY
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SecretVerb {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Keep the secret that standard input holds; an end of line after it is not part of it
    Set {
        name: String,
        /// HOST or HOST:PORT that it may be sent to; may be repeated
        #[arg(long = "host", required = true, value_name = "HOST")]
        hosts: Vec<String>,
    },
    /// Show names and hosts (the values are never shown)
    List,
    /// Forget one
    Remove { name: String },
}

impl SecretVerb {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let secrets = Secrets::open(&global.data_dir()?).map_err(unusable)?;
        match self.action {
            Action::Set { name, hosts } => set(global, &secrets, &name, &hosts)?,
            Action::List => list(global, &secrets)?,
            Action::Remove { name } => {
                if !secrets.remove(&name).map_err(unusable)? {
                    let message = format!("There is no secret named {name:?}.");
                    return Err(Failure::new(Exit::Failed, "secret_not_found", message)
                        .hint("`signalbox secret list` shows their names."));
                }
                let told = json!({"removed": name});
                say(global, &told, &format!("{name} is forgotten."))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn set(global: &Global, secrets: &Secrets, name: &str, hosts: &[String]) -> Result<(), Failure> {
    let usage = |message: String, hint: &str| {
        Err(Failure::new(Exit::Usage, "invalid_secret", message).hint(hint))
    };
    if !is_secret_name(name) {
        let message = format!("{name:?} is no name of a secret.");
        return usage(
            message,
            "Write up to 64 letters, digits, \"_\", \".\" and \"-\".",
        );
    }
    if hosts.len() > EGRESS_HOSTS_MAX {
        return usage(
            format!("A secret may have {EGRESS_HOSTS_MAX} hosts."),
            "Name fewer.",
        );
    }
    if let Some(host) = hosts.iter().find(|host| HostRule::parse(host).is_none()) {
        let message = format!("{host:?} is no host.");
        return usage(
            message,
            "Write HOST or HOST:PORT, without scheme or wildcard.",
        );
    }
    let known = secrets.list().map_err(unusable)?;
    if known.len() >= SECRETS_MAX && !known.contains_key(name) {
        return usage(
            format!("There are {SECRETS_MAX} secrets."),
            "Remove one first.",
        );
    }
    let mut value = String::new();
    // Two more for an end of line.
    let most = SECRET_BYTES_MAX as u64 + 2;
    let input = std::io::stdin().lock();
    input.take(most + 1).read_to_string(&mut value)?;
    let value = value.strip_suffix('\n').unwrap_or(&value);
    let value = value.strip_suffix('\r').unwrap_or(value);
    let visible = |byte: u8| (b' '..=b'~').contains(&byte);
    let is_fine = (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&value.len())
        && value.trim() == value
        && value.bytes().all(visible);
    if !is_fine {
        let message = format!(
            "Standard input must hold {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} visible ASCII characters in one line."
        );
        return usage(
            message,
            "Pipe the secret in: signalbox secret set NAME --host HOST < FILE.",
        );
    }
    let secret = LentSecret {
        value: value.to_owned(),
        hosts: hosts.to_vec(),
    };
    let location = secrets.set(name, &secret).map_err(unusable)?;
    let place = match location {
        TokenLocation::OsKeyring => "in the keyring of the operating system",
        TokenLocation::File | TokenLocation::Environment => {
            "unencrypted in the data directory, readable only by your user account, because no keyring can be used"
        }
    };
    let told = json!({"name": name, "hosts": hosts, "location": location});
    say(
        global,
        &told,
        &format!("{name} is kept {place}, for {}.", hosts.join(", ")),
    )
}

fn list(global: &Global, secrets: &Secrets) -> Result<(), Failure> {
    let notes = secrets.list().map_err(unusable)?;
    let output = global.output();
    if output.is_json() {
        let notes = notes.iter().map(
            |(name, note)| json!({"name": name, "hosts": note.hosts, "location": note.location}),
        );
        return output.each(&notes.collect::<Vec<_>>());
    }
    if notes.is_empty() {
        return output
            .line("There are no secrets. Keep one: signalbox secret set NAME --host HOST < FILE.");
    }
    for (name, note) in notes {
        output.line(&format!("{name}  {}", note.hosts.join(", ")))?;
    }
    Ok(())
}

fn say(global: &Global, value: &serde_json::Value, line: &str) -> Result<(), Failure> {
    let output = global.output();
    match output.is_json() {
        true => output.value(value),
        false => output.line(line),
    }
}

fn unusable(error: CredentialError) -> Failure {
    Failure::new(Exit::Failed, error.code(), error.to_string()).hint(error.hint())
}

//! `signalbox doctor`: what is wrong on this machine, and what to do about it.

use super::Global;
use super::exit::{Exit, Failure};
use crate::client::{Client, Discovery, URL_DEFAULT};
use crate::config::{Config, Flags, process_env};
use crate::store::{database_path, verify};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use supervisor::credentials::TokenLocation;
use supervisor::ports;

/// Check everything that Signalbox needs on this machine
///
/// Settings, data directory, owner's token, log, runtime and page. Ends with 1 when something is
/// wrong.
///
/// Example: signalbox doctor
#[derive(Debug, Args)]
pub struct Doctor {}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
    /// The way out.
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    /// Works, but should be known.
    Notice,
    Bad,
}

fn check(name: &'static str, state: State, detail: impl Into<String>) -> Check {
    Check {
        name,
        state,
        detail: detail.into(),
        hint: None,
    }
}

impl Check {
    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl Doctor {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let data_dir = global.data_dir()?;
        let mut checks = vec![
            settings(global),
            folder(&data_dir),
            owner_token(&data_dir),
            log(&data_dir),
        ];
        checks.extend(runtime(global, &data_dir)?);
        let is_well = checks.iter().all(|check| check.state != State::Bad);
        let output = global.output();
        if output.is_json() {
            output.value(&json!({"ok": is_well, "checks": checks}))?;
        } else {
            for check in &checks {
                let mark = match check.state {
                    State::Good => "✔",
                    State::Notice => "•",
                    State::Bad => "✘",
                };
                output.line(&format!("{mark} {:<15} {}", check.name, check.detail))?;
                if let Some(hint) = &check.hint {
                    output.line(&format!("  {:<15} {hint}", ""))?;
                }
            }
        }
        Ok(if is_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(Exit::Failed as u8)
        })
    }
}

fn settings(global: &Global) -> Check {
    let flags = Flags {
        data_dir: global.data_dir.clone(),
        ..Flags::default()
    };
    match Config::load(&flags, &process_env) {
        Ok(config) => {
            let detail = format!("listen on {}, {}", config.listen, config.file.display());
            check("settings", State::Good, detail)
        }
        Err(error) => check("settings", State::Bad, error.message).hint(error.hint),
    }
}

fn folder(data_dir: &Path) -> Check {
    let place = data_dir.display();
    if !data_dir.exists() {
        return check(
            "data directory",
            State::Notice,
            format!("{place} is not there yet"),
        )
        .hint("The first start makes it.");
    }
    match tempfile::tempfile_in(data_dir) {
        Ok(_) => check("data directory", State::Good, place.to_string()),
        Err(error) => check(
            "data directory",
            State::Bad,
            format!("{place} cannot be written: {error}"),
        )
        .hint("Give your user write permission to it, or free some space."),
    }
}

fn owner_token(data_dir: &Path) -> Check {
    match supervisor::existing_owner_token(data_dir) {
        Ok(Some(credential)) => {
            let state = match credential.keyring.token_location {
                TokenLocation::OsKeyring | TokenLocation::Environment => State::Good,
                TokenLocation::File => State::Notice,
            };
            check("owner's token", state, credential.keyring.detail)
        }
        Ok(None) => check("owner's token", State::Notice, "there is none yet")
            .hint("The first start makes it."),
        Err(error) => check("owner's token", State::Bad, error.to_string()),
    }
}

/// The end of the log: `signalbox verify` checks all of it.
fn log(data_dir: &Path) -> Check {
    if !database_path(data_dir).exists() {
        return check("log", State::Notice, "there is none yet");
    }
    let anchors = verify::anchors(data_dir);
    let from = anchors
        .iter()
        .rev()
        .nth(1)
        .map_or(0, |anchor| anchor.position);
    match verify::run(data_dir, from, &mut |_| {}) {
        Ok(report) if report.valid => {
            let detail = format!(
                "{} events; the last {} are sound",
                report.head_position, report.checked
            );
            check("log", State::Good, detail)
        }
        Ok(_) => check("log", State::Bad, "the log is damaged")
            .hint("See what `signalbox verify` says, then restore a backup."),
        Err(error) => check("log", State::Bad, error.to_string())
            .hint("Restore a backup: signalbox restore FILE."),
    }
}

fn runtime(global: &Global, data_dir: &Path) -> Result<Vec<Check>, Failure> {
    let url = global.base_url();
    let client = Client::new(&url, None)?;
    super::wait_for(async {
        let ready: Result<Value, _> = client.get("/ready", &[]).await;
        let error = match ready {
            Ok(_) => {
                let mut checks = vec![check("runtime", State::Good, format!("ready at {url}"))];
                checks.push(page(&client).await);
                return Ok(checks);
            }
            Err(error) => error,
        };
        let ran_here = Discovery::read(data_dir).is_some();
        let holder = port(&url).and_then(ports::holder);
        let check = check("runtime", State::Bad, error.to_string());
        Ok(vec![match holder {
            Some(holder) if !ran_here => check.hint(format!(
                "{} (process {}) listens there and is no Signalbox: choose another address with --listen.",
                holder.name, holder.pid
            )),
            Some(_) | None => check.hint("Start it with `signalbox up` or the desktop app."),
        }])
    })
}

async fn page(client: &Client) -> Check {
    match client.text("/app/").await {
        Ok(_) => check("page", State::Good, format!("{}/app/", client.base())),
        Err(error) => check("page", State::Bad, error.to_string())
            .hint("This build has no page: install a release, or build the interface first."),
    }
}

fn port(url: &str) -> Option<u16> {
    let address = url.strip_prefix("http://").unwrap_or(URL_DEFAULT);
    address.rsplit(':').next()?.parse().ok()
}

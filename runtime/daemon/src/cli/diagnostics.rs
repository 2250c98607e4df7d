//! `signalbox diagnostics`: the report that helps others to help.

use super::exit::Failure;
use super::output::Output;
use super::{Global, wait_for};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;
use supervisor::credentials::{KeyringAvailability, KeyringState, TokenLocation};
use supervisor::diagnostics::{self, Diagnostics, Sources};
use supervisor::{RunnerMode, RuntimeStatus};

/// Print a full report: versions, state, usage, problems and log lines; no secrets
///
/// Asks the runtime, as the owner; when none answers it collects what can be known without.
///
/// Example: signalbox diagnostics --json > report.json
#[derive(Debug, Args)]
pub struct DiagnosticsVerb {}

impl DiagnosticsVerb {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let report = match from_runtime(global) {
            Ok(report) => report,
            Err(_) => from_outside(global)?,
        };
        let output = global.output();
        if output.is_json() {
            output.value(&report)?;
        } else {
            print(output, &report)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn from_runtime(global: &Global) -> Result<Diagnostics, Failure> {
    let session = global.owner_session()?;
    wait_for(async { Ok(session.client.get("/v1/diagnostics", &[]).await?) })
}

fn from_outside(global: &Global) -> Result<Diagnostics, Failure> {
    let data_dir = global.data_dir()?;
    let keyring = match supervisor::existing_owner_token(&data_dir) {
        Ok(Some(credential)) => credential.keyring,
        Ok(None) => unknown_keyring("There is no owner's token yet.".to_owned()),
        Err(error) => unknown_keyring(error.to_string()),
    };
    Ok(diagnostics::collect(Sources {
        app_version: env!("CARGO_PKG_VERSION"),
        data_dir: &data_dir,
        port: None,
        runtime: RuntimeStatus::not_started(RunnerMode::default()),
        keyring,
        supervisor_pid: None,
        database: None,
    }))
}

fn unknown_keyring(detail: String) -> KeyringState {
    KeyringState {
        state: KeyringAvailability::Unavailable,
        detail,
        token_location: TokenLocation::File,
    }
}

fn print(output: Output, report: &Diagnostics) -> Result<(), Failure> {
    output.line(&format!(
        "Signalbox {} on {}",
        report.app_version, report.os
    ))?;
    output.line(&format!("Data directory  {}", report.data_dir))?;
    if let Some(free) = report.data_dir_free_bytes {
        output.line(&format!("Free space      {} MiB", free / (1024 * 1024)))?;
    }
    if let Some(database) = &report.database {
        let size = database.size_bytes / (1024 * 1024);
        output.line(&format!(
            "Database        {} events, {size} MiB",
            database.events
        ))?;
    }
    for usage in &report.usage {
        let memory = usage.memory_bytes / (1024 * 1024);
        let component = serde_json::to_value(usage.component).unwrap_or(Value::Null);
        let component = component.as_str().unwrap_or_default();
        output.line(&format!(
            "{component:<15} pid {}, {memory} MiB, {:.1} % of a core, up {} s",
            usage.pid, usage.cpu_percent, usage.uptime_seconds
        ))?;
    }
    output.line(&format!("Owner's token   {}", report.keyring.detail))?;
    for problem in &report.problems {
        output.line(&format!("\nProblem: {}", problem.title))?;
        output.line(&format!("  {}", problem.cause))?;
        output.line(&format!("  {}", problem.remedy))?;
    }
    for file in &report.logs {
        output.line(&format!("Log             {}", file.path))?;
    }
    Ok(())
}

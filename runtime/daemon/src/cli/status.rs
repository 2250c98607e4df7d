//! `signalbox status`: how the runtime is, in a few lines.

use super::exit::{Exit, Failure};
use super::{Global, wait_for};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;
use supervisor::{Component, ComponentState, Phase, RuntimeStatus};

/// Show whether the runtime runs, where, and how its parts are
///
/// Ends with 0 when everything is healthy, 1 when something is not, 7 when nothing answers.
///
/// Example: signalbox status
#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let answer: Value = wait_for(async { Ok(session.client.get("/v1/runtime", &[]).await?) })?;
        let status: RuntimeStatus = serde_json::from_value(answer.clone()).map_err(|error| {
            Failure::new(
                Exit::Failed,
                "version_mismatch",
                format!("The status cannot be read: {error}."),
            )
            .hint("Use the signalbox that belongs to the runtime.")
        })?;
        if session.output.is_json() {
            session.output.value(&answer)?;
        } else {
            for line in lines(&status, session.client.base()) {
                session.output.line(&line)?;
            }
        }
        let is_healthy = status.phase == Phase::Healthy;
        Ok(if is_healthy {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(Exit::Failed as u8)
        })
    }
}

fn lines(status: &RuntimeStatus, url: &str) -> Vec<String> {
    let phase = word(&status.phase);
    let by = if status.supervised {
        "supervised"
    } else {
        "not supervised"
    };
    let mut lines = vec![format!(
        "Signalbox is {phase} at {url} ({by}, {} mode)",
        word(&status.mode)
    )];
    for component in Component::ALL {
        let part = status.components.get(component);
        if part.state == ComponentState::Disabled {
            continue;
        }
        let pid = part
            .pid
            .map(|pid| format!("  pid {pid}"))
            .unwrap_or_default();
        lines.push(format!(
            "  {:<7} {}{pid}",
            component.name(),
            word(&part.state)
        ));
        for text in [&part.last_error_message, &part.last_error_hint]
            .into_iter()
            .flatten()
        {
            lines.push(format!("          {text}"));
        }
    }
    lines
}

/// The word that the JSON has for a value.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word.replace('_', " "),
        Ok(_) | Err(_) => String::new(),
    }
}

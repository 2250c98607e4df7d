//! `signalbox verify`: proof that the log is what was written.

use super::exit::{Exit, Failure};
use super::maintenance::{Progress, require_database};
use super::{Global, blobs};
use crate::store::verify;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check every event of the log: its hash, its place, and that nothing was cut off
///
/// Works while the runtime runs. Ends with 1 when something is wrong, and says what.
///
/// Examples:
///   signalbox verify
///   signalbox verify --incremental    # only what came after the last good check
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Verify {
    /// Begin after the last event that was found good
    #[arg(long)]
    incremental: bool,
    /// Also check the content of every blob
    #[arg(long)]
    blobs: bool,
}

/// How far the log was found good.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    position: u64,
}

fn memory(data_dir: &Path) -> PathBuf {
    data_dir.join("verified.json")
}

/// Forgets what was found good: another log takes the place of this one.
pub fn forget(data_dir: &Path) {
    std::fs::remove_file(memory(data_dir)).ok();
}

impl Verified {
    fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(memory(data_dir)).ok()?).ok()
    }

    fn write(&self, data_dir: &Path) {
        // Without it the next check begins at the beginning.
        let text = serde_json::to_vec(self).unwrap_or_default();
        std::fs::write(memory(data_dir), text).ok();
    }
}

impl Verify {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let data_dir = global.data_dir()?;
        require_database(&data_dir)?;
        let output = global.output();
        let from = match self.incremental {
            true => Verified::read(&data_dir).map_or(0, |verified| verified.position),
            false => 0,
        };
        let mut progress = Progress::new("events checked");
        let report = verify::run(&data_dir, from, &mut |count| progress.show(count))?;
        let damaged = if self.blobs {
            blobs::damaged(&data_dir)?
        } else {
            Vec::new()
        };
        progress.clear();
        if report.valid {
            let position = report.head_position;
            Verified { position }.write(&data_dir);
        }
        let valid = report.valid && damaged.is_empty();
        if output.is_json() {
            output.value(&json!({"valid": valid, "log": report, "damaged_blobs": damaged}))?;
        } else if let Some(fault) = &report.first_fault {
            let (kind, at) = (fault.mismatch.kind, fault.position);
            output.line(&format!(
                "The log is damaged: {kind} at position {at} ({}).",
                fault.stream
            ))?;
            output.line(
                "Keep a copy of the data directory, then restore a backup: signalbox restore FILE.",
            )?;
        } else {
            let (checked, head) = (report.checked, report.head_position);
            output.line(&format!(
                "The log is sound: {checked} events checked, up to position {head}."
            ))?;
        }
        if !output.is_json() {
            for blob in &damaged {
                output.line(&format!("The content of {blob} is not what its name says."))?;
            }
        }
        Ok(if valid {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(Exit::Failed as u8)
        })
    }
}

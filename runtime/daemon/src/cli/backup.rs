//! `signalbox backup` and `signalbox restore`: the log and its blobs, elsewhere and back.

use super::exit::{Exit, Failure};
use super::maintenance::{Progress, alone, require_database};
use super::{Global, blobs, verify};
use crate::store::backup;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use supervisor::data_dir;

/// Copy the log to a file, and its blobs to a folder beside it
///
/// Works while the runtime runs: the copy is one moment of the log. FILE must not exist yet; the
/// blobs go to FILE.blobs. Back up to the same folder again under another name at any time.
///
/// Example: signalbox backup /backups/signalbox-$(date +%F).db
#[derive(Debug, Args)]
pub struct Backup {
    file: PathBuf,
}

impl Backup {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let data_dir = global.data_dir()?;
        require_database(&data_dir)?;
        if self.file.exists() {
            let message = format!("{} exists already.", self.file.display());
            return Err(
                Failure::new(Exit::Conflict, "file_exists", message).hint("Name a new file.")
            );
        }
        let mut progress = Progress::new("of the log copied");
        let saved = backup::save(&data_dir, &self.file, &mut |done, of| {
            progress.show_share(done, of)
        });
        progress.clear();
        saved?;
        // After the log: what it refers to was stored before it was referred to.
        let copied = blobs::copy(&blobs::folder(&data_dir), &blobs::beside(&self.file))?;
        let output = global.output();
        let bytes = std::fs::metadata(&self.file)?.len();
        if output.is_json() {
            output.value(&json!({"file": self.file, "size_bytes": bytes, "blobs": copied}))?;
        } else {
            output.line(&format!(
                "{}: {bytes} bytes, {copied} blobs.",
                self.file.display()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Put a backup back in place of the present log
///
/// The backup is checked first; what was there is kept beside it under another name. The runtime
/// must not run.
///
/// Example: signalbox restore /backups/signalbox-2026-11-21.db
#[derive(Debug, Args)]
pub struct Restore {
    file: PathBuf,
}

impl Restore {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        if !self.file.is_file() {
            let message = format!("There is no file {}.", self.file.display());
            return Err(Failure::new(Exit::NotFound, "no_file", message));
        }
        let data_dir = data_dir::prepare(&global.data_dir()?)?;
        let _lock = alone(&data_dir)?;
        // Before the log: it must not refer to what is not there.
        let copied = blobs::copy(&blobs::beside(&self.file), &blobs::folder(&data_dir))?;
        let mut progress = Progress::new("of the backup copied");
        let restored = backup::restore(&data_dir, &self.file, &mut |done, of| {
            progress.show_share(done, of)
        });
        progress.clear();
        verify::forget(&data_dir);
        restored?;
        let output = global.output();
        if output.is_json() {
            output.value(&json!({"data_dir": data_dir, "blobs": copied}))?;
        } else {
            output.line(&format!(
                "Restored to {}, with {copied} blobs.",
                data_dir.display()
            ))?;
            output.line(
                "What was there before is kept beside it; delete it when you need it no more.",
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! From process start to the ready line, on an empty folder and on a long stream.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::daemon::Daemon;

pub async fn empty(binary: &Path, scratch: &Path) -> Result<Duration> {
    let folder = tempfile::tempdir_in(scratch)?;
    existing(binary, folder.path()).await
}

/// The files are in the page cache: this is a restart of the program, not of the machine.
pub async fn existing(binary: &Path, data_dir: &Path) -> Result<Duration> {
    let daemon = Daemon::start(binary, data_dir).await?;
    let ready_after = daemon.ready_after;
    daemon.stop().await?;
    Ok(ready_after)
}

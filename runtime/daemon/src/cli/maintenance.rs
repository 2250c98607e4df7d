//! What the verbs share that work on the data directory itself.

use super::exit::{Exit, Failure};
use crate::serve::{DataDirLock, LockError};
use crate::store::database_path;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// A line on a terminal that grows while something long goes on.
pub struct Progress {
    what: &'static str,
    visible: bool,
    shown: bool,
}

impl Progress {
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            visible: std::io::stderr().is_terminal(),
            shown: false,
        }
    }

    pub fn show(&mut self, count: u64) {
        self.print(&format!("{count} {}", self.what));
    }

    pub fn show_share(&mut self, done: u64, of: u64) {
        let percent = (done * 100).checked_div(of).unwrap_or(100);
        self.print(&format!("{percent} % {}", self.what));
    }

    pub fn clear(&mut self) {
        if self.shown {
            self.print("");
        }
    }

    fn print(&mut self, text: &str) {
        if self.visible {
            self.shown = true;
            let mut out = std::io::stderr().lock();
            // A progress line that cannot be shown is no loss.
            write!(out, "\r\x1b[K{text}")
                .and_then(|()| out.flush())
                .ok();
        }
    }
}

/// Refuses a data directory without a database: most likely it is the wrong one.
pub fn require_database(data_dir: &Path) -> Result<(), Failure> {
    if database_path(data_dir).exists() {
        return Ok(());
    }
    let message = format!("There is no database in {}.", data_dir.display());
    Err(Failure::new(Exit::NotFound, "no_database", message)
        .hint("Name the data directory with --data-dir or SIGNALBOX_DATA_DIR."))
}

/// The data directory for this verb alone: nothing may run on it meanwhile.
pub fn alone(data_dir: &Path) -> Result<DataDirLock, Failure> {
    DataDirLock::try_acquire(data_dir).map_err(|error| match error {
        LockError::Held(holder) => {
            let message = format!("Signalbox runs on this data directory ({holder}).");
            Failure::new(Exit::Conflict, "already_running", message).hint(
                "Stop it first: quit the window, or press Ctrl-C where `signalbox up` runs, or end \
                 the process that is named here. Then try again.",
            )
        }
        LockError::Io(error) => error.into(),
    })
}

//! Folding the write-ahead log into the database, off the commit path.

use super::error::StartError;
use super::{limits, open};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that checkpoints when the write-ahead log has grown, without making the writer wait.
pub(super) struct Checkpointer {
    running: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    pub fn start(data_dir: &Path) -> Result<Self, StartError> {
        let path = open::database_path(data_dir);
        let connection = open::checkpointer(&path).map_err(|error| open::explain(&path, error))?;
        let wal = wal_path(&path);
        let (stop, stopped) = channel::<()>();
        let interval = Duration::from_millis(limits::CHECKPOINT_INTERVAL_MS);
        let work = move || {
            let mut seen = None;
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
                let Ok(file) = std::fs::metadata(&wal) else {
                    continue;
                };
                // The file keeps its length after a checkpoint: only a new write makes it worth another.
                let written = file.modified().ok();
                if file.len() >= limits::WAL_CHECKPOINT_BYTES && written != seen {
                    seen = written;
                    checkpoint(&connection, "PASSIVE");
                }
            }
            checkpoint(&connection, "TRUNCATE");
        };
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(work);
        let thread =
            thread.map_err(|error| StartError::new("start_failed", error.to_string(), "Retry."))?;
        Ok(Self {
            running: Mutex::new(Some((stop, thread))),
        })
    }

    /// Ends the thread; the write-ahead log is empty afterwards, unless somebody still reads it.
    pub fn close(&self) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((stop, thread)) = running {
            drop(stop);
            // A checkpoint that panicked loses nothing: the write-ahead log is still there.
            let _ = thread.join();
        }
    }
}

/// Keeps the write-ahead log below its limit when the writer never rests: the background has
/// already folded all but the newest pages, so the wait is short.
pub(super) struct Relief {
    wal: PathBuf,
    commits: u32,
}

impl Relief {
    /// Commits between two looks at the file.
    const COMMITS_PER_LOOK: u32 = 64;

    pub fn new(connection: &Connection) -> Self {
        Self {
            wal: wal_path(Path::new(connection.path().unwrap_or_default())),
            commits: 0,
        }
    }

    pub fn after_commit(&mut self, connection: &Connection) {
        self.commits += 1;
        if self.commits < Self::COMMITS_PER_LOOK {
            return;
        }
        self.commits = 0;
        if std::fs::metadata(&self.wal).is_ok_and(|file| file.len() > limits::WAL_BYTES_MAX) {
            checkpoint(connection, "TRUNCATE");
        }
    }
}

fn checkpoint(connection: &Connection, mode: &str) {
    // Busy readers only put it off; the next look tries again.
    if let Err(error) =
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
    {
        tracing::warn!(%error, mode, "the write-ahead log could not be folded in");
    }
}

/// The write-ahead log of a database file.
pub(super) fn wal_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

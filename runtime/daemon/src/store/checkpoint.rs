//! Folding the write-ahead log into the database, off the commit path.

use super::error::{StartError, StoreError};
use super::poison::Poison;
use super::{limits, open};
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that checkpoints when the write-ahead log has grown, without making the writer wait.
pub(super) struct Checkpointer {
    running: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    pub fn start(data_dir: &Path, pages: WalPages, poison: Poison) -> Result<Self, StartError> {
        let path = open::database_path(data_dir);
        let connection = open::checkpointer(&path).map_err(|error| open::explain(&path, error))?;
        let (stop, stopped) = channel::<()>();
        let interval = Duration::from_millis(limits::CHECKPOINT_INTERVAL_MS);
        let work = move || {
            let mut seen = 0;
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
                let now = pages.get();
                if now >= limits::WAL_CHECKPOINT_PAGES && now != seen {
                    seen = now;
                    checkpoint(&connection, "PASSIVE", &poison);
                }
            }
            checkpoint(&connection, "TRUNCATE", &poison);
            poison.spare(&connection);
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

/// Pages that the write-ahead log has taken since it last began anew. The file itself does not
/// tell: it keeps its length, because writing over a block is cheaper than adding one.
#[derive(Clone, Default)]
pub(super) struct WalPages(Arc<AtomicU64>);

impl WalPages {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Follows the commits of `writer`.
    pub fn follow(&self, writer: &mut Connection) -> rusqlite::Result<()> {
        let pages = self.0.clone();
        writer.wal_hook(Some(move |_: &mut Wal, now| {
            pages.store(u64::try_from(now).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }
}

/// Keeps the write-ahead log below its limit when the writer never rests: the background has
/// already folded all but the newest pages, so the wait is short, and the next commit begins the
/// log anew. It waits for no reader: under a long one, such as a backup, the log grows instead.
pub(super) fn relieve(writer: &Connection, pages: &WalPages, poison: &Poison) {
    if pages.get() > limits::WAL_PAGES_MAX {
        checkpoint(writer, "PASSIVE", poison);
    }
}

fn checkpoint(connection: &Connection, mode: &str, poison: &Poison) {
    // What is in doubt must not be copied over what is known.
    if poison.is_latched() {
        return;
    }
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    match connection
        .query_row(&sql, [], |_| Ok(()))
        .map_err(StoreError::from)
    {
        Ok(()) => {}
        Err(StoreError::Poisoned(reason)) => poison.latch(&reason),
        // A full disk and busy readers only put it off; the next look tries again.
        Err(error) => {
            tracing::warn!(%error, mode, "the write-ahead log could not be folded in");
        }
    }
}

/// The write-ahead log of a database file.
pub(super) fn wal_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

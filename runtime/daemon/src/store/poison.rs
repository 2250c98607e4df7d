//! The latch that a failed write closes. After it nobody knows which pages are on the disk, and a
//! later fsync that succeeds would not tell: the system reports a lost page once. So nothing more
//! is acknowledged until another process has written anew what is in doubt.

use super::error::{StartError, StoreError};
use super::{limits, open};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Closed by the first failed write, open again only in another process.
#[derive(Clone)]
pub(super) struct Poison {
    inner: Arc<Inner>,
}

struct Inner {
    marker: PathBuf,
    reason: OnceLock<String>,
}

impl Poison {
    pub fn new(data_dir: &Path) -> Self {
        let inner = Inner {
            marker: marker(data_dir),
            reason: OnceLock::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub fn is_latched(&self) -> bool {
        self.inner.reason.get().is_some()
    }

    /// # Errors
    /// [`StoreError::Poisoned`] with the reason, once latched.
    pub fn check(&self) -> Result<(), StoreError> {
        match self.inner.reason.get() {
            None => Ok(()),
            Some(reason) => Err(StoreError::Poisoned(reason.clone())),
        }
    }

    /// Closes the latch; the first reason stays.
    pub fn latch(&self, reason: &str) {
        if self.inner.reason.set(reason.to_owned()).is_err() {
            return;
        }
        tracing::error!(
            reason,
            "a write failed; nothing more is acknowledged until a restart"
        );
        // Not fsynced on purpose: it has to last exactly as long as the pages in doubt stay in
        // memory. A machine that starts anew reads the disk, and that is the truth.
        if let Err(error) = std::fs::write(&self.inner.marker, reason) {
            tracing::error!(%error, "the next start will not know of the failed write");
        }
    }

    /// Lets a connection close without folding the write-ahead log in: what is in doubt must not
    /// replace what is known.
    pub fn spare(&self, connection: &Connection) {
        if self.is_latched()
            && let Err(error) =
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        {
            tracing::warn!(%error, "the write-ahead log is folded in on close");
        }
    }
}

/// Note to the next process that this one saw a write fail.
fn marker(data_dir: &Path) -> PathBuf {
    data_dir.join("storage-poisoned")
}

/// Writes anew what a failed write of an earlier process left in doubt: the log is read with its
/// checksums, copied into the database, fsynced there, and begun afresh.
pub(super) fn recover(connection: &Connection, data_dir: &Path) -> Result<(), StartError> {
    let marker = marker(data_dir);
    if !marker.exists() {
        return Ok(());
    }
    let path = open::database_path(data_dir);
    let busy: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(|error| open::explain(&path, error))?;
    if busy {
        let message = format!(
            "Another program reads {} for longer than {} ms.",
            path.display(),
            limits::BUSY_TIMEOUT_MS
        );
        let hint = "Close the program that has signalbox.db open, then retry.";
        return Err(StartError::new("database_locked", message, hint));
    }
    tracing::warn!("what an earlier failed write left in doubt is on the disk now");
    // Left behind, it costs the next start one more copy.
    std::fs::remove_file(marker).ok();
    Ok(())
}

//! One process per data directory, by a lock of the operating system: it ends with the process,
//! however that ends.

use crate::store::StartError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The right to use a data directory.
#[derive(Debug)]
pub struct DataDirLock {
    file: File,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another Signalbox uses this data directory ({0})")]
    Held(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl DataDirLock {
    pub fn try_acquire(data_dir: &Path) -> Result<Self, LockError> {
        let path = data_dir.join("signalbox.lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                let holder = holder.trim();
                Err(LockError::Held(if holder.is_empty() {
                    "it is starting or under maintenance".to_owned()
                } else {
                    holder.to_owned()
                }))
            }
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(super) fn acquire(data_dir: &Path) -> Result<Self, StartError> {
        Self::try_acquire(data_dir).map_err(|error| match error {
            LockError::Held(holder) => StartError::new(
                "already_running",
                format!("Signalbox already runs on this data directory: {holder}."),
                "Use the one that runs, or choose another directory with --data-dir.",
            ),
            LockError::Io(error) => super::no_permission(data_dir, &error),
        })
    }

    /// Notes who holds the lock, for the message of the next one.
    pub(super) fn announce(&self, url: &str) {
        let mut file = &self.file;
        // Only a message would be poorer without it.
        let _ = file
            .rewind()
            .and_then(|()| write!(file, "{url}, process {}", std::process::id()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_and_told_who_holds_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = DataDirLock::try_acquire(dir.path()).expect("free");
        first.announce("http://127.0.0.1:1");
        let second = DataDirLock::try_acquire(dir.path()).expect_err("held");
        assert!(
            second.to_string().contains("http://127.0.0.1:1, process"),
            "{second}"
        );
        drop(first);
        DataDirLock::try_acquire(dir.path()).expect("free again");
    }
}

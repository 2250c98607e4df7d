//! What can go wrong with the database, in the words of its users.

use rusqlite::ffi;

/// A failed read or write. Nothing of it was kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. Freeing space is enough.
    #[error("the disk is full")]
    DiskFull,
    /// A write or an fsync failed: what is on the disk is not known until a restart reads it again.
    #[error("storage stopped after a failed write: {0}")]
    Poisoned(String),
    #[error("the database is damaged: {0}")]
    Damaged(String),
    #[error("too many writes are waiting")]
    Overloaded,
    #[error("the database is closed")]
    Closed,
    #[error("database: {0}")]
    Other(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreError::DiskFull,
            Some(Code::SystemIoFailure) if lacks_space(&error) => StoreError::DiskFull,
            Some(Code::SystemIoFailure) if wrote(&error) => StoreError::Poisoned(text),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Damaged(text),
            _ => StoreError::Other(text),
        }
    }
}

impl StoreError {
    /// The error of a commit. Whatever failed below the database, the commit may be on the disk
    /// all the same: only a restart can tell.
    pub(super) fn of_commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::SystemIoFailure) => StoreError::Poisoned(error.to_string()),
            _ => error.into(),
        }
    }
}

/// Whether the index of the write-ahead log could not grow: its pages are plain zeros, so only a
/// full disk refuses them.
pub(super) fn lacks_space(error: &rusqlite::Error) -> bool {
    error.sqlite_extended_error_code() == Some(ffi::SQLITE_IOERR_SHMSIZE)
}

/// Whether a write or an fsync failed: a later "success" would say nothing about these pages.
fn wrote(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_extended_error_code(),
        Some(
            ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
        )
    )
}

/// Why the database could not be opened, with the way out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    pub code: &'static str,
    pub message: String,
    pub hint: String,
}

impl StartError {
    pub fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
        }
    }
}

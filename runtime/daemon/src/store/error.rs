//! What can go wrong with the database, in the words of its users.

/// A failed read or write. Nothing of it was kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the quota, is full. Freeing space is enough.
    #[error("the disk is full")]
    DiskFull,
    /// A commit failed below SQLite: what is on disk is not known until a restart re-reads it.
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
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Damaged(text),
            _ => StoreError::Other(text),
        }
    }
}

impl StoreError {
    /// Whether a failed commit with this error leaves the file in a state that only a restart
    /// can tell: after a failed fsync, a later "success" would say nothing about earlier pages.
    pub(super) fn poisons(error: &rusqlite::Error) -> bool {
        matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::SystemIoFailure)
        )
    }
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

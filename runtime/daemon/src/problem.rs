//! The one closed enum of what can go wrong for a caller, and its mapping to HTTP and exit codes.

use crate::store::{Refused, StoreError};
use kernel::{Kind, Reject};
use serde::Serialize;

/// Something that a caller is told: a code for programs, a sentence and a hint for people.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// Refused by the rules of the domain.
    #[error("{0}")]
    Rejected(Reject),
    /// The storage could not do it.
    #[error("{0}")]
    Storage(StoreError),
    /// Too many requests or connections at once.
    #[error("the server is busy")]
    Busy,
    /// Too many attempts of one kind: try again after this many seconds.
    #[error("too many attempts")]
    TooMany { retry_after_seconds: u64 },
}

/// The body of every error of this face.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Code for programs.
    pub error: String,
    /// What happened, for people.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
    /// The member of the request that is at fault.
    pub field: Option<String>,
    /// The same code by another name, where clients know it by that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
}

impl Problem {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Problem::Rejected(reject) => match reject.kind {
                Kind::Invalid => 400,
                Kind::Unauthorized => 401,
                Kind::Forbidden => 403,
                Kind::NotFound => 404,
                Kind::Conflict => 409,
                Kind::TooLarge => 413,
                Kind::Exhausted => 429,
            },
            Problem::TooMany { .. } => 429,
            Problem::Storage(StoreError::DiskFull) => 507,
            Problem::Storage(
                StoreError::Overloaded | StoreError::Poisoned(_) | StoreError::Closed,
            )
            | Problem::Busy => 503,
            Problem::Storage(StoreError::Damaged(_) | StoreError::Other(_)) => 500,
        }
    }

    pub fn body(&self) -> ProblemBody {
        let storage = |code: &str, message: &str, hint: &str| ProblemBody {
            error: code.to_owned(),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
            field: None,
            reason_code: None,
        };
        match self {
            Problem::Rejected(reject) => ProblemBody {
                error: reject.code.to_owned(),
                message: brief(&reject.message),
                hint: reject.hint.as_deref().map(brief),
                field: reject.field.as_deref().map(brief),
                reason_code: (reject.code == "invalid_schema_version")
                    .then_some("unsupported_version"),
            },
            Problem::TooMany {
                retry_after_seconds,
            } => storage(
                "rate_limited",
                "There were too many attempts that failed.",
                &format!("Try again in {retry_after_seconds} seconds."),
            ),
            Problem::Busy | Problem::Storage(StoreError::Overloaded) => storage(
                "overloaded",
                "Too much is waiting right now. Nothing was written.",
                "Try again in a moment.",
            ),
            Problem::Storage(StoreError::DiskFull) => storage(
                "disk_full",
                "The disk is full. Nothing was written.",
                "Free some space and try again; no restart is needed.",
            ),
            Problem::Storage(StoreError::Poisoned(_)) => storage(
                "storage_poisoned",
                "A write failed below the database; nothing more is acknowledged until a restart.",
                "Check the disk, then restart the runtime.",
            ),
            Problem::Storage(StoreError::Closed) => storage(
                "shutting_down",
                "Signalbox is shutting down.",
                "Try again when it is back.",
            ),
            Problem::Storage(StoreError::Damaged(_)) => storage(
                "database_damaged",
                "The database is damaged here. Nothing was written.",
                "Run `signalbox verify`, then restore a backup with `signalbox restore`.",
            ),
            // What exactly failed is for the log, not for the caller.
            Problem::Storage(StoreError::Other(_)) => storage(
                "internal_error",
                "Signalbox could not do this.",
                "Look at the log in diagnostics, then try again.",
            ),
        }
    }
}

/// Characters of a sentence that a caller is told, at its beginning and at its end: it may quote what
/// was sent, and that may be long.
const BRIEF_CHARS: [usize; 2] = [400, 100];

/// The text without its middle, if it is long.
pub fn brief(text: &str) -> String {
    let [head, tail] = BRIEF_CHARS;
    let chars = text.chars().count();
    if chars <= head + tail {
        return text.to_owned();
    }
    let first: String = text.chars().take(head).collect();
    let last: String = text.chars().skip(chars - tail).collect();
    format!("{first} … {last}")
}

impl From<Reject> for Problem {
    fn from(reject: Reject) -> Self {
        Problem::Rejected(reject)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Problem::Storage(error)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reject(reject) => Problem::Rejected(reject),
            Refused::Store(error) => Problem::Storage(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_at_length_is_cut_in_the_middle() {
        let reject = Reject::not_found("room_not_found", "room", &"ä".repeat(300_000));
        let told = Problem::from(reject).body().message;
        assert_eq!(told.chars().count(), 503);
        assert!(told.starts_with("There is no room \"ä") && told.ends_with("in this workspace."));
        assert_eq!(brief("short"), "short");
    }
}

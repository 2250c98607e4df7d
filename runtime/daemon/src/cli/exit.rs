//! How a verb ends: exit codes that scripts may rely on, and errors that tell the way out.

use crate::client::ClientError;
use crate::config::ConfigError;
use crate::store::{StartError, StoreError};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Exit codes. They are part of the interface: a code never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Failed = 1,
    Usage = 2,
    StartFailed = 3,
    NotFound = 4,
    Refused = 5,
    Conflict = 6,
    Unreachable = 7,
}

/// Every exit code with what it means, for `--help`, the manual and docs/CLI.md.
pub const MEANINGS: [(u8, &str); 8] = [
    (0, "done"),
    (Exit::Failed as u8, "failed"),
    (Exit::Usage as u8, "wrong usage or configuration"),
    (Exit::StartFailed as u8, "a process could not start"),
    (Exit::NotFound as u8, "not found"),
    (Exit::Refused as u8, "not allowed"),
    (Exit::Conflict as u8, "conflict with the present state"),
    (Exit::Unreachable as u8, "no Signalbox answers"),
];

/// What `--help` says about them.
pub fn codes() -> String {
    let codes = MEANINGS.map(|(code, meaning)| format!("  {code}  {meaning}"));
    format!(
        "Exit codes:\n{}\n`signalbox run` passes on the exit code of its command.",
        codes.join("\n")
    )
}

/// Why a verb did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.to_owned(),
            message: message.into(),
            hint: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Tells it on standard error: JSON for programs, words for people.
    pub fn report(&self, json: bool) -> ExitCode {
        if json {
            let body = json!({"error": self.code, "message": self.message, "hint": self.hint});
            eprintln!("{body}");
        } else {
            let (on, off) = if io::stderr().is_terminal() {
                ("\x1b[31m", "\x1b[0m")
            } else {
                ("", "")
            };
            eprintln!("{on}error:{off} {}", self.message);
            if let Some(hint) = &self.hint {
                eprintln!(" hint: {hint}");
            }
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::Unreachable { .. } => Self::new(Exit::Unreachable, "unreachable", message)
                .hint(
                    "Start it with `signalbox up` or the desktop app, or name another with --url.",
                ),
            ClientError::Interrupted { .. } => Self::new(Exit::Unreachable, "interrupted", message)
                .hint("Look at `signalbox status`, then try again."),
            ClientError::Foreign { .. } => Self::new(Exit::Failed, "not_a_signalbox", message)
                .hint("Check the address in --url or SIGNALBOX_URL."),
            ClientError::Refused(refusal) => Self {
                exit: match refusal.status {
                    400 | 413 => Exit::Usage,
                    401 | 403 => Exit::Refused,
                    404 => Exit::NotFound,
                    409 => Exit::Conflict,
                    _ => Exit::Failed,
                },
                code: refusal.code,
                message: refusal.message,
                hint: refusal.hint,
            },
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, ConfigError::CODE, error.message).hint(error.hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let body = crate::problem::Problem::Storage(error.clone()).body();
        let failure = Self::new(Exit::Failed, &body.error, format!("{error}."));
        match (error, body.hint) {
            // The way out of these two is the verb that is failing here.
            (StoreError::Other(_) | StoreError::Damaged(_), _) | (_, None) => failure,
            (_, Some(hint)) => failure.hint(hint),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::new(Exit::StartFailed, error.code, error.message).hint(error.hint)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Failed, "io", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Refusal;

    #[test]
    fn statuses_map_to_exit_codes() {
        let table = [
            (400, Exit::Usage),
            (401, Exit::Refused),
            (403, Exit::Refused),
            (404, Exit::NotFound),
            (409, Exit::Conflict),
            (503, Exit::Failed),
        ];
        for (status, expected) in table {
            let refusal = Refusal {
                status,
                code: "c".into(),
                message: "m".into(),
                hint: None,
                field: None,
            };
            let failure = Failure::from(ClientError::Refused(refusal));
            assert_eq!((failure.exit, failure.code.as_str()), (expected, "c"));
        }
        let url = "http://x".to_owned();
        let failure = Failure::from(ClientError::Unreachable { url });
        assert_eq!(failure.exit as u8, 7);
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.contains("signalbox up"))
        );
    }
}

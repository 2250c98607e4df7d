//! Why a command was refused: a closed code for programs, a sentence and a hint for people.

/// What sort of refusal it is; each door maps it to its own status once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself cannot be read or is out of bounds.
    Invalid,
    /// The thing does not exist, or not for this caller.
    NotFound,
    /// The caller may not do this.
    Forbidden,
    /// The credentials shown are not valid.
    Unauthorized,
    /// The state of the thing does not allow it (any more).
    Conflict,
    /// More than a limit allows.
    TooLarge,
    /// Too many of them wait already: later there may be room.
    Exhausted,
}

/// A refused command. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Reject {
    pub kind: Kind,
    /// Stable, for programs: `run_not_running`.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
    /// The member of the request that is at fault.
    pub field: Option<String>,
}

impl Reject {
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            hint: None,
            field: None,
        }
    }

    pub fn invalid(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(Kind::Invalid, code, message)
        }
    }

    pub fn not_found(code: &'static str, what: &str, id: &str) -> Self {
        Self::new(
            Kind::NotFound,
            code,
            format!("There is no {what} {id:?} in this workspace."),
        )
        .hint("Check the identifier and the x-workspace-id header.")
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, code, message)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

//! One request to another machine: whom it may reach, how it is sent, and what of the answer is
//! kept. Told what to do by [`crate::gateway`]; knows neither the log nor the gate.

mod address;
mod host;
mod mask;
mod tls;
mod transport;

pub use host::HostRule;
pub use mask::mask;
pub use transport::{Answer, Request, host_and_port, resolve, send};

use kernel::event::Sent;
use std::fmt;
use std::time::Duration;

/// How far a request may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From here to a connection, with TLS.
    pub connect: Duration,
    /// From the start to the last byte of the answer.
    pub total: Duration,
    /// Body of the answer.
    pub response_bytes: usize,
}

/// Why there is no answer, or none that can be kept.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: &'static str,
    /// For people; never holds a secret.
    pub message: String,
    pub sent: Sent,
    /// What was known of the answer by then.
    pub http_status: Option<u16>,
    pub address: Option<String>,
}

impl Failure {
    pub fn new(code: &'static str, sent: Sent, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            sent,
            http_status: None,
            address: None,
        }
    }
}

/// A text that stands in no log: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, to be sent or to be masked.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests;

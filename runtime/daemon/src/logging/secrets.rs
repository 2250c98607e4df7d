//! The filter between a log line and its file.

use std::io::{self, Write};
use std::sync::Arc;
use tracing_subscriber::fmt::MakeWriter;

/// Shorter texts are no secrets; masking them would only damage the log.
const SECRET_BYTES_MIN: usize = 8;

/// Secrets that this process knows by value, whatever they look like.
#[derive(Clone, Default)]
pub struct Secrets {
    known: Arc<Vec<String>>,
}

impl Secrets {
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let known = known
            .into_iter()
            .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
            .collect();
        Self {
            known: Arc::new(known),
        }
    }

    /// The tokens that this process was given by its environment.
    pub fn from_environment() -> Self {
        let names = [
            supervisor::credentials::OWNER_TOKEN_ENV,
            "SIGNALBOX_TOKEN",
            crate::claw::JWT_SECRET_ENV,
        ];
        Self::new(
            names
                .into_iter()
                .filter_map(|name| std::env::var(name).ok()),
        )
    }

    fn mask(&self, text: &str) -> Option<String> {
        let mut masked: Option<String> = None;
        for secret in self.known.iter() {
            let current = masked.as_deref().unwrap_or(text);
            if current.contains(secret) {
                masked = Some(current.replace(secret, kernel::redaction::MASK));
            }
        }
        let shaped = kernel::redaction::redact_text(masked.as_deref().unwrap_or(text));
        shaped.map(|(text, _)| text).or(masked)
    }
}

/// Makes writers whose every line is masked.
pub(super) struct Masking<M> {
    inner: M,
    secrets: Secrets,
}

impl<M> Masking<M> {
    pub fn new(inner: M, secrets: Secrets) -> Self {
        Self { inner, secrets }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = MaskingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter {
            inner: self.inner.make_writer(),
            secrets: self.secrets.clone(),
        }
    }
}

pub(super) struct MaskingWriter<W> {
    inner: W,
    secrets: Secrets,
}

impl<W: Write> Write for MaskingWriter<W> {
    /// The formatter hands over each event whole, in one call, so no secret is cut in two.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let masked = std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| self.secrets.mask(text));
        match masked {
            Some(text) => self.inner.write_all(text.as_bytes())?,
            None => self.inner.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

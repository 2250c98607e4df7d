//! The whole output of a command, kept on disk until it becomes an artifact.

use std::fs::File;
use std::io::{Seek, Write};
use tokio_util::io::ReaderStream;

/// Output kept of one command, bytes; what comes after is counted and dropped.
pub const OUTPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

const _: () = assert!(OUTPUT_BYTES_MAX <= kernel::limits::BLOB_BYTES_MAX);

/// A file without a name: it is gone when the process is, however that ends.
#[derive(Debug)]
pub struct Spool {
    file: Option<File>,
    kept_bytes: u64,
    dropped_bytes: u64,
}

impl Spool {
    /// In the folder for temporary files. Without one, output is still shown live, and the
    /// recording says what is missing.
    pub fn new() -> Self {
        let file = tempfile::tempfile();
        if let Err(error) = &file {
            tracing::warn!(%error, "the output of a command cannot be kept");
        }
        Self {
            file: file.ok(),
            kept_bytes: 0,
            dropped_bytes: 0,
        }
    }

    pub fn write(&mut self, text: &str) {
        let bytes = text.len() as u64;
        let fits = self.dropped_bytes == 0 && self.kept_bytes + bytes <= OUTPUT_BYTES_MAX;
        let written = match &mut self.file {
            Some(file) if fits => file.write_all(text.as_bytes()).is_ok(),
            Some(_) | None => false,
        };
        if written {
            self.kept_bytes += bytes;
        } else {
            self.dropped_bytes += bytes;
        }
    }

    /// It keeps nothing more.
    pub fn is_full(&self) -> bool {
        self.dropped_bytes > 0
    }

    /// Counts what nobody kept.
    pub fn discard(&mut self, bytes: u64) {
        self.dropped_bytes += bytes;
    }

    pub fn finish(self) -> Recording {
        Recording {
            file: self.file,
            kept_bytes: self.kept_bytes,
            dropped_bytes: self.dropped_bytes,
        }
    }
}

/// The output of a command that has ended.
#[derive(Debug, Default)]
pub struct Recording {
    file: Option<File>,
    /// Bytes that it holds.
    pub kept_bytes: u64,
    /// Bytes that were printed and not kept.
    pub dropped_bytes: u64,
}

impl Recording {
    /// The content from its beginning; may be asked for again. `None` when there is nothing.
    pub fn body(&self) -> Option<reqwest::Body> {
        let mut file = self.file.as_ref()?.try_clone().ok()?;
        file.rewind().ok()?;
        let limited =
            tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), self.kept_bytes);
        (self.kept_bytes > 0).then(|| reqwest::Body::wrap_stream(ReaderStream::new(limited)))
    }
}

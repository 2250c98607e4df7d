//! Reading both streams of a command into its transcript.

use super::transcript::Transcript;
use kernel::event::OutputStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;

/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;

/// The readers of a command's output.
pub struct Pump {
    readers: JoinSet<()>,
    transcript: Arc<Transcript>,
}

impl Pump {
    pub fn new(transcript: Arc<Transcript>) -> Self {
        Self {
            readers: JoinSet::new(),
            transcript,
        }
    }

    /// Reads `from` to its end. What is read is shown on `screen` first, unchanged.
    pub fn add(
        &mut self,
        stream: OutputStream,
        from: Option<impl AsyncRead + Unpin + Send + 'static>,
        screen: Option<impl AsyncWrite + Unpin + Send + 'static>,
    ) {
        let transcript = self.transcript.clone();
        self.readers.spawn(async move {
            let ends = EndOfStream { stream, transcript };
            if let Some(from) = from {
                read(from, screen, &ends).await;
            }
        });
    }

    /// Waits for the end of both streams, at most `patience` long.
    pub async fn finish(mut self, patience: Duration) {
        let both = async { while self.readers.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, both).await.is_err() {
            self.readers.shutdown().await;
        }
    }
}

/// Tells the transcript of the end, whatever brought it about.
struct EndOfStream {
    stream: OutputStream,
    transcript: Arc<Transcript>,
}

impl Drop for EndOfStream {
    fn drop(&mut self) {
        self.transcript.end(self.stream);
    }
}

async fn read(
    mut from: impl AsyncRead + Unpin,
    mut screen: Option<impl AsyncWrite + Unpin>,
    to: &EndOfStream,
) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if let Some(out) = &mut screen
            && show(out, &buffer[..count]).await.is_err()
        {
            // Nobody looks any more. Going on would keep the command from noticing.
            return;
        }
        to.transcript.write(to.stream, &buffer[..count]);
    }
}

async fn show(out: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    out.write_all(bytes).await?;
    out.flush().await
}

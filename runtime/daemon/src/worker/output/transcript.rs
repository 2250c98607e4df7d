//! The two streams of one command, gathered: live chunks to send, and the whole on disk.

use super::masker::Masker;
use super::spool::{Recording, Spool};
use super::utf8::Decoder;
use kernel::event::OutputStream;
use kernel::limits::{OUTPUT_CHUNK_BYTES_MAX, OUTPUT_EVENT_BYTES_MAX};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A piece of live output, masked, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub stream: OutputStream,
    /// Place of the text in what this stream has printed, masked, bytes.
    pub offset_bytes: u64,
    pub text: String,
}

/// Gathers what a command prints. Writers never wait for the network.
#[derive(Debug)]
pub struct Transcript {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Debug)]
struct Inner {
    stdout: Channel,
    stderr: Channel,
    /// `None` once the recording was taken.
    spool: Option<Spool>,
    pending: VecDeque<Chunk>,
    /// Bytes that may still go out live; the artifact has the rest.
    live_bytes_left: u64,
    open_streams: u8,
}

#[derive(Debug, Default)]
struct Channel {
    decoder: Decoder,
    masker: Masker,
    offset_bytes: u64,
}

impl Default for Transcript {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                stdout: Channel::default(),
                stderr: Channel::default(),
                spool: Some(Spool::new()),
                pending: VecDeque::new(),
                live_bytes_left: OUTPUT_EVENT_BYTES_MAX,
                open_streams: 2,
            }),
            news: Notify::new(),
        }
    }
}

impl Transcript {
    /// Adds what a stream has printed.
    pub fn write(&self, stream: OutputStream, bytes: &[u8]) {
        let mut inner = self.lock();
        if inner.is_full() {
            inner.discard(bytes.len() as u64);
            return;
        }
        let channel = inner.channel(stream);
        let text = channel.decoder.push(bytes);
        let text = channel.masker.push(&text);
        inner.add(stream, &text);
        drop(inner);
        self.news.notify_one();
    }

    /// A stream has ended; what was held back of it is released.
    pub fn end(&self, stream: OutputStream) {
        let mut inner = self.lock();
        let channel = inner.channel(stream);
        let cut = channel.decoder.finish();
        let mut text = channel.masker.push(&cut);
        text.push_str(&channel.masker.finish());
        inner.add(stream, &text);
        inner.open_streams = inner.open_streams.saturating_sub(1);
        drop(inner);
        self.news.notify_one();
    }

    /// Waits until there is something to send. `false`: everything was sent and no more comes.
    pub async fn has_news(&self) -> bool {
        loop {
            {
                let inner = self.lock();
                if !inner.pending.is_empty() {
                    return true;
                }
                if inner.open_streams == 0 {
                    return false;
                }
            }
            self.news.notified().await;
        }
    }

    /// The oldest chunk that waits, of a size that may be sent.
    pub fn take(&self) -> Option<Chunk> {
        let mut inner = self.lock();
        let chunk = inner.pending.front_mut()?;
        let cut = cut(&chunk.text);
        if cut == chunk.text.len() {
            return inner.pending.pop_front();
        }
        let rest = chunk.text.split_off(cut);
        let text = std::mem::replace(&mut chunk.text, rest);
        let (stream, offset_bytes) = (chunk.stream, chunk.offset_bytes);
        chunk.offset_bytes += text.len() as u64;
        Some(Chunk {
            stream,
            offset_bytes,
            text,
        })
    }

    /// Nothing more goes out live; the artifact will have it.
    pub fn stop_live(&self) {
        let mut inner = self.lock();
        inner.live_bytes_left = 0;
        inner.pending.clear();
    }

    /// What was printed until now; nothing is added any more.
    pub fn record(&self) -> Recording {
        let mut inner = self.lock();
        inner.live_bytes_left = 0;
        inner.spool.take().map(Spool::finish).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn channel(&mut self, stream: OutputStream) -> &mut Channel {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        }
    }

    /// Nobody will ever see what comes now.
    fn is_full(&self) -> bool {
        let kept = self.spool.as_ref().is_some_and(|spool| !spool.is_full());
        self.live_bytes_left == 0 && !kept
    }

    fn discard(&mut self, bytes: u64) {
        if let Some(spool) = &mut self.spool {
            spool.discard(bytes);
        }
    }

    fn add(&mut self, stream: OutputStream, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(spool) = &mut self.spool {
            spool.write(text);
        }
        let channel = self.channel(stream);
        let offset_bytes = channel.offset_bytes;
        channel.offset_bytes += text.len() as u64;
        let bytes = text.len() as u64;
        if bytes > self.live_bytes_left {
            // No later piece either: live output with a hole would mislead.
            self.live_bytes_left = 0;
            return;
        }
        self.live_bytes_left -= bytes;
        match self.pending.back_mut() {
            Some(last) if last.stream == stream => last.text.push_str(text),
            Some(_) | None => self.pending.push_back(Chunk {
                stream,
                offset_bytes,
                text: text.to_owned(),
            }),
        }
    }
}

/// Where to cut a text that is too long for one chunk: after a line if possible.
fn cut(text: &str) -> usize {
    if text.len() <= OUTPUT_CHUNK_BYTES_MAX {
        return text.len();
    }
    let at = text.floor_char_boundary(OUTPUT_CHUNK_BYTES_MAX);
    text[..at].rfind('\n').map_or(at, |line_end| line_end + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use OutputStream::{Stderr, Stdout};

    fn take_all(transcript: &Transcript) -> Vec<Chunk> {
        std::iter::from_fn(|| transcript.take()).collect()
    }

    async fn recorded(transcript: &Transcript) -> (String, u64) {
        let recording = transcript.record();
        let body = recording.body().unwrap();
        let bytes = http_body_of(body).await;
        (String::from_utf8(bytes).unwrap(), recording.dropped_bytes)
    }

    async fn http_body_of(body: reqwest::Body) -> Vec<u8> {
        use axum::body::{Body, to_bytes};
        to_bytes(Body::new(body), usize::MAX)
            .await
            .unwrap()
            .to_vec()
    }

    #[tokio::test]
    async fn chunks_are_joined_masked_and_placed() {
        let transcript = Transcript::default();
        let secret = format!("sk-{}", "A1".repeat(20));
        transcript.write(Stdout, b"one\n");
        transcript.write(Stdout, format!("key {}", &secret[..9]).as_bytes());
        transcript.write(Stdout, format!("{}\n", &secret[9..]).as_bytes());
        transcript.write(Stderr, b"oh\xff\n");
        transcript.write(Stdout, b"two");
        transcript.end(Stdout);
        assert!(transcript.has_news().await);
        let chunk = |stream, offset_bytes, text: &str| Chunk {
            stream,
            offset_bytes,
            text: text.to_owned(),
        };
        let expected = [
            chunk(Stdout, 0, "one\nkey [redacted]\n"),
            chunk(Stderr, 0, "oh\u{fffd}\n"),
            chunk(Stdout, 19, "two"),
        ];
        assert_eq!(take_all(&transcript), expected);
        transcript.end(Stderr);
        assert!(!transcript.has_news().await);
        let (text, dropped) = recorded(&transcript).await;
        assert_eq!(text, "one\nkey [redacted]\noh\u{fffd}\ntwo");
        assert_eq!(dropped, 0);
    }

    #[test]
    fn long_output_is_cut_after_lines() {
        let transcript = Transcript::default();
        let line = format!("{}\n", "ä".repeat(3_000));
        transcript.write(Stdout, line.repeat(9).as_bytes());
        let chunks = take_all(&transcript);
        assert!(chunks.len() > 2);
        let mut offset = 0;
        for chunk in &chunks {
            assert_eq!(chunk.offset_bytes, offset);
            assert!(chunk.text.len() <= OUTPUT_CHUNK_BYTES_MAX && chunk.text.ends_with('\n'));
            offset += chunk.text.len() as u64;
        }
        assert_eq!(offset, 9 * line.len() as u64);
    }

    #[tokio::test]
    async fn live_output_has_a_budget_and_the_recording_has_it_all() {
        let transcript = Transcript::default();
        let block = vec![b'x'; 512 * 1024];
        for _ in 0..3 {
            transcript.write(Stderr, &block);
        }
        let live: usize = take_all(&transcript)
            .iter()
            .map(|chunk| chunk.text.len())
            .sum();
        assert_eq!(live as u64, OUTPUT_EVENT_BYTES_MAX);
        assert_eq!(recorded(&transcript).await.0.len(), 3 * block.len());
    }
}

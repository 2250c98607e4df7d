//! What is on its way to a client: bounded, so that one who does not read costs no more than this.

use super::{OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, watch};

/// Why a conversation ends; clients come back unless the code is of 3500 to 3999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goodbye {
    pub code: u16,
    pub reason: &'static str,
}

impl Goodbye {
    pub const SHUTDOWN: Goodbye = Goodbye::new(3001, "shutdown");
    pub const INTERNAL: Goodbye = Goodbye::new(3004, "internal server error");
    pub const SLOW: Goodbye = Goodbye::new(3008, "slow");
    pub const NO_PONG: Goodbye = Goodbye::new(3012, "no pong");
    pub const INVALID_TOKEN: Goodbye = Goodbye::new(3500, "invalid token");
    pub const BAD_REQUEST: Goodbye = Goodbye::new(3501, "bad request");
    pub const STALE: Goodbye = Goodbye::new(3502, "stale");
    pub const WRONG_PROTOCOL: Goodbye = Goodbye::new(3506, "inappropriate protocol");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// The session's end.
pub struct Outbox {
    frames: mpsc::Sender<Bytes>,
    bytes: Arc<AtomicUsize>,
    goodbye: watch::Sender<Option<Goodbye>>,
}

/// The transport's end.
pub struct Outgoing {
    frames: mpsc::Receiver<Bytes>,
    bytes: Arc<AtomicUsize>,
    goodbye: watch::Receiver<Option<Goodbye>>,
}

/// What a transport does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Out {
    /// UTF-8.
    Frame(Bytes),
    Close(Goodbye),
}

pub fn outbox() -> (Outbox, Outgoing) {
    let (send, frames) = mpsc::channel(OUTBOX_FRAMES_MAX);
    let (say, goodbye) = watch::channel(None);
    let bytes = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox {
        frames: send,
        bytes: bytes.clone(),
        goodbye: say,
    };
    let outgoing = Outgoing {
        frames,
        bytes,
        goodbye,
    };
    (outbox, outgoing)
}

impl Outbox {
    /// # Errors
    /// [`Goodbye::SLOW`] when too much is on its way already. One frame alone may have any size.
    pub fn send(&self, frame: impl Into<Bytes>) -> Result<(), Goodbye> {
        let frame = frame.into();
        let size = frame.len();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        if waiting > 0 && waiting + size > OUTBOX_BYTES_MAX {
            return Err(Goodbye::SLOW);
        }
        self.frames.try_send(frame).map_err(|_| Goodbye::SLOW)
    }

    pub fn close(self, goodbye: Goodbye) {
        self.goodbye.send_replace(Some(goodbye));
    }
}

impl Outgoing {
    /// The next frame. A client that is too slow is not told what is left: it comes back for it.
    pub async fn next(&mut self) -> Out {
        match self.frames.recv().await {
            Some(frame) => Out::Frame(frame),
            None => Out::Close(self.said().unwrap_or(Goodbye::INTERNAL)),
        }
    }

    /// A frame that waits already.
    pub fn waiting(&mut self) -> Option<Bytes> {
        self.frames.try_recv().ok()
    }

    /// After frames are sent.
    pub fn sent(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Why the conversation has ended, if it has.
    pub fn said(&self) -> Option<Goodbye> {
        *self.goodbye.borrow()
    }

    /// A watch on the end, for while a frame is being sent.
    pub fn ending(&self) -> watch::Receiver<Option<Goodbye>> {
        self.goodbye.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_much_waits_and_no_more() {
        let (outbox, mut outgoing) = outbox();
        outbox.send("x".repeat(OUTBOX_BYTES_MAX * 3)).unwrap();
        assert_eq!(outbox.send("y"), Err(Goodbye::SLOW));
        let Out::Frame(frame) = outgoing.next().await else {
            panic!("a frame");
        };
        outgoing.sent(frame.len() + 1);
        outbox.send("z").unwrap();
        assert_eq!(outgoing.said(), None);
        outbox.close(Goodbye::SHUTDOWN);
        assert_eq!(outgoing.said(), Some(Goodbye::SHUTDOWN));
        assert_eq!(outgoing.next().await, Out::Frame("z".into()));
        assert_eq!(outgoing.waiting(), None);
        assert_eq!(outgoing.next().await, Out::Close(Goodbye::SHUTDOWN));
    }
}

//! One watcher: history from its cursor, then live, without gap or repetition.

use super::CATCH_UP_EVENTS;
use super::feed::{Feed, FeedKey, Hub, Tail};
use crate::store::{Frame, Reader, Store, StoreError, Veil};
use kernel::StreamKey;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where a watcher starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// After this sequence (of a stream) or position (of a workspace).
    After(u64),
    /// With what comes next.
    Latest,
}

/// The next frames of a subscription, oldest first; never empty.
pub type Chunk = Vec<Frame>;

/// A page of the log that is being read.
struct Page {
    /// Everything up to here was committed before the read began, so the read sees it.
    settled: u64,
    frames: JoinHandle<Result<Vec<Frame>, StoreError>>,
}

/// A watcher of one feed.
pub struct Subscription {
    store: Store,
    key: FeedKey,
    feed: Arc<Feed>,
    changes: watch::Receiver<u64>,
    hub: Arc<Hub>,
    stage: Stage,
    /// Position of the last frame that came from the log. A read can see a commit just before it
    /// is published; the ring must not bring it again.
    read_to: u64,
    /// What this watcher may not see; `None` sees all.
    veil: Option<Veil>,
}

enum Stage {
    /// Reading the log from a cursor of the feed's own kind, a page ahead of the watcher.
    History(Page),
    /// Following the ring: everything up to this position has been delivered.
    Live { position: u64 },
}

impl Subscription {
    /// Registers first, so that nothing between the history and the tail is missed.
    pub fn new(
        store: Store,
        hub: Arc<Hub>,
        key: FeedKey,
        cursor: Cursor,
        veil: Option<Veil>,
    ) -> Self {
        let feed = hub.watch(&key);
        let changes = feed.changes();
        let stage = Stage::Live {
            position: hub.position(),
        };
        let mut subscription = Self {
            store,
            key,
            feed,
            changes,
            hub,
            stage,
            read_to: 0,
            veil,
        };
        if let Cursor::After(after) = cursor {
            subscription.stage = Stage::History(subscription.page(after));
        }
        subscription
    }

    /// The next frames; waits for them when everything has been delivered.
    pub async fn next(&mut self) -> Result<Chunk, StoreError> {
        loop {
            let mut frames = self.read().await?;
            if let Some(veil) = &self.veil {
                frames.retain(|frame| !veil.hides_frame(frame));
            }
            if !frames.is_empty() {
                return Ok(frames);
            }
        }
    }

    async fn read(&mut self) -> Result<Chunk, StoreError> {
        loop {
            match &mut self.stage {
                Stage::History(page) => {
                    let frames = (&mut page.frames).await.map_err(|_| StoreError::Closed)??;
                    match frames.last() {
                        Some(last) => {
                            let after = self.cursor_of(last);
                            self.read_to = last.position;
                            // The next page is read while this one is sent.
                            self.stage = Stage::History(self.page(after));
                            return Ok(frames);
                        }
                        None => {
                            self.stage = Stage::Live {
                                position: page.settled.max(self.read_to),
                            }
                        }
                    }
                }
                Stage::Live { position } => {
                    let position = *position;
                    self.changes.borrow_and_update();
                    match self.feed.after(position) {
                        Tail::Frames(frames) => match frames.last() {
                            Some(last) => {
                                self.stage = Stage::Live {
                                    position: last.position,
                                };
                                return Ok(frames);
                            }
                            // The feed lives as long as this subscription, so the sender does too.
                            None => self
                                .changes
                                .changed()
                                .await
                                .map_err(|_| StoreError::Closed)?,
                        },
                        Tail::Behind => {
                            let key = self.key.clone();
                            let after = self
                                .store
                                .read(move |reader| cursor_at(reader, &key, position))
                                .await?;
                            self.stage = Stage::History(self.page(after));
                        }
                    }
                }
            }
        }
    }

    fn page(&self, after: u64) -> Page {
        let (store, key, settled) = (self.store.clone(), self.key.clone(), self.hub.position());
        let frames =
            tokio::spawn(
                async move { store.read(move |reader| history(reader, &key, after)).await },
            );
        Page { settled, frames }
    }

    fn cursor_of(&self, frame: &Frame) -> u64 {
        match &self.key {
            FeedKey::Stream(_) => frame.stream_seq,
            FeedKey::Workspace(_) => frame.position,
        }
    }
}

fn history(reader: &Reader, key: &FeedKey, after: u64) -> Result<Vec<Frame>, StoreError> {
    match key {
        FeedKey::Stream(stream) => match reader.stream_number(stream)? {
            Some(number) => reader.stream_after(number, after, CATCH_UP_EVENTS),
            None => Ok(Vec::new()),
        },
        FeedKey::Workspace(workspace_id) => {
            reader.workspace_after(workspace_id, after, CATCH_UP_EVENTS)
        }
    }
}

/// The feed's own cursor for a position of the log.
fn cursor_at(reader: &Reader, key: &FeedKey, position: u64) -> Result<u64, StoreError> {
    match key {
        FeedKey::Stream(stream) => reader.stream_seq_at(stream, position),
        FeedKey::Workspace(_) => Ok(position),
    }
}

/// The stream of a room.
pub fn room(room_id: &str) -> FeedKey {
    FeedKey::Stream(StreamKey::Room(room_id.to_owned()))
}

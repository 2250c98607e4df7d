//! Feeds: the newest frames of a room or a workspace, shared by all who watch it.

use super::{RING_BYTES_MAX, RING_FRAMES_MAX};
use crate::store::{FORMS, Frame, Published};
use kernel::StreamKey;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::watch;

/// What can be watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FeedKey {
    Stream(StreamKey),
    Workspace(String),
}

/// All feeds that somebody watches.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    feeds: HashMap<FeedKey, Weak<Feed>>,
    /// Position of the newest frame that has been published.
    position: u64,
}

impl Hub {
    /// Tells where the log ends, before anybody watches.
    pub fn start_at(&self, position: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.position = state.position.max(position);
    }

    /// Hands a commit to the feeds that are watched. Called by the writer, in log order.
    pub fn publish(&self, published: &[Published]) {
        let Some(last) = published.last() else { return };
        let mut touched: Vec<Arc<Feed>> = Vec::new();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.position = last.frame.position;
            if state.feeds.is_empty() {
                return;
            }
            for one in published {
                let keys = [
                    FeedKey::Stream(one.stream.clone()),
                    FeedKey::Workspace(one.workspace_id.clone()),
                ];
                let mut frame = one.frame.clone();
                for key in keys {
                    let Some(feed) = state.feeds.get(&key).and_then(Weak::upgrade) else {
                        continue;
                    };
                    frame.written.get_or_insert_default();
                    feed.push(frame.clone());
                    if !touched.iter().any(|other| Arc::ptr_eq(other, &feed)) {
                        touched.push(feed);
                    }
                }
            }
        }
        touched.iter().for_each(|feed| feed.wake());
    }

    /// The feed of `key`, from now on: frames published after this call are in its ring.
    pub fn watch(&self, key: &FeedKey) -> Arc<Feed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = state.feeds.get(key).and_then(Weak::upgrade) {
            return feed;
        }
        let feed = Arc::new(Feed::starting_after(state.position));
        state.feeds.retain(|_, feed| feed.strong_count() > 0);
        state.feeds.insert(key.clone(), Arc::downgrade(&feed));
        feed
    }

    /// Position up to which everything is in the log and in the rings.
    pub fn position(&self) -> u64 {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .position
    }
}

/// Bytes that a frame may come to hold while it is in a ring.
fn size(frame: &Frame) -> usize {
    frame.json.len() * FORMS
}

/// The newest frames of one stream or workspace.
pub struct Feed {
    ring: Mutex<Ring>,
    changed: watch::Sender<u64>,
}

struct Ring {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Every frame of the feed after this position is in the ring.
    floor: u64,
}

/// What the ring holds after a cursor.
pub enum Tail {
    Frames(Vec<Frame>),
    /// The ring has moved past the cursor: read the log.
    Behind,
}

impl Feed {
    fn starting_after(position: u64) -> Self {
        let ring = Ring {
            frames: VecDeque::new(),
            bytes: 0,
            floor: position,
        };
        Self {
            ring: Mutex::new(ring),
            changed: watch::Sender::new(position),
        }
    }

    fn push(&self, frame: Frame) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.bytes += size(&frame);
        ring.frames.push_back(frame);
        while ring.frames.len() > RING_FRAMES_MAX || ring.bytes > RING_BYTES_MAX {
            let Some(oldest) = ring.frames.pop_front() else {
                break;
            };
            ring.bytes -= size(&oldest);
            ring.floor = oldest.position;
        }
    }

    fn wake(&self) {
        let newest = self
            .ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .frames
            .back()
            .map(|frame| frame.position);
        if let Some(newest) = newest {
            self.changed.send_replace(newest);
        }
    }

    /// Frames after `position`, oldest first.
    pub fn after(&self, position: u64) -> Tail {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if position < ring.floor {
            return Tail::Behind;
        }
        let start = ring
            .frames
            .partition_point(|frame| frame.position <= position);
        Tail::Frames(ring.frames.range(start..).cloned().collect())
    }

    /// Tells when there is more.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

//! The moment of the kill: by what has happened, never by the clock.

use super::dice::Dice;
use crate::support::signal;
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What has happened when the api is killed.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// This many requests are acknowledged, and the others are under way.
    Acknowledged(u64),
    /// This many requests are on their way, the last of them just now.
    Sent(u64),
    /// This many pieces of blobs are on their way.
    Uploaded(u64),
    /// The write-ahead log is being folded into the database.
    Folding,
    /// It was asked to stop after this many acknowledgements, and refuses its first client.
    Stopping(u64),
}

impl Ending {
    pub fn draw(dice: &mut Dice) -> Self {
        match dice.below(10) {
            0..4 => Self::Acknowledged(1 + dice.below(250)),
            4..6 => Self::Sent(1 + dice.below(250)),
            6..8 => Self::Uploaded(1 + dice.below(60)),
            8 => Self::Folding,
            _ => Self::Stopping(1 + dice.below(100)),
        }
    }
}

/// Counts what happens and kills in the midst of it.
pub struct Trigger {
    pid: i32,
    ending: Ending,
    acknowledged: AtomicU64,
    sent: AtomicU64,
    pieces: AtomicU64,
    database: PathBuf,
    /// When the database was last written; commits go to its write-ahead log.
    unfolded: Option<std::time::SystemTime>,
}

impl Trigger {
    pub fn new(pid: u32, ending: Ending, data_dir: &Path) -> Self {
        let database = data_dir.join("signalbox.db");
        Self {
            pid: pid.cast_signed(),
            ending,
            acknowledged: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            pieces: AtomicU64::new(0),
            unfolded: written(&database),
            database,
        }
    }

    /// Whether the api is to be killed once this request is on its way.
    pub fn is_last_sent(&self) -> bool {
        let count = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        matches!(self.ending, Ending::Sent(last) if count == last)
    }

    pub fn acknowledged(&self) {
        let count = self.acknowledged.fetch_add(1, Ordering::Relaxed) + 1;
        match self.ending {
            Ending::Acknowledged(last) if count == last => self.kill(),
            Ending::Stopping(last) if count == last => signal(self.pid, Signal::TERM),
            Ending::Folding if written(&self.database) != self.unfolded => self.kill(),
            Ending::Acknowledged(_)
            | Ending::Sent(_)
            | Ending::Uploaded(_)
            | Ending::Folding
            | Ending::Stopping(_) => {}
        }
    }

    pub fn piece_sent(&self) {
        let count = self.pieces.fetch_add(1, Ordering::Relaxed) + 1;
        if matches!(self.ending, Ending::Uploaded(last) if count == last) {
            self.kill();
        }
    }

    /// A request came to nothing.
    pub fn refused(&self) {
        if matches!(self.ending, Ending::Stopping(_)) {
            self.kill();
        }
    }

    /// The process stays until it is waited for, so its number is nobody else's.
    pub fn kill(&self) {
        signal(self.pid, Signal::KILL);
    }
}

fn written(database: &Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(database)
        .and_then(|file| file.modified())
        .ok()
}

//! The only place that reads a clock.

use std::time::Instant;

use jiff::Timestamp;

use crate::machine::Now;

/// The wall clock.
pub(crate) fn wall() -> Timestamp {
    Timestamp::now()
}

/// Both clocks, the monotonic one counted from one start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock {
            started: Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Now {
        Now {
            monotonic: self.started.elapsed(),
            wall: wall(),
        }
    }

    /// The instant that is `monotonic` after the start.
    pub(crate) fn instant(self, monotonic: std::time::Duration) -> Instant {
        self.started + monotonic
    }
}

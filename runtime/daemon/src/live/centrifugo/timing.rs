//! A timer that a client listens to: told by the clock of the machine, and only while somebody listens.

use kernel::Timestamp;
use kernel::broker::Timer;
use serde_json::Value;
use std::time::Duration;

/// How long a clock that somebody has set anew may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

pub struct Timing {
    timer: Timer,
    /// Up to then everything has been told.
    seen: Timestamp,
}

impl Timing {
    pub fn since(timer: Timer, now: Timestamp) -> Self {
        Self { timer, seen: now }
    }

    /// What it says now, if it has fired since it was last asked.
    pub fn told(&mut self, now: Timestamp) -> Option<Value> {
        let fired = self.timer.fired(self.seen, now);
        // Also back, with the clock.
        self.seen = now;
        fired.map(|at| self.timer.told(at))
    }

    /// How long there is nothing to ask for.
    pub fn wait(&self, now: Timestamp) -> Duration {
        let left_ms = self.timer.next_after(self.seen).millis() - now.millis();
        let left = u64::try_from(left_ms).map_or(Duration::ZERO, Duration::from_millis);
        left.min(LOOK_AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_once_for_each_time_and_once_for_those_that_were_slept_through() {
        let now = |ms: i64| Timestamp::from_millis(1_000_000_000_000 + ms);
        let mut timing = Timing::since(Timer::Second, now(400));
        assert_eq!(timing.wait(now(400)), Duration::from_millis(600));
        assert_eq!(timing.told(now(999)), None);
        assert_eq!(timing.wait(now(1_005)), Duration::ZERO);
        let unix = |said: Option<Value>| said.map(|said| said["unix"].as_i64().unwrap_or_default());
        assert_eq!(unix(timing.told(now(1_005))), Some(now(1_000).millis()));
        assert_eq!(timing.told(now(1_006)), None);
        assert_eq!(
            unix(timing.told(now(61_006))),
            Some(now(61_000).millis()),
            "the newest"
        );
        // The clock is set back, and goes on from there.
        assert_eq!(timing.told(now(2_500)), None);
        assert_eq!(timing.wait(now(2_500)), Duration::from_millis(500));
        assert_eq!(unix(timing.told(now(3_000))), Some(now(3_000).millis()));
        let yearly = Timing::since(Timer::Yearly, now(0));
        assert_eq!(yearly.wait(now(0)), LOOK_AGAIN);
    }
}

//! Guessing a passphrase takes longer the more often it fails.

use kernel::Timestamp;
use kernel::limits::{LOGIN_FAILURES_FREE, LOGIN_WAIT_MS, LOGIN_WAIT_MS_MAX};
use std::collections::HashMap;

/// Attempts that failed, by workspace: no more of them than have a passphrase. They are forgotten with
/// the process, which only the owner ends.
#[derive(Debug, Default)]
pub struct Throttle {
    failed: HashMap<String, Failed>,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    in_a_row: u32,
    next_at: Timestamp,
}

impl Throttle {
    /// Begins an attempt, which counts as failed until it is told otherwise: who hangs up on the answer
    /// has guessed as well. Refused with the seconds to wait.
    pub fn begin(&mut self, workspace_id: &str, now: Timestamp) -> Result<(), u64> {
        let failed = self.failed.entry(workspace_id.to_owned());
        let failed = failed.or_insert(Failed {
            in_a_row: 0,
            next_at: now,
        });
        let left = failed.next_at.millis() - now.millis();
        if left > 0 {
            return Err(left.unsigned_abs().div_ceil(1_000));
        }
        failed.in_a_row = failed.in_a_row.saturating_add(1);
        failed.next_at = now.plus_millis(wait(failed.in_a_row));
        Ok(())
    }

    pub fn succeeded(&mut self, workspace_id: &str) {
        self.failed.remove(workspace_id);
    }
}

/// Time from one failure to the next attempt, milliseconds.
fn wait(in_a_row: u32) -> i64 {
    let Some(doublings) = in_a_row.checked_sub(LOGIN_FAILURES_FREE) else {
        return 0;
    };
    let factor = 1_i64.checked_shl(doublings).filter(|factor| *factor > 0);
    factor
        .and_then(|factor| LOGIN_WAIT_MS.checked_mul(factor))
        .map_or(LOGIN_WAIT_MS_MAX, |wait| wait.min(LOGIN_WAIT_MS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_after_the_free_ones_doubles_the_wait() {
        let mut throttle = Throttle::default();
        let mut now = Timestamp::from_millis(1_000_000);
        for _ in 0..LOGIN_FAILURES_FREE {
            assert_eq!(throttle.begin("ws", now), Ok(()));
        }
        for seconds in [30, 60, 120, 240, 480, 900, 900, 900] {
            assert_eq!(throttle.begin("ws", now), Err(seconds));
            assert_eq!(throttle.begin("other", now), Ok(()), "each for itself");
            throttle.succeeded("other");
            now = now.plus_millis(seconds as i64 * 1_000 - 1);
            assert_eq!(throttle.begin("ws", now), Err(1));
            now = now.plus_millis(1);
            assert_eq!(throttle.begin("ws", now), Ok(()));
        }
        throttle.succeeded("ws");
        assert_eq!(throttle.begin("ws", now), Ok(()), "and begins anew");
        for failures in [40, 63, 64, 70, u32::MAX] {
            assert_eq!(wait(failures), LOGIN_WAIT_MS_MAX, "{failures}");
        }
    }
}

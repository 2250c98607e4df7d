//! How often somebody speaks: so many times in each second, counted from the first.

use kernel::limits::{TOPIC_RATE_MAX, TOPIC_RATES_MAX};
use kernel::{Principal, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Length of a window, milliseconds.
const WINDOW_MS: i64 = 1_000;

/// Everybody's present window.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<Option<Principal>, Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since: i64,
    count: u32,
}

impl Rates {
    /// Counts one try; all who are nobody count together. `Err` is when the next may come.
    pub fn count(&self, who: Option<&Principal>, now: Timestamp) -> Result<(), Timestamp> {
        let now = now.millis();
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| !(0..WINDOW_MS).contains(&(now - window.since));
        if windows.len() >= TOPIC_RATES_MAX && !windows.contains_key(&who.cloned()) {
            windows.retain(|_, window| !is_over(window));
            if windows.len() >= TOPIC_RATES_MAX {
                return Err(Timestamp::from_millis(now + WINDOW_MS));
            }
        }
        let fresh = Window {
            since: now,
            count: 0,
        };
        let window = windows.entry(who.cloned()).or_insert(fresh);
        if is_over(window) {
            *window = fresh;
        }
        window.count = window.count.saturating_add(1);
        if window.count <= TOPIC_RATE_MAX {
            return Ok(());
        }
        Err(Timestamp::from_millis(window.since + WINDOW_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_the_first_try() {
        let rates = Rates::default();
        let at = |ms: i64| Timestamp::from_millis(1_000_000 + ms);
        let bob = Principal::Agent("bob".to_owned());
        for ms in [0, 1, 2, 3, 900] {
            assert_eq!(rates.count(Some(&bob), at(ms)), Ok(()));
        }
        // Tries that are refused count, and change nothing about the end.
        for ms in [900, 999] {
            assert_eq!(rates.count(Some(&bob), at(ms)), Err(at(1_000)));
        }
        assert_eq!(rates.count(None, at(999)), Ok(()), "somebody else");
        assert_eq!(rates.count(Some(&bob), at(1_000)), Ok(()));
        // A clock that was set back begins anew.
        for ms in [-5_000, -5_000, -5_000, -5_000, -5_000] {
            assert_eq!(rates.count(Some(&bob), at(ms)), Ok(()));
        }
        assert_eq!(rates.count(Some(&bob), at(-4_999)), Err(at(-4_000)));
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let rates = Rates::default();
        let now = Timestamp::from_millis(5);
        for n in 0..TOPIC_RATES_MAX {
            let who = Principal::Agent(format!("a{n}"));
            assert_eq!(rates.count(Some(&who), now), Ok(()));
        }
        assert!(rates.count(None, now).is_err());
        assert_eq!(rates.count(None, now.plus_millis(WINDOW_MS)), Ok(()));
    }
}

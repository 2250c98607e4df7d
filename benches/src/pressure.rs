//! Whether somebody else is using the machine while nothing of ours runs.

use std::fs;
use std::time::{Duration, Instant};

/// Share of the time in which something waited for a processor or a disk; above this a round is repeated.
pub const NOISY: f64 = 0.10;
const WATCHED: Duration = Duration::from_millis(500);

/// The larger share of CPU and IO pressure over half a second; `None` where the kernel does not say.
pub async fn of_others() -> Option<f64> {
    let before = (stalled_us("cpu")?, stalled_us("io")?);
    let started = Instant::now();
    tokio::time::sleep(WATCHED).await;
    let watched_us = started.elapsed().as_secs_f64() * 1e6;
    let share = |after: u64, before: u64| after.saturating_sub(before) as f64 / watched_us;
    Some(share(stalled_us("cpu")?, before.0).max(share(stalled_us("io")?, before.1)))
}

fn stalled_us(resource: &str) -> Option<u64> {
    some_total(&fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?)
}

fn some_total(text: &str) -> Option<u64> {
    text.lines()
        .find(|line| line.starts_with("some "))?
        .rsplit_once("total=")?
        .1
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::some_total;

    #[test]
    fn the_total_of_the_some_line() {
        let text =
            "some avg10=0.00 avg60=0.12 avg300=1.32 total=18798136\nfull avg10=0.00 total=5\n";
        assert_eq!(some_total(text), Some(18_798_136));
        assert_eq!(some_total("full total=5"), None);
    }
}

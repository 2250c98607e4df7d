//! Order statistics: medians across rounds, percentiles within a slice.

use std::time::Duration;

/// The middle value; the mean of the two middle ones when their number is even. `None` for nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The smallest value that at least `share` of all values do not exceed (nearest rank). `sorted` must be sorted.
fn percentile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(0)
}

/// What one slice of one round showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    pub per_second: f64,
    pub p50_us: f64,
    pub p95_us: f64,
    pub p99_us: f64,
}

impl Slice {
    /// `latencies_ns` of everything that completed in `elapsed`.
    pub fn of(mut latencies_ns: Vec<u64>, elapsed: Duration) -> Self {
        latencies_ns.sort_unstable();
        Self {
            per_second: latencies_ns.len() as f64 / elapsed.as_secs_f64(),
            p50_us: percentile(&latencies_ns, 0.50) as f64 / 1_000.0,
            p95_us: percentile(&latencies_ns, 0.95) as f64 / 1_000.0,
            p99_us: percentile(&latencies_ns, 0.99) as f64 / 1_000.0,
        }
    }
}

/// Nanoseconds as the latency vectors hold them; a slice never lasts the 584 years that would overflow.
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Slice, median, percentile};

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 0.50), 50);
        assert_eq!(percentile(&hundred, 0.99), 99);
        assert_eq!(percentile(&hundred, 1.0), 100);
        assert_eq!(percentile(&[7], 0.99), 7);
        assert_eq!(percentile(&[], 0.99), 0);
    }

    #[test]
    fn a_slice_counts_and_orders() {
        let slice = Slice::of(vec![3_000, 1_000, 2_000, 9_000], Duration::from_secs(2));
        assert_eq!(
            slice,
            Slice {
                per_second: 2.0,
                p50_us: 2.0,
                p95_us: 9.0,
                p99_us: 9.0
            }
        );
    }
}

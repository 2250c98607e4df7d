//! What we aim for. Printed beside the results, never asserted.

use crate::record::Figure;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Whether the bound is on the value itself or on its ratio to the anchor of the same round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Value,
    Anchor,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    pub on: On,
    pub bound: Bound,
}

impl Aim {
    /// `None` when the figure has no ratio to judge.
    pub fn is_met(self, figure: &Figure) -> Option<bool> {
        let judged = match self.on {
            On::Value => figure.median(),
            On::Anchor => figure.ratio()?,
        };
        Some(match self.bound {
            Bound::AtLeast(least) => judged >= least,
            Bound::AtMost(most) => judged <= most,
        })
    }
}

const fn at_least(on: On, value: f64) -> Aim {
    Aim {
        on,
        bound: Bound::AtLeast(value),
    }
}

const fn at_most(on: On, value: f64) -> Aim {
    Aim {
        on,
        bound: Bound::AtMost(value),
    }
}

/// By name of the figure.
const AIMS: &[(&str, Aim)] = &[
    // One client waits for one fdatasync and the way there and back.
    ("POST message, 1 client: rate", at_least(On::Anchor, 0.45)),
    ("POST message, 1 client: p99", at_most(On::Anchor, 4.0)),
    // Sixty-four share their commits.
    (
        "POST message, 64 clients: of featureless group commit",
        at_least(On::Value, 0.4),
    ),
    ("POST message, 64 clients: p99", at_most(On::Value, 8_000.0)),
    // Durable first, then two more hops over loopback.
    ("POST to SSE, 1 subscriber: p50", at_most(On::Anchor, 3.0)),
    ("POST to SSE, 1 subscriber: p99", at_most(On::Anchor, 8.0)),
    (
        "POST to SSE, 1000 subscribers: p50",
        at_most(On::Anchor, 54.0),
    ),
    (
        "POST to SSE, 1000 subscribers: p99",
        at_most(On::Anchor, 101.0),
    ),
    (
        "SSE saturated, 1000 subscribers: rate",
        at_least(On::Value, 600_000.0),
    ),
    ("catch-up: time", at_most(On::Value, 1.0)),
    ("start, empty: time", at_most(On::Value, 100.0)),
    ("start, long stream: time", at_most(On::Value, 250.0)),
    ("recovery after kill -9: time", at_most(On::Value, 1_000.0)),
    (
        "recovery after kill -9: acknowledged messages lost",
        at_most(On::Value, 0.0),
    ),
    ("idle api + worker: CPU", at_most(On::Value, 0.2)),
    ("idle api + worker: PSS", at_most(On::Value, 40e6)),
    ("idle desktop app: PSS", at_most(On::Value, 336e6)),
    // 1.6 times a content of 256 bytes, hash chain and indexes included.
    (
        "on disk per event, without search",
        at_most(On::Value, 410.0),
    ),
    // Other queues, each as safe against a power cut as we are.
    (
        "claim and complete, 64 engines: of BullMQ",
        at_least(On::Value, 1.0),
    ),
    (
        "claim and complete, 64 engines: of graphile-worker",
        at_least(On::Value, 3.0),
    ),
    (
        "run of three steps, 1 client: of Restate",
        at_least(On::Value, 4.0),
    ),
    (
        "run of three steps, 64 clients: of Restate",
        at_least(On::Value, 8.0),
    ),
    // What a person waits for while looking at something, however long the log has grown.
    (
        "page of 100 events of a run: p99",
        at_most(On::Value, 5_000.0),
    ),
    (
        "page of 100 events of a run: p99, of a log a tenth as long",
        at_most(On::Value, 1.5),
    ),
    ("steps of a run: p99", at_most(On::Value, 5_000.0)),
    (
        "steps of a run: p99, of a log a tenth as long",
        at_most(On::Value, 1.5),
    ),
    ("tool calls of a run: p99", at_most(On::Value, 5_000.0)),
    (
        "tool calls of a run: p99, of a log a tenth as long",
        at_most(On::Value, 1.5),
    ),
    ("search for two words: p95", at_most(On::Value, 50_000.0)),
    (
        "search for two words: p95, of a log a tenth as long",
        at_most(On::Value, 1.5),
    ),
    ("inbox, first page: p99", at_most(On::Value, 5_000.0)),
    ("inbox, next page: p99", at_most(On::Value, 5_000.0)),
    // Live delivery: durable, and yet no later than products that keep nothing.
    (
        "SSE, 1000 subscribers: p50, of nchan SSE",
        at_most(On::Value, 1.0),
    ),
    (
        "SSE, 1000 subscribers: p99, of nchan SSE",
        at_most(On::Value, 1.0),
    ),
    (
        "SSE, 1000 subscribers: p50, of NATS",
        at_most(On::Value, 1.0),
    ),
    (
        "SSE, 1000 subscribers: p99, of NATS",
        at_most(On::Value, 1.0),
    ),
    (
        "WebSocket, 1000 subscribers: p50, of nchan WebSocket",
        at_most(On::Value, 1.0),
    ),
    (
        "WebSocket, 1000 subscribers: p99, of nchan WebSocket",
        at_most(On::Value, 1.0),
    ),
    (
        "WebSocket, 1000 subscribers: p50, of NATS",
        at_most(On::Value, 1.0),
    ),
    (
        "WebSocket, 1000 subscribers: p99, of NATS",
        at_most(On::Value, 1.0),
    ),
    (
        "SSE, 1000 subscribers: saturated rate, of nchan SSE",
        at_least(On::Value, 3.0),
    ),
    (
        "WebSocket, 1000 subscribers: saturated rate, of nchan WebSocket",
        at_least(On::Value, 3.0),
    ),
    (
        "memory for each of 1000 subscribers, SSE",
        at_most(On::Value, 25_000.0),
    ),
    (
        "memory for each of 5000 subscribers, SSE",
        at_most(On::Value, 25_000.0),
    ),
    (
        "memory for each of 1000 subscribers, WebSocket",
        at_most(On::Value, 25_000.0),
    ),
    (
        "memory for each of 5000 subscribers, WebSocket",
        at_most(On::Value, 25_000.0),
    ),
    (
        "10000 SSE clients connected at once: time",
        at_most(On::Value, 2.0),
    ),
    ("p99, of that when all read", at_most(On::Value, 1.2)),
    (
        "upload of 64 MiB: of SHA-256 on one core",
        at_least(On::Value, 0.6),
    ),
    (
        "download of 64 MiB: of SHA-256 on one core",
        at_least(On::Value, 0.6),
    ),
    // One durable write, like a message.
    ("inbox, decide: p99", at_most(On::Anchor, 4.0)),
];

pub fn of(name: &str) -> Option<Aim> {
    AIMS.iter()
        .find(|(aimed, _)| *aimed == name)
        .map(|(_, aim)| *aim)
}

#[cfg(test)]
mod tests {
    use super::{Aim, Bound, On};
    use crate::measure::Measurement;
    use crate::record::{Record, Unit};

    #[test]
    fn met_and_missed() {
        let mut record = Record::default();
        record.add_against(Measurement::Append, "x", Unit::PerSecond, 50.0, 100.0);
        let figure = &record.figures[0];
        let judge = |on, bound| Aim { on, bound }.is_met(figure);
        assert_eq!(judge(On::Anchor, Bound::AtLeast(0.5)), Some(true));
        assert_eq!(judge(On::Anchor, Bound::AtLeast(0.51)), Some(false));
        assert_eq!(judge(On::Value, Bound::AtMost(50.0)), Some(true));
        assert_eq!(judge(On::Value, Bound::AtMost(49.0)), Some(false));
    }

    #[test]
    fn without_a_ratio_nothing_is_judged() {
        let mut record = Record::default();
        record.add(Measurement::Append, "x", Unit::PerSecond, 50.0);
        assert_eq!(
            Aim {
                on: On::Anchor,
                bound: Bound::AtLeast(0.5)
            }
            .is_met(&record.figures[0]),
            None
        );
    }
}

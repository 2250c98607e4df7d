//! Interleaved rounds: in each, everything short is measured once, beside the anchor of that moment.

mod append;
mod blobs;
mod fanout;
mod flow;
mod gate;
mod inbox;
mod live;
mod queue;
mod stalled;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::daemon::Daemon;
use crate::http::Address;
use crate::measure::inbox::Inbox;
use crate::measure::{Measurement, anchor, engines};
use crate::options::Options;
use crate::peers::Peers;
use crate::pressure;
use crate::record::{Record, Unit};
use crate::stats::Slice;

/// What is measured in rounds.
pub const MEASUREMENTS: [Measurement; 10] = [
    Measurement::Bounds,
    Measurement::Append,
    Measurement::Fanout,
    Measurement::Queue,
    Measurement::Gate,
    Measurement::Flow,
    Measurement::Inbox,
    Measurement::Live,
    Measurement::Stalled,
    Measurement::Blobs,
];
/// As many as the largest number of clients that claim.
const ENGINES: usize = 64;

pub async fn run(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    let (queues, flows) = (
        options.wants(Measurement::Queue),
        options.wants(Measurement::Flow),
    );
    let mut peers = Peers::start(options, record).await?;
    let daemon = Daemon::start(&options.binary, &scratch.join("rounds")).await?;
    let engines = if queues || flows {
        engines::register(&daemon.address, ENGINES).await?
    } else {
        Vec::new()
    };
    let mut inbox = if options.wants(Measurement::Inbox) {
        Some(Inbox::fill(&daemon.address).await?)
    } else {
        None
    };
    let mut noisy = 0;
    for number in 1..=options.rounds {
        noisy = quiet(number, noisy, options, record).await;
        eprintln!("round {number} of {}", options.rounds);
        let slice = Duration::from_millis(options.slice_ms);
        let mut round = Round {
            number,
            options,
            scratch,
            daemon: &daemon,
            engines: &engines,
            ruler: anchor::measure(scratch, slice)?,
            slice,
            record,
        };
        one_round(&mut round, &mut peers, inbox.as_mut()).await?;
    }
    daemon.stop().await?;
    peers.stop().await
}

/// Waits for quiet, but not more often than there are rounds; then takes what there is and says so. Returns how often
/// it has waited by now.
async fn quiet(round: usize, mut noisy: usize, options: &Options, record: &mut Record) -> usize {
    while let Some(share) = pressure::of_others()
        .await
        .filter(|share| *share > pressure::NOISY)
    {
        if noisy >= options.rounds {
            record.note(format!(
                "round {round} ran while others used {:.0} % of the machine",
                share * 100.0
            ));
            break;
        }
        noisy += 1;
    }
    noisy
}

async fn one_round(
    round: &mut Round<'_>,
    peers: &mut Peers,
    inbox: Option<&mut Inbox>,
) -> Result<()> {
    let ruler = round.ruler;
    round.add(
        Measurement::Bounds,
        "anchor, append 320 B + fdatasync",
        ruler,
    );
    append::run(round).await?;
    if round.options.wants(Measurement::Fanout) {
        fanout::run(round).await?;
    }
    if round.options.wants(Measurement::Queue) {
        queue::run(round, peers).await?;
    }
    if round.options.wants(Measurement::Gate) {
        gate::run(round).await?;
    }
    if round.options.wants(Measurement::Flow) {
        flow::run(round, peers).await?;
    }
    if let Some(inbox) = inbox {
        inbox::run(round, inbox).await?;
    }
    if round.options.wants(Measurement::Live) {
        live::run(round, peers).await?;
    }
    if round.options.wants(Measurement::Stalled) {
        stalled::run(round).await?;
    }
    if round.options.wants(Measurement::Blobs) {
        blobs::run(round).await?;
    }
    Ok(())
}

/// What the measurements of one round share.
struct Round<'a> {
    /// From 1.
    number: usize,
    options: &'a Options,
    scratch: &'a Path,
    daemon: &'a Daemon,
    engines: &'a [Address],
    /// What the anchor showed in this round.
    ruler: Slice,
    slice: Duration,
    record: &'a mut Record,
}

impl Round<'_> {
    /// A rate and its latencies.
    fn add(&mut self, measurement: Measurement, name: &str, measured: Slice) {
        self.add_rate(measurement, name, measured.per_second);
        self.add_latencies(measurement, name, measured);
    }

    fn add_rate(&mut self, measurement: Measurement, name: &str, per_second: f64) {
        let name = format!("{name}: rate");
        let base = self.ruler.per_second;
        self.record
            .add_against(measurement, &name, Unit::PerSecond, per_second, base);
    }

    fn add_latencies(&mut self, measurement: Measurement, name: &str, measured: Slice) {
        for (what, value) in [("p50", measured.p50_us), ("p99", measured.p99_us)] {
            let name = format!("{name}: {what}");
            let base = self.ruler.p50_us;
            self.record
                .add_against(measurement, &name, Unit::Microseconds, value, base);
        }
    }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

//! Interleaved rounds: in each, everything short is measured once, beside the anchor of that moment.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::daemon::Daemon;
use crate::measure::append::{self, Target};
use crate::measure::{Measurement, anchor, bounds, fanout};
use crate::options::Options;
use crate::pressure;
use crate::record::{Record, Unit};
use crate::stats::Slice;

const CLIENTS: [usize; 3] = [1, 16, 64];
const SUBSCRIBERS: [usize; 3] = [1, 100, 1_000];
/// Deliveries of one saturated slice, whatever the number of subscribers.
const DELIVERIES: usize = 400_000;
/// Fewer messages than this would measure the first commit, more would never end with one subscriber.
const MESSAGES: (usize, usize) = (200, 20_000);

pub async fn run(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    let daemon = Daemon::start(&options.binary, &scratch.join("rounds")).await?;
    let mut noisy = 0;
    for round in 1..=options.rounds {
        // Wait for quiet as often as there are rounds, then take what there is and say so.
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
        eprintln!("round {round} of {}", options.rounds);
        one_round(options, scratch, &daemon, record).await?;
    }
    daemon.stop().await
}

async fn one_round(
    options: &Options,
    scratch: &Path,
    daemon: &Daemon,
    record: &mut Record,
) -> Result<()> {
    let slice = Duration::from_millis(options.slice_ms);
    let ruler = anchor::measure(scratch, slice)?;
    let mut against = |measurement, name: &str, measured: Slice| {
        let figures = [
            (
                "rate",
                Unit::PerSecond,
                measured.per_second,
                ruler.per_second,
            ),
            ("p50", Unit::Microseconds, measured.p50_us, ruler.p50_us),
            ("p99", Unit::Microseconds, measured.p99_us, ruler.p50_us),
        ];
        for (what, unit, value, base) in figures {
            record.add_against(measurement, &format!("{name}: {what}"), unit, value, base);
        }
    };
    against(
        Measurement::Bounds,
        "anchor, append 320 B + fdatasync",
        ruler,
    );
    let (mut featureless, mut shares) = (None, Vec::new());
    if options.wants(Measurement::Bounds) {
        let single = bounds::one_row_per_transaction(scratch, slice)?;
        against(
            Measurement::Bounds,
            "SQLite FULL, one row per transaction",
            single,
        );
        let name = format!("SQLite FULL, group commit, {} writers", bounds::WRITERS);
        let group = bounds::group_commit(scratch, slice)?;
        featureless = Some(group.per_second);
        against(Measurement::Bounds, &name, group);
    }
    if options.wants(Measurement::Append) {
        for clients in CLIENTS {
            let target = Target::create(&daemon.address, "append").await?;
            let name = format!("POST message, {clients} {}", plural(clients, "client"));
            let measured = append::measure(&target, clients, slice).await?;
            let rate = measured.per_second;
            against(Measurement::Append, &name, measured);
            if let Some(bound) = featureless.filter(|_| clients == bounds::WRITERS) {
                shares.push((format!("{name}: of featureless group commit"), rate / bound));
            }
        }
    }
    for (name, share) in shares {
        record.add(Measurement::Append, &name, Unit::Share, share);
    }
    if options.wants(Measurement::Fanout) {
        for subscribers in SUBSCRIBERS {
            let audience = format!("{subscribers} {}", plural(subscribers, "subscriber"));
            let target = Target::create(&daemon.address, "fanout").await?;
            let latency = fanout::latency(&target, subscribers, slice).await?;
            for (what, value) in [("p50", latency.p50_us), ("p99", latency.p99_us)] {
                let name = format!("POST to SSE, {audience}: {what}");
                record.add_against(
                    Measurement::Fanout,
                    &name,
                    Unit::Microseconds,
                    value,
                    ruler.p50_us,
                );
            }
            let messages = (DELIVERIES / subscribers).clamp(MESSAGES.0, MESSAGES.1)
                / if options.quick { 4 } else { 1 };
            let saturated = fanout::saturated(&target, subscribers, messages).await?;
            let name = format!("SSE saturated, {audience}: rate");
            let rate = saturated.deliveries_per_second;
            record.add_against(
                Measurement::Fanout,
                &name,
                Unit::PerSecond,
                rate,
                ruler.per_second,
            );
            let name = format!("SSE saturated, {audience}: subscribers told to resume");
            record.add(
                Measurement::Fanout,
                &name,
                Unit::Count,
                saturated.resumed as f64,
            );
        }
    }
    Ok(())
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

//! What needs a long stream: reading it, starting on it, looking at one run in it, and the room it takes.

mod inspection;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::daemon::Daemon;
use crate::measure::append::Target;
use crate::measure::{Measurement, catchup, footprint, seed, start};
use crate::options::Options;
use crate::record::{Record, Unit, millis};

pub async fn run(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    let data_dir = scratch.join("long");
    eprintln!("writing {} messages", options.events);
    let daemon = Daemon::start(&options.binary, &data_dir).await?;
    let mut target = Target::create(&daemon.address, "long").await?;
    let (daemon, inspected) = if options.wants(Measurement::Inspector) {
        let tenth = options.events / 10;
        let inspected = inspection::seed(&target, tenth).await?;
        daemon.stop().await?;
        inspection::keep_short(&data_dir, scratch)?;
        let daemon = Daemon::start(&options.binary, &data_dir).await?;
        target.address = daemon.address.clone();
        seed::fill(&target, options.events - tenth).await?;
        (daemon, Some(inspected))
    } else {
        seed::fill(&target, options.events).await?;
        (daemon, None)
    };
    let events = target.head().await?;
    daemon.stop().await?;

    if options.wants(Measurement::Footprint) {
        footprints(&data_dir, events, record)?;
    }
    if options.wants(Measurement::Start) {
        eprintln!("starting");
        for _ in 0..options.repeats {
            let empty = start::empty(&options.binary, scratch).await?;
            record.add(
                Measurement::Start,
                "start, empty: time",
                Unit::Milliseconds,
                millis(empty),
            );
            let existing = start::existing(&options.binary, &data_dir).await?;
            record.add(
                Measurement::Start,
                "start, long stream: time",
                Unit::Milliseconds,
                millis(existing),
            );
        }
    }
    if options.wants(Measurement::Catchup) {
        eprintln!("catching up");
        // A fresh process, so that its memory is that of reading and not of having written.
        let daemon = Daemon::start(&options.binary, &data_dir).await?;
        let target = Target {
            address: daemon.address.clone(),
            ..target
        };
        for _ in 0..options.repeats.min(3) {
            let measured = catchup::measure(&target, daemon.pid).await?;
            let seconds = measured.elapsed.as_secs_f64();
            record.add(
                Measurement::Catchup,
                "catch-up: time",
                Unit::Seconds,
                seconds,
            );
            record.add(
                Measurement::Catchup,
                "catch-up: rate",
                Unit::PerSecond,
                measured.events as f64 / seconds,
            );
            let peak = measured.peak_pss_bytes as f64;
            record.add(
                Measurement::Catchup,
                "catch-up: largest PSS of the runtime",
                Unit::Bytes,
                peak,
            );
        }
        daemon.stop().await?;
    }
    if let Some(run_id) = inspected {
        eprintln!("inspecting");
        inspection::run(options, scratch, &data_dir, &run_id, record).await?;
    }
    if options.events < 1_000_000 {
        record.note(format!(
            "the long stream had {events} events, the aims are for 1,000,000"
        ));
    }
    std::fs::remove_dir_all(&data_dir)?;
    Ok(())
}

fn footprints(data_dir: &Path, events: u64, record: &mut Record) -> Result<()> {
    let measured = footprint::measure(&database(data_dir)?, events)?;
    let per_event = |bytes: u64| bytes as f64 / measured.events as f64;
    let figures = [
        (
            "on disk per event, with search",
            per_event(measured.file_bytes),
        ),
        (
            "on disk per event, without search",
            per_event(measured.file_bytes - measured.search_bytes),
        ),
    ];
    for (name, value) in figures {
        record.add(Measurement::Footprint, name, Unit::Bytes, value);
    }
    let parts: Vec<String> = measured
        .parts
        .iter()
        .map(|(name, bytes)| format!("{name} {:.0} B", per_event(*bytes)))
        .collect();
    record.note(format!(
        "on disk per event by table and index: {}",
        parts.join(", ")
    ));
    Ok(())
}

/// The one database of a data folder: the largest file that is one.
fn database(data_dir: &Path) -> Result<PathBuf> {
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "db" || extension == "sqlite3")
        {
            found.push((entry.metadata()?.len(), entry.path()));
        }
    }
    found
        .into_iter()
        .max()
        .map(|(_, path)| path)
        .with_context(|| format!("no database in {}", data_dir.display()))
}

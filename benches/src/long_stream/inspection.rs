//! One run in a log of full length, and the same run in a copy of that log from when it was a tenth as long.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::daemon::Daemon;
use crate::http::Address;
use crate::measure::append::Target;
use crate::measure::inspector::{self, View};
use crate::measure::{Measurement, anchor, engines, seed};
use crate::options::Options;
use crate::record::{Record, Unit};
use crate::stats::Slice;

/// Before the first round: statements are prepared, and the search index has caught up.
const WARM_UP: Duration = Duration::from_millis(100);

/// Writes `count` messages, and in the midst of them the run that will be inspected; returns its id.
pub async fn seed(target: &Target, count: usize) -> Result<String> {
    seed::fill(target, count / 2).await?;
    let engine = engines::register(&target.address, 1).await?;
    let run_id = inspector::write_run(&target.address, &engine[0]).await?;
    seed::fill(target, count - count / 2).await?;
    Ok(run_id)
}

/// Keeps a copy of the log as it is now. Nobody may have it open.
pub fn keep_short(data_dir: &Path, scratch: &Path) -> Result<()> {
    copy(data_dir, &short(scratch)).context("the short log cannot be copied")
}

fn short(scratch: &Path) -> PathBuf {
    scratch.join("short")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

/// Both logs are open at once, and each view is asked for in one and then in the other.
pub async fn run(
    options: &Options,
    scratch: &Path,
    long: &Path,
    run_id: &str,
    record: &mut Record,
) -> Result<()> {
    let slice = Duration::from_millis(options.slice_ms);
    let short = short(scratch);
    let in_short = Daemon::start(&options.binary, &short).await?;
    let in_long = Daemon::start(&options.binary, long).await?;
    for view in View::ALL {
        for daemon in [&in_short, &in_long] {
            inspector::measure(&daemon.address, run_id, view, WARM_UP).await?;
        }
    }
    for _ in 0..options.rounds {
        let ruler = anchor::measure(scratch, slice)?;
        for view in View::ALL {
            let ask = |address: &Address| {
                let address = address.clone();
                async move { inspector::measure(&address, run_id, view, slice).await }
            };
            let short = ask(&in_short.address).await?;
            let long = ask(&in_long.address).await?;
            add(view, short, long, ruler, record);
        }
    }
    in_short.stop().await?;
    in_long.stop().await?;
    fs::remove_dir_all(&short)?;
    Ok(())
}

fn add(view: View, short: Slice, long: Slice, ruler: Slice, record: &mut Record) {
    let name = view.name();
    // One in twenty searches may be for words that much of the log holds.
    let searched = view == View::Search;
    let worst = if searched { "p95" } else { "p99" };
    let of_worst = |slice: Slice| {
        if searched { slice.p95_us } else { slice.p99_us }
    };
    let figures = [
        (format!("{name}: p50"), long.p50_us),
        (format!("{name}: {worst}"), of_worst(long)),
        (format!("{name}, log a tenth as long: p50"), short.p50_us),
        (
            format!("{name}, log a tenth as long: {worst}"),
            of_worst(short),
        ),
    ];
    for (name, value) in figures {
        record.add_against(
            Measurement::Inspector,
            &name,
            Unit::Microseconds,
            value,
            ruler.p50_us,
        );
    }
    record.add(
        Measurement::Inspector,
        &format!("{name}: {worst}, of a log a tenth as long"),
        Unit::Share,
        of_worst(long) / of_worst(short),
    );
}

//! The ruler of every round: append 320 bytes to a growing file and wait until the disk has them.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::stats::{Slice, nanos};

/// About what one event takes in the log.
pub const RECORD_BYTES: usize = 320;

pub fn measure(folder: &Path, duration: Duration) -> Result<Slice> {
    let path = folder.join("anchor");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .context("the anchor file")?;
    let record = [0x5a; RECORD_BYTES];
    let mut latencies = Vec::new();
    let started = Instant::now();
    while started.elapsed() < duration {
        let begun = Instant::now();
        file.write_all(&record)?;
        // fdatasync on Linux: contents and length, not the times.
        file.sync_data()?;
        latencies.push(nanos(begun.elapsed()));
    }
    let slice = Slice::of(latencies, started.elapsed());
    std::fs::remove_file(&path)?;
    Ok(slice)
}

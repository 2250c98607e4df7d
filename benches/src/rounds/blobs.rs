//! A large file, stored and read.

use anyhow::Result;

use super::Round;
use crate::measure::Measurement;
use crate::measure::blobs::{self, BYTES};
use crate::record::Unit;

/// Each round stores something else.
pub async fn run(round: &mut Round<'_>) -> Result<()> {
    let measured = blobs::measure(&round.daemon.address, round.number as u64).await?;
    let record = &mut round.record;
    let rates = [
        ("SHA-256 of 64 MiB on one core", measured.hash),
        ("upload of 64 MiB", measured.upload),
        ("download of 64 MiB", measured.download),
    ];
    for (name, took) in rates {
        let rate = BYTES as f64 / took.as_secs_f64();
        record.add(Measurement::Blobs, name, Unit::BytesPerSecond, rate);
    }
    for (name, took) in [("upload", measured.upload), ("download", measured.download)] {
        let share = measured.hash.as_secs_f64() / took.as_secs_f64();
        let name = format!("{name} of 64 MiB: of SHA-256 on one core");
        record.add(Measurement::Blobs, &name, Unit::Share, share);
    }
    Ok(())
}

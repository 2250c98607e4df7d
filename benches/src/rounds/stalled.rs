//! One subscriber that does not read, among a thousand.

use anyhow::Result;

use super::Round;
use crate::measure::Measurement;
use crate::measure::stalled::{Place, SUBSCRIBERS};
use crate::record::Unit;

/// Slices that one of the two takes: at so few messages a second, a short one has no 99th of a hundred.
const SLICES: u32 = 4;

/// Which of the two comes first alternates.
pub async fn run(round: &mut Round<'_>) -> Result<()> {
    let number = round.number;
    let topic = format!("stalled-{number}");
    let place = Place::make(&round.daemon.address, &topic).await?;
    let mut with = None;
    let mut without = None;
    for is_stalled in [number.is_multiple_of(2), !number.is_multiple_of(2)] {
        let measured = place.measure(is_stalled, round.slice * SLICES).await?;
        if is_stalled {
            with = Some(measured);
        } else {
            without = Some(measured);
        }
    }
    let Some((with, without)) = with.zip(without) else {
        return Ok(());
    };
    let name = format!("{SUBSCRIBERS} subscribers, all read");
    round.add_latencies(Measurement::Stalled, &name, without);
    let name = format!("{SUBSCRIBERS} subscribers and one that does not read");
    round.add_latencies(Measurement::Stalled, &name, with);
    round.record.add(
        Measurement::Stalled,
        "p99, of that when all read",
        Unit::Share,
        with.p99_us / without.p99_us,
    );
    Ok(())
}

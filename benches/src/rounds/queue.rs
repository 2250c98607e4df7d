//! Runs that wait, worked off by engines; and jobs that wait, worked off by the workers of other queues.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::{Measurement, queue};
use crate::peers::Peers;
use crate::record::Unit;

/// Engines, and how many runs wait for them: a second or two of work.
const SIZES: [(usize, usize); 2] = [(1, 1_000), (64, 12_000)];

pub async fn run(round: &mut Round<'_>, peers: &mut Peers) -> Result<()> {
    for (engines, runs) in SIZES {
        let runs = runs / if round.options.quick { 4 } else { 1 };
        let crew = counted(engines, "engine");
        let name = format!("claim and complete, {crew}");
        let owner = &round.daemon.address;
        let ours = queue::measure(owner, &round.engines[..engines], runs).await?;
        round.add(Measurement::Queue, &name, ours);
        for peer in &mut peers.queues {
            let rate = peer.drain(runs, engines).await?;
            let theirs = format!("{}, {}", peer.name, counted(engines, "worker"));
            round.add_rate(Measurement::Queue, &theirs, rate);
            round.record.add(
                Measurement::Queue,
                &format!("{name}: of {}", peer.name),
                Unit::Share,
                ours.per_second / rate,
            );
        }
    }
    Ok(())
}

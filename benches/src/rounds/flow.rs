//! Runs of three steps, and the same three steps in a handler of another durable runtime.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::{Measurement, flow};
use crate::peers::Peers;
use crate::record::Unit;

const CLIENTS: [usize; 2] = [1, 64];

pub async fn run(round: &mut Round<'_>, peers: &mut Peers) -> Result<()> {
    for clients in CLIENTS {
        let crew = counted(clients, "client");
        let name = format!("run of three steps, {crew}");
        let owner = &round.daemon.address;
        let ours = flow::measure(owner, &round.engines[..clients], round.slice).await?;
        round.add(Measurement::Flow, &name, ours);
        let Some(peer) = &mut peers.restate else {
            continue;
        };
        let (address, path) = peer.flow().await?;
        let theirs = flow::measure_peer(&address, &path, clients, round.slice).await?;
        let label = format!("{}, {crew}", peer.name);
        round.add(Measurement::Flow, &label, theirs);
        round.record.add(
            Measurement::Flow,
            &format!("{name}: of {}", peer.name),
            Unit::Share,
            ours.per_second / theirs.per_second,
        );
    }
    Ok(())
}

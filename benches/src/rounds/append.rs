//! What the machine can do, and durable messages beside it.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::Measurement;
use crate::measure::append::{self, Target};
use crate::measure::bounds;
use crate::record::Unit;

const CLIENTS: [usize; 3] = [1, 16, 64];

pub async fn run(round: &mut Round<'_>) -> Result<()> {
    let mut featureless = None;
    if round.options.wants(Measurement::Bounds) {
        let single = bounds::one_row_per_transaction(round.scratch, round.slice)?;
        let name = "SQLite FULL, one row per transaction";
        round.add(Measurement::Bounds, name, single);
        let group = bounds::group_commit(round.scratch, round.slice)?;
        featureless = Some(group.per_second);
        let name = format!("SQLite FULL, group commit, {} writers", bounds::WRITERS);
        round.add(Measurement::Bounds, &name, group);
    }
    if !round.options.wants(Measurement::Append) {
        return Ok(());
    }
    let mut shares = Vec::new();
    for clients in CLIENTS {
        let target = Target::create(&round.daemon.address, "append").await?;
        let name = format!("POST message, {}", counted(clients, "client"));
        let measured = append::measure(&target, clients, round.slice).await?;
        round.add(Measurement::Append, &name, measured);
        if let Some(bound) = featureless.filter(|_| clients == bounds::WRITERS) {
            let name = format!("{name}: of featureless group commit");
            shares.push((name, measured.per_second / bound));
        }
    }
    for (name, share) in shares {
        round
            .record
            .add(Measurement::Append, &name, Unit::Share, share);
    }
    Ok(())
}

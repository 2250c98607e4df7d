//! Live delivery by each door, beside products that do nothing else.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::Measurement;
use crate::measure::live::{self, Measured};
use crate::peers::Peers;
use crate::product::{Product, Wire};
use crate::record::Unit;
use crate::stats::Slice;

/// Subscribers, and messages a second: 20,000 to 25,000 deliveries a second at most, which is far below saturation,
/// so that a message has been delivered when the next one comes.
const AUDIENCES: [(usize, u32); 4] = [(1, 1), (100, 100), (COMPARED, 20), (5_000, 5)];
/// The audience with which products are compared.
const COMPARED: usize = 1_000;
/// Messages of one saturated slice.
const MESSAGES: usize = 400;

pub async fn run(round: &mut Round<'_>, peers: &Peers) -> Result<()> {
    for (subscribers, per_second) in AUDIENCES {
        let mut all = Vec::new();
        for product in products(round, peers, subscribers) {
            let slice = round.slice;
            let measured = live::latency(&product, subscribers, per_second, slice).await?;
            let name = named(&product, subscribers);
            let measured = kept(round, &name, measured);
            round.add_latencies(Measurement::Live, &name, measured);
            all.push((product, measured));
        }
        if subscribers == COMPARED {
            let p50 = |slice: &Slice| slice.p50_us;
            let p99 = |slice: &Slice| slice.p99_us;
            compare(round, &all, "p50", p50);
            compare(round, &all, "p99", p99);
        }
    }
    let messages = MESSAGES / if round.options.quick { 4 } else { 1 };
    let mut all = Vec::new();
    for product in products(round, peers, COMPARED) {
        let measured = live::saturated(&product, COMPARED, messages).await?;
        let name = format!("saturated, {}", named(&product, COMPARED));
        let rate = kept(round, &name, measured);
        round.add_rate(Measurement::Live, &name, rate);
        all.push((product, rate));
    }
    compare(round, &all, "saturated rate", |rate| *rate);
    Ok(())
}

/// Ours, and the peers that are here and can have so many subscribers in a moment.
fn products(round: &Round<'_>, peers: &Peers, subscribers: usize) -> Vec<Product> {
    let address = &round.daemon.address;
    let mut products = vec![Product::events(address), Product::sockets(address)];
    let fits = |product: &&Product| subscribers <= COMPARED || !product.is_slow_to_gather();
    let is_wanted = !round.options.quick || [1, COMPARED].contains(&subscribers);
    if is_wanted {
        products.extend(peers.live.iter().filter(fits).cloned());
    }
    products
}

fn named(product: &Product, subscribers: usize) -> String {
    let audience = counted(subscribers, "subscriber");
    if product.is_ours() {
        format!("publish to {}, {audience}", product.name)
    } else {
        format!("{}, {audience}", product.name)
    }
}

/// The value, with a note of what was lost on the way.
fn kept<T>(round: &mut Round<'_>, name: &str, measured: Measured<T>) -> T {
    if measured.lost > 0 {
        let note = format!("{name}: {} deliveries were lost", measured.lost);
        round.record.note(note);
    }
    measured.value
}

/// Each of ours as a share of each peer that does the same.
fn compare<T>(round: &mut Round<'_>, all: &[(Product, T)], what: &str, value: impl Fn(&T) -> f64) {
    for (ours, measured) in all.iter().filter(|(product, _)| product.is_ours()) {
        for (peer, theirs) in all.iter().filter(|(product, _)| !product.is_ours()) {
            if !is_compared(ours.wire, peer.wire) {
                continue;
            }
            let name = format!(
                "{}, {}: {what}, of {}",
                ours.name,
                counted(COMPARED, "subscriber"),
                peer.name
            );
            let share = value(measured) / value(theirs);
            round
                .record
                .add(Measurement::Live, &name, Unit::Share, share);
        }
    }
}

/// The same carrier where the peer has it.
fn is_compared(ours: Wire, theirs: Wire) -> bool {
    match theirs {
        Wire::NchanEvents => ours == Wire::Channel,
        Wire::NchanSocket => ours == Wire::Centrifugo,
        Wire::RedisPubSub | Wire::RedisStreams | Wire::Nats | Wire::JetStream | Wire::Mqtt => true,
        Wire::Channel | Wire::Centrifugo => false,
    }
}

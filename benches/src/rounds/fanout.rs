//! From a durable message to its subscribers.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::Measurement;
use crate::measure::append::Target;
use crate::measure::fanout;
use crate::record::Unit;

const SUBSCRIBERS: [usize; 3] = [1, 100, 1_000];
/// Deliveries of one saturated slice, whatever the number of subscribers.
const DELIVERIES: usize = 400_000;
/// Fewer messages than this would measure the first commit, more would never end with one subscriber.
const MESSAGES: (usize, usize) = (200, 20_000);

pub async fn run(round: &mut Round<'_>) -> Result<()> {
    for subscribers in SUBSCRIBERS {
        let audience = counted(subscribers, "subscriber");
        let target = Target::create(&round.daemon.address, "fanout").await?;
        let latency = fanout::latency(&target, subscribers, round.slice).await?;
        let name = format!("POST to SSE, {audience}");
        round.add_latencies(Measurement::Fanout, &name, latency);
        let messages = (DELIVERIES / subscribers).clamp(MESSAGES.0, MESSAGES.1)
            / if round.options.quick { 4 } else { 1 };
        let saturated = fanout::saturated(&target, subscribers, messages).await?;
        let name = format!("SSE saturated, {audience}");
        round.add_rate(Measurement::Fanout, &name, saturated.deliveries_per_second);
        round.record.add(
            Measurement::Fanout,
            &format!("{name}: subscribers told to resume"),
            Unit::Count,
            saturated.resumed as f64,
        );
    }
    Ok(())
}

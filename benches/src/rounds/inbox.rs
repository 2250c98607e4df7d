//! The owner's inbox.

use anyhow::Result;

use super::Round;
use crate::measure::Measurement;
use crate::measure::inbox::Inbox;

pub async fn run(round: &mut Round<'_>, inbox: &mut Inbox) -> Result<()> {
    let measured = inbox.measure(round.slice).await?;
    let figures = [
        ("inbox, first page", measured.first_page),
        ("inbox, next page", measured.next_page),
        ("inbox, decide", measured.decide),
    ];
    for (name, slice) in figures {
        round.add_latencies(Measurement::Inbox, name, slice);
    }
    Ok(())
}

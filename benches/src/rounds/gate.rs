//! Each answer of the gate, asked for by one client and by many.

use anyhow::Result;

use super::{Round, counted};
use crate::measure::Measurement;
use crate::measure::gate::{self, QUESTIONS};

const CLIENTS: [usize; 2] = [1, 64];

pub async fn run(round: &mut Round<'_>) -> Result<()> {
    for question in QUESTIONS {
        for clients in CLIENTS {
            let owner = &round.daemon.address;
            let measured = gate::measure(owner, question, clients, round.slice).await?;
            let name = format!(
                "decision {}, {}",
                question.decision,
                counted(clients, "client")
            );
            round.add(Measurement::Gate, &name, measured);
        }
    }
    Ok(())
}

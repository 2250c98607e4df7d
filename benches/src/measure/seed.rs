//! A long stream, made the way users make one: message by message over HTTP, with many clients.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Result;
use tokio::task::spawn_local;

use super::append::{Target, message};
use crate::http::Client;
use crate::words::Words;

const CLIENTS: u64 = 64;
/// The words of the first client; the others count on from it.
pub const FIRST_SEED: u64 = 1_000;
const PROGRESS_EVERY: usize = 100_000;

/// Posts `count` messages into the target's thread.
pub async fn fill(target: &Target, count: usize) -> Result<()> {
    let left = Rc::new(Cell::new(count));
    let mut tasks = Vec::new();
    for number in 0..CLIENTS {
        let client = Client::connect(&target.address).await?;
        tasks.push(spawn_local(post_share(
            client,
            target.messages_path(),
            number,
            Rc::clone(&left),
        )));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn post_share(
    mut client: Client,
    path: String,
    seed: u64,
    left: Rc<Cell<usize>>,
) -> Result<()> {
    let mut words = Words::seeded(FIRST_SEED + seed);
    while let Some(rest) = left.get().checked_sub(1) {
        left.set(rest);
        if rest > 0 && rest.is_multiple_of(PROGRESS_EVERY) {
            eprintln!("  {rest} messages to go");
        }
        client.post(&path, &message(&mut words)).await?;
    }
    Ok(())
}

//! Many clients that each wait for an answer before they ask again.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::spawn_local;

use crate::http::{Address, Client};
use crate::stats::{Slice, nanos};

/// Clients that prepare what is measured: enough to share commits.
const PREPARERS: usize = 64;

/// Repeats an exchange on each of `clients` connections until `duration` has passed.
pub async fn repeat<F>(
    address: &Address,
    clients: usize,
    duration: Duration,
    exchange: F,
) -> Result<Slice>
where
    F: AsyncFn(&mut Client) -> Result<()> + Clone + 'static,
{
    let askers = vec![address.clone(); clients];
    repeat_as(&askers, duration, exchange).await
}

/// The same, with a connection for each of `askers`.
pub async fn repeat_as<F>(askers: &[Address], duration: Duration, exchange: F) -> Result<Slice>
where
    F: AsyncFn(&mut Client) -> Result<()> + Clone + 'static,
{
    let mut connections = Vec::with_capacity(askers.len());
    for asker in askers {
        connections.push(Client::connect(asker).await?);
    }
    let started = Instant::now();
    let end = started + duration;
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut client| {
            let exchange = exchange.clone();
            spawn_local(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let begun = Instant::now();
                    exchange(&mut client).await?;
                    latencies.push(nanos(begun.elapsed()));
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(Slice::of(latencies, started.elapsed()))
}

/// Does something `count` times, as fast as many clients can, and gives each time its number.
pub async fn prepare<F>(address: &Address, count: usize, exchange: F) -> Result<()>
where
    F: AsyncFn(&mut Client, usize) -> Result<()> + Clone + 'static,
{
    let left = Rc::new(Cell::new(count));
    let mut tasks = Vec::new();
    for _ in 0..PREPARERS.min(count) {
        let mut client = Client::connect(address).await?;
        let (left, exchange) = (Rc::clone(&left), exchange.clone());
        tasks.push(spawn_local(async move {
            while let Some(rest) = left.get().checked_sub(1) {
                left.set(rest);
                exchange(&mut client, rest).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

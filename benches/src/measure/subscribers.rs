//! What it costs to listen and hear nothing: memory of the runtime for each subscriber, and how soon ten thousand are
//! connected.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::live::open_all;
use crate::daemon::Daemon;
use crate::http::Address;
use crate::process::usage_of_tree;
use crate::product::{Ear, Product};

/// Subscribers at which memory is looked at.
pub const AUDIENCES: [usize; 2] = [1_000, 5_000];
/// Clients that come at once.
pub const AT_ONCE: usize = 10_000;
const TOPIC: &str = "public.quiet";
/// Until buffers of the handshake have been given back.
const SETTLE: Duration = Duration::from_secs(1);
/// Subscribers before the first look: what the first ones make for all is not any one's.
const FIRST: usize = 10;

/// Bytes of the proportional set size for each subscriber, at each of [`AUDIENCES`].
pub async fn memory(
    binary: &Path,
    data_dir: &Path,
    product: fn(&Address) -> Product,
) -> Result<Vec<f64>> {
    let daemon = Daemon::start(binary, data_dir).await?;
    let product = product(&daemon.address);
    let mut ears = open_all(&product, TOPIC, FIRST).await?;
    sleep(SETTLE).await;
    let before = usage_of_tree(daemon.pid).pss_bytes;
    let mut each = Vec::new();
    for audience in AUDIENCES {
        ears.extend(open_all(&product, TOPIC, FIRST + audience - ears.len()).await?);
        sleep(SETTLE).await;
        let grown = usage_of_tree(daemon.pid).pss_bytes.saturating_sub(before);
        each.push(grown as f64 / audience as f64);
    }
    drop(ears);
    daemon.stop().await?;
    Ok(each)
}

/// From the first of so many connections to the last answer, all asked for at once.
pub async fn connect(binary: &Path, data_dir: &Path, clients: usize) -> Result<Duration> {
    let daemon = Daemon::start(binary, data_dir).await?;
    let product = Product::events(&daemon.address);
    let started = Instant::now();
    let opening: Vec<_> = (0..clients)
        .map(|_| {
            let product = product.clone();
            spawn_local(async move { Ear::open(&product, TOPIC).await })
        })
        .collect();
    let mut ears = Vec::with_capacity(clients);
    for task in opening {
        let ear = task.await?;
        ears.push(ear.with_context(|| format!("{} of {clients} clients", ears.len()))?);
    }
    let elapsed = started.elapsed();
    drop(ears);
    daemon.stop().await?;
    Ok(elapsed)
}

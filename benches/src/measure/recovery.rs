//! Kill the runtime while sixty-four clients write, start it again, and look for every message it had acknowledged.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::append::{Target, message};
use crate::daemon::Daemon;
use crate::http::Client;
use crate::scan;
use crate::sse::Subscription;
use crate::words::Words;

const CLIENTS: u64 = 64;
const LOAD: Duration = Duration::from_secs(2);

pub struct Recovery {
    pub ready_after: Duration,
    pub acknowledged: usize,
    pub lost: usize,
}

pub async fn measure(binary: &Path, data_dir: &Path) -> Result<Recovery> {
    let daemon = Daemon::start(binary, data_dir).await?;
    let target = Target::create(&daemon.address, "recovery").await?;
    let mut writers = Vec::new();
    for number in 0..CLIENTS {
        let client = Client::connect(&target.address).await?;
        writers.push(spawn_local(post_until_killed(
            client,
            target.messages_path(),
            number,
        )));
    }
    sleep(LOAD).await;
    daemon.kill().await?;
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        acknowledged.extend(writer.await?);
    }

    let daemon = Daemon::start(binary, data_dir).await?;
    let ready_after = daemon.ready_after;
    let target = Target {
        address: daemon.address.clone(),
        ..target
    };
    let kept = message_ids(&target).await?;
    let lost = acknowledged.difference(&kept).count();
    daemon.stop().await?;
    Ok(Recovery {
        ready_after,
        acknowledged: acknowledged.len(),
        lost,
    })
}

/// Ids of the messages that were answered. The first error is the kill.
async fn post_until_killed(mut client: Client, path: String, seed: u64) -> Vec<String> {
    let mut words = Words::seeded(seed);
    let mut ids = Vec::new();
    while let Ok(answer) = client.post(&path, &message(&mut words)).await {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        ids.extend(answer["message_id"].as_str().map(str::to_owned));
    }
    ids
}

async fn message_ids(target: &Target) -> Result<BTreeSet<String>> {
    let head = target.head().await?;
    let mut subscription =
        Subscription::open(&target.address, &target.stream_path("0"), None).await?;
    let (mut last, mut ids) = (0, BTreeSet::new());
    let started = Instant::now();
    while last < head {
        subscription
            .read(|frame| {
                last = frame.id.unwrap_or(last);
                ids.extend(scan::text(frame.data, "message_id").map(str::to_owned));
            })
            .await
            .with_context(|| {
                format!(
                    "after {} of {head} events and {:?}",
                    last,
                    started.elapsed()
                )
            })?;
    }
    Ok(ids)
}

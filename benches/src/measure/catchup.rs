//! A subscriber that has seen nothing reads the whole stream, gapless, while the runtime's memory is watched.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::append::Target;
use crate::process::usage_of_tree;
use crate::sse::Subscription;

const MEMORY_EVERY: Duration = Duration::from_millis(100);

pub struct Catchup {
    pub elapsed: Duration,
    pub events: u64,
    /// Largest proportional set size of the runtime while it sent.
    pub peak_pss_bytes: u64,
}

pub async fn measure(target: &Target, pid: u32) -> Result<Catchup> {
    let head = target.head().await?;
    let peak = Rc::new(Cell::new(0));
    let watching = spawn_local(watch_memory(pid, Rc::clone(&peak)));
    let started = Instant::now();
    let mut subscription =
        Subscription::open(&target.address, &target.stream_path("0"), None).await?;
    let mut last = 0;
    let mut gaps = 0_usize;
    while last < head {
        let open = subscription
            .read(|frame| {
                if let Some(id) = frame.id {
                    gaps += usize::from(id != last + 1);
                    last = id;
                }
            })
            .await?;
        ensure!(open, "the stream ended at {last} of {head}");
    }
    let elapsed = started.elapsed();
    watching.abort();
    ensure!(gaps == 0, "{gaps} gaps in {head} frames");
    Ok(Catchup {
        elapsed,
        events: head,
        peak_pss_bytes: peak.get(),
    })
}

async fn watch_memory(pid: u32, peak: Rc<Cell<u64>>) {
    loop {
        peak.set(peak.get().max(usage_of_tree(pid).pss_bytes));
        sleep(MEMORY_EVERY).await;
    }
}

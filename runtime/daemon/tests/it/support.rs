//! What every test stands on: a real api process with a data directory of its own, a client that
//! speaks as somebody, and a reader of live streams.

#![allow(
    dead_code,
    unused_imports,
    reason = "a kit: not every test uses every part of it"
)]

mod api;
pub mod board;
mod faults;
mod files;
pub mod history;
mod http;
mod program;
mod projections;
pub mod review;
mod scene;
mod site;
mod small_disk;
mod soundness;
mod sse;
mod worker;

pub use api::{Api, Failed, OWNER_TOKEN, Settings, Stopped, signalbox};
pub use faults::{Fault, Injection, SYNC, faults_work};
pub use files::{copy_folder, files, grep, unfinished_blobs};
pub use http::{Http, Reply, raw};
pub use program::{Said, say, say_as_owner, say_on, say_with, verb};
pub use projections::projections;
pub use scene::Scene;
pub use site::Site;
pub use small_disk::SmallDisk;
pub use soundness::assert_sound;
pub use sse::{Frame, Live};
pub use worker::{Watched, Worker, gone, signal};

use std::future::Future;
use std::time::{Duration, Instant};

/// Past this, something that should have happened never will. Nothing ever waits this long.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Waits until `look` sees what it wants. For conditions that nothing announces.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < DEADLINE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Ends a wait that would never end, with words.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(value) => value,
        Err(_) => panic!("never happened: {what}"),
    }
}

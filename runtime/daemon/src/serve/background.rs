//! Work that reconciles: each activation looks at the present and needs no other input.

use crate::app::{App, Origin};
use crate::clock;
use crate::effect::blob::{BlobId, Blobs};
use crate::problem::Problem;
use crate::store::{table, verify};
use kernel::incidents::ReportStale;
use kernel::limits::PRESENCE_KEPT_MS;
use kernel::{Command, Timestamp};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// How often leases and approvals are looked at.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often work is looked at that may not move.
const STALE_INTERVAL: Duration = Duration::from_secs(60);
/// How often the end of the log is anchored, if it has moved.
const ANCHOR_INTERVAL: Duration = Duration::from_secs(60);
/// How often old messages are hidden.
const RETENTION_INTERVAL: Duration = Duration::from_secs(3_600);
/// Age from which a blob that nothing refers to is forgotten, milliseconds.
const BLOB_GRACE_MS: i64 = 24 * 3600 * 1000;

pub fn start(app: &App, stale_minutes: watch::Receiver<u32>, messages_days: watch::Receiver<u32>) {
    tokio::spawn(expire(app.clone()));
    tokio::spawn(report_stale(app.clone(), stale_minutes));
    tokio::spawn(anchor_log(app.clone()));
    tokio::spawn(retain(app.clone(), messages_days));
}

/// The writer counts by the settings in force, from before the first request on.
pub fn follow_egress_limit(app: &App, mut per_hour: watch::Receiver<u32>) {
    let limit = app.store.egress_limit().clone();
    limit.set(*per_hour.borrow_and_update());
    tokio::spawn(async move {
        while per_hour.changed().await.is_ok() {
            limit.set(*per_hour.borrow_and_update());
        }
    });
}

/// Runs whose holder fell silent go back to the queue, and tasks to the board; approvals that nobody decided, or used, end.
async fn expire(app: App) {
    let mut ticks = tokio::time::interval(EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = clock::now();
        let is_due =
            |next: Result<Option<Timestamp>, Problem>| matches!(next, Ok(Some(at)) if at <= now);
        if is_due(app.read(|reader| reader.next_lease_expiry()).await) {
            end(&app, Command::ExpireLeases).await;
        }
        if is_due(app.read(|reader| reader.next_task_expiry()).await) {
            end(&app, Command::ExpireTaskLeases).await;
        }
        if is_due(app.read(|reader| reader.next_approval_expiry()).await) {
            end(&app, Command::ExpireApprovals).await;
        }
    }
}

async fn end(app: &App, command: Command) {
    if let Err(problem) = app.submit(&Origin::system(), command).await {
        tracing::error!(%problem, "what is over could not be ended; it is tried again");
    }
}

/// Work that nobody has moved on for the time that is set opens an incident. Off unless it is set.
async fn report_stale(app: App, minutes: watch::Receiver<u32>) {
    let mut ticks = tokio::time::interval(STALE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let minutes = i64::from(*minutes.borrow());
        if minutes == 0 {
            continue;
        }
        let before = clock::now().plus_millis(-minutes * 60_000);
        let found = app.read(move |reader| reader.has_stale_work(before)).await;
        if matches!(found, Ok(true)) {
            let command = Command::ReportStale(ReportStale { before });
            if let Err(problem) = app.submit(&Origin::system(), command).await {
                tracing::error!(%problem, "stale work could not be told of; it is tried again");
            }
        }
    }
}

/// Hides messages of channels that are too old, and forgets agents that have long been gone: at once,
/// every hour, and when the setting changes. The log keeps everything.
async fn retain(app: App, mut days: watch::Receiver<u32>) {
    let mut ticks = tokio::time::interval(RETENTION_INTERVAL);
    // The first sweep was before the first request.
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            changed = days.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        let days = *days.borrow_and_update();
        // With 0 days, what was there at the start is hidden, and stays so.
        if days > 0 {
            sweep_messages(&app, days).await;
        }
    }
}

/// One sweep. Days are of 24 hours; 0 hides all that is there.
pub async fn sweep_messages(app: &App, days: u32) {
    let before = clock::now().plus_millis(-i64::from(days) * 24 * 3_600 * 1_000);
    let found = app.read(move |reader| match days {
        0 => reader.last_position(),
        _ => reader.position_before(before),
    });
    match found.await {
        Ok(position) => app.store.hidden().up_to(position),
        Err(problem) => tracing::warn!(%problem, "old messages could not be found"),
    }
    let gone = clock::now().plus_millis(-PRESENCE_KEPT_MS);
    let forget = move |connection: &_| table::presence::forget(connection, gone);
    if let Err(error) = app.store.write(forget).await {
        tracing::warn!(%error, "agents that are gone could not be forgotten");
    }
}

async fn anchor_log(app: App) {
    let mut ticks = tokio::time::interval(ANCHOR_INTERVAL);
    loop {
        ticks.tick().await;
        let data_dir = app.store.data_dir().to_owned();
        // A panic is in the log already; the next tick tries again.
        let _ = tokio::task::spawn_blocking(move || anchor(&data_dir)).await;
    }
}

/// Notes the end of the log outside the database.
pub fn anchor(data_dir: &Path) {
    if let Err(error) = verify::anchor(data_dir) {
        tracing::warn!(%error, "the end of the log could not be anchored");
    }
}

/// Removes half-written blobs of a process that died, and old ones that nothing refers to.
/// Before serving: nobody can be about to refer to one.
pub async fn sweep_blobs(app: &App) {
    let blobs = Blobs::new(app.store.data_dir());
    let before = clock::now().plus_millis(-BLOB_GRACE_MS);
    let forgotten = app
        .store
        .write(move |connection| {
            table::artifact_object::forget_waiting(connection, before)?;
            table::blob::forget_unreferenced(connection, before)
        })
        .await;
    let swept = forgotten.map(|names| {
        let names: Vec<BlobId> = names
            .iter()
            .filter_map(|name| BlobId::parse(name))
            .collect();
        blobs.sweep(&names)
    });
    match swept {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "blobs could not be swept"),
        Err(error) => tracing::warn!(%error, "unreferenced blobs could not be found"),
    }
}

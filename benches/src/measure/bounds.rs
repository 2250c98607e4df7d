//! What SQLite itself can do here, without anything of ours: one durable row per transaction, and many writers that
//! share commits. Same library, same journal, same synchronisation as the product.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rusqlite::{Connection, params};

use super::anchor::RECORD_BYTES;
use crate::stats::{Slice, nanos};

pub const WRITERS: usize = 64;

pub fn one_row_per_transaction(folder: &Path, duration: Duration) -> Result<Slice> {
    let connection = open(&folder.join("single.db"))?;
    let mut latencies = Vec::new();
    let started = Instant::now();
    while started.elapsed() < duration {
        let begun = Instant::now();
        insert(&connection)?;
        latencies.push(nanos(begun.elapsed()));
    }
    Ok(Slice::of(latencies, started.elapsed()))
}

/// Each writer waits for its row to be durable before it sends the next; whatever waits goes into one transaction.
pub fn group_commit(folder: &Path, duration: Duration) -> Result<Slice> {
    let connection = open(&folder.join("group.db"))?;
    let (sender, receiver) = sync_channel::<SyncSender<()>>(WRITERS);
    let stop = AtomicBool::new(false);
    let started = Instant::now();
    let latencies = thread::scope(|scope| -> Result<Vec<u64>> {
        let committer = scope.spawn(move || commit_groups(&connection, &receiver));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (sender, stop) = (sender.clone(), &stop);
                scope.spawn(move || write_until(stop, &sender))
            })
            .collect();
        drop(sender);
        thread::sleep(duration);
        stop.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        for writer in writers {
            latencies.extend(writer.join().map_err(|_| anyhow!("a writer panicked"))?);
        }
        committer
            .join()
            .map_err(|_| anyhow!("the committer panicked"))??;
        Ok(latencies)
    })?;
    Ok(Slice::of(latencies, started.elapsed()))
}

fn write_until(stop: &AtomicBool, sender: &SyncSender<SyncSender<()>>) -> Vec<u64> {
    let (durable, wait) = sync_channel(1);
    let mut latencies = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        // Either end closes only when the committer has failed; its error is what the caller reports.
        if sender.send(durable.clone()).is_err() || wait.recv().is_err() {
            break;
        }
        latencies.push(nanos(begun.elapsed()));
    }
    latencies
}

fn commit_groups(connection: &Connection, receiver: &Receiver<SyncSender<()>>) -> Result<()> {
    let mut group = Vec::with_capacity(WRITERS);
    while let Ok(first) = receiver.recv() {
        group.push(first);
        group.extend(receiver.try_iter());
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for _ in &group {
            insert(connection)?;
        }
        connection.execute_batch("COMMIT")?;
        for durable in group.drain(..) {
            // A writer waits for each of its rows, so its end is open and has room.
            durable.send(()).ok();
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path).context("the bound's database")?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS entry (position INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
    )?;
    Ok(connection)
}

fn insert(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO entry (data) VALUES (?1)")?
        .execute(params![[0x5a_u8; RECORD_BYTES]])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{group_commit, one_row_per_transaction, open};

    #[test]
    fn every_counted_row_is_in_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let duration = Duration::from_millis(50);
        for (name, slice) in [
            (
                "single.db",
                one_row_per_transaction(folder.path(), duration).unwrap(),
            ),
            ("group.db", group_commit(folder.path(), duration).unwrap()),
        ] {
            let connection = open(&folder.path().join(name)).unwrap();
            let rows: i64 = connection
                .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
                .unwrap();
            assert!(
                rows > 0 && slice.per_second > 0.0 && slice.p50_us <= slice.p99_us,
                "{name}: {rows} {slice:?}"
            );
        }
    }
}

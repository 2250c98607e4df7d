//! Copies of the database, taken while it is in use, and putting one back.

use super::error::StoreError;
use super::{open, verify};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Pages copied between two pauses: writers get their turn.
const PAGES_PER_STEP: i32 = 512;
const PAUSE: Duration = Duration::from_millis(1);

fn io(error: std::io::Error) -> StoreError {
    StoreError::Other(error.to_string())
}

/// Copies the database of a data directory to `target`, which must not exist yet. The copy is
/// one moment of the log; it appears under its name only when it is whole.
pub fn save(
    data_dir: &Path,
    target: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    if target.exists() {
        return Err(StoreError::Other(format!(
            "{} exists already; name a new file",
            target.display()
        )));
    }
    let partial = target.with_extension("partial");
    let source = open::reader(&open::database_path(data_dir))?;
    // One snapshot for the whole copy: without it every commit in between makes it start again.
    let snapshot = source.unchecked_transaction()?;
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    copy(&source, &partial, progress)?;
    drop(snapshot);
    std::fs::File::open(&partial)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    std::fs::rename(&partial, target).map_err(io)
}

/// Replaces the database of a data directory that no process has open. The backup is verified
/// first; the database that was there is kept beside it.
pub fn restore(
    data_dir: &Path,
    source: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let backup = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sound: String = backup.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Damaged(format!(
            "the backup fails its check: {sound}"
        )));
    }
    let staging = tempfile::Builder::new()
        .prefix(".restore-")
        .tempdir_in(data_dir)
        .map_err(io)?;
    let staged = open::database_path(staging.path());
    copy(&backup, &staged, progress)?;
    let report = verify::run(staging.path(), 0, &mut |_| {})?;
    if !report.valid {
        return Err(StoreError::Damaged(format!(
            "the backup's chain is broken at position {:?}",
            report.first_fault.map(|fault| fault.position)
        )));
    }
    let path = open::database_path(data_dir);
    set_aside(&path)?;
    std::fs::rename(&staged, &path).map_err(io)?;
    // Anchors after the backup's end promise events that are no longer there.
    let anchors = data_dir.join("anchors.jsonl");
    if anchors.exists() {
        std::fs::rename(
            &anchors,
            data_dir.join(format!(
                "anchors-before-restore-{}.jsonl",
                crate::clock::now().millis()
            )),
        )
        .map_err(io)?;
    }
    std::fs::File::open(data_dir)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

/// Keeps the database under a second name beside it, with what its write-ahead log still holds.
/// The first name stays until the backup takes it: a process that dies here leaves a database.
/// Without a database a log may be left of one, and must not be taken for the backup's.
fn set_aside(path: &Path) -> Result<(), StoreError> {
    let name = format!(
        "signalbox-before-restore-{}.db",
        crate::clock::now().millis()
    );
    let kept = path.with_file_name(name);
    // A damaged database cannot be folded together; then its log is kept as it is.
    let folded = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|old| old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
        .is_ok();
    if path.exists() {
        std::fs::hard_link(path, &kept).map_err(io)?;
    }
    for suffix in ["-wal", "-shm"] {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            name
        };
        let moved = if folded {
            std::fs::remove_file(beside(path))
        } else {
            std::fs::rename(beside(path), beside(&kept))
        };
        match moved {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn copy(
    source: &Connection,
    target: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let mut connection = Connection::open(target)?;
    {
        let backup = Backup::new(source, &mut connection)?;
        loop {
            let step = backup.step(PAGES_PER_STEP)?;
            let state = backup.progress();
            progress(
                (state.pagecount - state.remaining).max(0) as u64,
                state.pagecount.max(0) as u64,
            );
            if step == rusqlite::backup::StepResult::Done {
                break;
            }
            std::thread::sleep(PAUSE);
        }
    }
    // A copy that stands alone has no write-ahead log beside it.
    connection.pragma_update(None, "journal_mode", "delete")?;
    Ok(())
}

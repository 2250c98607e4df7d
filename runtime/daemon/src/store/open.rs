//! Opening connections: pragmas, version gates, and errors that say the way out.

use super::error::{StartError, lacks_space};
use super::{limits, migrate, poison};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// First SQLite without the WAL-reset bug that could corrupt a database (3.7.0 to 3.51.2).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// Where the database of a data directory is.
pub fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join("signalbox.db")
}

/// The connection that writes, with the schema brought up to date.
pub(super) fn writer(data_dir: &Path) -> Result<Connection, StartError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(StartError::new(
            "sqlite_too_old",
            format!(
                "SQLite {} can corrupt a write-ahead log; 3.51.3 is the oldest that is safe.",
                rusqlite::version()
            ),
            "Install a build of Signalbox with its bundled SQLite.",
        ));
    }
    let path = database_path(data_dir);
    let mut connection =
        connect(&path, OpenFlags::default()).map_err(|error| explain(&path, error))?;
    // Before anything is set: whose file it is, and that this binary knows it.
    migrate::check(&connection, &path)?;
    configure_writer(&connection).map_err(|error| explain(&path, error))?;
    poison::recover(&connection, data_dir)?;
    migrate::run(&mut connection, &path)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.pragma_update(None, "cache_size", -limits::READER_CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection that only folds the write-ahead log into the database.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(limits::BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_MAX);
    // Plans do not depend on what is bound. Otherwise a kept statement that a partial index could serve is
    // compiled anew each time that another value is bound: half of the writer's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Memory-mapped reads turn an I/O error into a crash and are named in corruption reports.
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}

fn configure_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // An answer means fsynced.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -limits::WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", limits::WAL_BYTES_KEPT)?;
    // Checkpoints happen off the commit path, in a thread of their own.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// A failed open, in words that help.
pub(super) fn explain(path: &Path, error: rusqlite::Error) -> StartError {
    let folder = path.parent().unwrap_or(path).display().to_string();
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StartError::new(
            "database_locked",
            format!("Another program holds the database in {folder}."),
            "Close the program that has signalbox.db open, then retry.",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StartError::new(
            "database_damaged",
            format!("The database in {folder} is damaged ({text}). Nothing was changed."),
            "Keep a copy of the folder, then restore a backup: signalbox restore FILE.",
        ),
        Some(ErrorCode::DiskFull) => disk_full(&folder),
        Some(ErrorCode::SystemIoFailure) if lacks_space(&error) => disk_full(&folder),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StartError::new(
                "no_write_permission",
                format!("Signalbox may not write to {folder} ({text})."),
                "Give your user write permission to the folder, or choose another with --data-dir.",
            )
        }
        _ => StartError::new(
            "start_failed",
            format!("The database in {folder} cannot be opened: {text}."),
            "Look at the log for details, then retry.",
        ),
    }
}

fn disk_full(folder: &str) -> StartError {
    StartError::new(
        "disk_full",
        format!("The disk that holds {folder} is full."),
        "Free some space, then retry.",
    )
}

//! Connections that read. They see the last commit and never wait for the writer.

use super::dictionary::Dictionary;
use super::error::{StartError, StoreError};
use super::{checkpoint, limits, migrate, open};
use rusqlite::Connection;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use supervisor::diagnostics::DatabaseFacts;

/// A reading connection and the names it has met.
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) dictionary: RefCell<Dictionary>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        Ok(Self {
            connection: open::reader(path)?,
            dictionary: RefCell::default(),
        })
    }
}

/// A few readers, opened when they are first needed.
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Idle>,
    returned: Condvar,
}

#[derive(Default)]
struct Idle {
    readers: Vec<Reader>,
    opened: usize,
}

impl Pool {
    pub fn open(data_dir: &Path) -> Result<Self, StartError> {
        let path = open::database_path(data_dir);
        let first = Reader::open(&path).map_err(|error| open::explain(&path, error))?;
        let idle = Mutex::new(Idle {
            readers: vec![first],
            opened: 1,
        });
        Ok(Self {
            path,
            idle,
            returned: Condvar::new(),
        })
    }

    /// Lends a reader to `work`; waits while all of them are lent. Everything that `work` reads is of
    /// one commit.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lent = Lent {
            reader: Some(self.take()?),
            pool: self,
        };
        match &lent.reader {
            Some(reader) => {
                let _snapshot = Snapshot::begin(&reader.connection)?;
                work(reader)
            }
            None => Err(StoreError::Closed),
        }
    }

    fn take(&self) -> Result<Reader, StoreError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(reader) = idle.readers.pop() {
                return Ok(reader);
            }
            if idle.opened < limits::READERS_MAX {
                idle.opened += 1;
                drop(idle);
                return Reader::open(&self.path).map_err(|error| {
                    self.idle
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .opened -= 1;
                    StoreError::from(error)
                });
            }
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The commit that several statements see alike, until it is dropped.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written; a connection that cannot end its reading tells with its next `BEGIN`.
        let ended = self
            .0
            .prepare_cached("COMMIT")
            .and_then(|mut end| end.execute([]));
        if let Err(error) = ended {
            tracing::warn!(%error, "a reader kept its snapshot");
        }
    }
}

/// Gives the reader back also when `work` panics.
struct Lent<'a> {
    reader: Option<Reader>,
    pool: &'a Pool,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .readers
                .push(reader);
            self.pool.returned.notify_one();
        }
    }
}

impl Reader {
    /// The data directory that holds the database.
    pub fn data_dir(&self) -> PathBuf {
        let path = Path::new(self.connection.path().unwrap_or_default());
        path.parent().unwrap_or(path).to_owned()
    }

    /// Facts for diagnostics.
    pub fn facts(&self) -> Result<DatabaseFacts, StoreError> {
        let path = PathBuf::from(self.connection.path().unwrap_or_default());
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let head_position = self.last_position()?;
        Ok(DatabaseFacts {
            schema_version: migrate::schema_version(),
            sqlite_version: rusqlite::version().to_owned(),
            size_bytes: size(&path),
            wal_bytes: size(&checkpoint::wal_path(&path)),
            // Positions are given out one by one and never taken back.
            events: head_position,
            head_position,
        })
    }
}

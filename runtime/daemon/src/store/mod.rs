//! The one database: the event log, its projections and the little state that is not events
//! (leases, tokens, sessions). SQL lives in this folder and nowhere else.

mod append;
pub mod backup;
mod checkpoint;
mod dictionary;
mod error;
mod event_json;
mod event_query;
mod intern;
mod job;
mod limits;
pub mod log;
mod message_id;
mod migrate;
mod open;
mod poison;
mod project;
mod reader;
pub mod rebuild;
mod state;
pub mod table;
mod veil;
pub mod verify;
mod writer;

pub use append::Published;
pub use error::{StartError, StoreError};
pub use event_json::{FORMS, Frame};
pub use message_id::MessageId;
pub use open::database_path;
pub use reader::Reader;
use table::search::{Document, SearchQuery};
pub use veil::Veil;
pub use writer::{Committed, Place, Refused};

use kernel::{Command, Context};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Handle to the open database: one writer thread, a few readers. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// Requests that a caller may send out in an hour, as the writer sees it; 0 is as many as it likes.
#[derive(Clone, Debug, Default)]
pub struct EgressLimit(Arc<AtomicU32>);

impl EgressLimit {
    pub fn set(&self, per_hour: u32) {
        self.0.store(per_hour, Ordering::Relaxed);
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Up to where messages of channels are too old to be shown. The log keeps them.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Arc<AtomicU64>);

impl Hidden {
    /// Hides what is at this position and before.
    pub fn up_to(&self, position: u64) {
        self.0.store(position, Ordering::Relaxed);
    }

    pub fn position(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Inner {
    data_dir: PathBuf,
    writer: writer::Writer,
    readers: reader::Pool,
    /// As many reads at a time as there are readers: more would only hold blocked threads.
    reading: tokio::sync::Semaphore,
    checkpointer: checkpoint::Checkpointer,
    poison: poison::Poison,
    egress: EgressLimit,
    hidden: Hidden,
}

impl Store {
    /// Opens, or creates, the database of `data_dir`. `publish` is called on the writer thread
    /// after each commit, in log order, before the answers go out.
    pub fn open(data_dir: &Path, publish: writer::Publish) -> Result<Self, StartError> {
        let connection = open::writer(data_dir)?;
        let readers = reader::Pool::open(data_dir)?;
        let pages = checkpoint::WalPages::default();
        let poison = poison::Poison::new(data_dir);
        let checkpointer =
            checkpoint::Checkpointer::start(data_dir, pages.clone(), poison.clone())?;
        let egress = EgressLimit::default();
        let writer =
            writer::Writer::start(connection, publish, pages, poison.clone(), egress.clone())?;
        let inner = Inner {
            data_dir: data_dir.to_owned(),
            writer,
            readers,
            reading: tokio::sync::Semaphore::new(limits::READERS_MAX),
            checkpointer,
            poison,
            egress,
            hidden: Hidden::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub fn data_dir(&self) -> &Path {
        &self.inner.data_dir
    }

    /// What the writer lets out of this machine in an hour.
    pub fn egress_limit(&self) -> &EgressLimit {
        &self.inner.egress
    }

    /// Which messages of channels are too old to be shown.
    pub fn hidden(&self) -> &Hidden {
        &self.inner.hidden
    }

    /// Asks the gate, decides and appends; returns once it is durable. Only `App::submit` calls it.
    pub async fn append(&self, ctx: Context, command: Command) -> Result<Committed, Refused> {
        self.inner.writer.submit(ctx, command).await
    }

    /// Runs a write that is not an event (a session, a stored blob's row, a probe), durably.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.write(work).await
    }

    /// Runs a read on a connection of its own, off the async threads.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The semaphore is never closed.
        let _turn = self
            .inner
            .reading
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let store = self.clone();
        let task = tokio::task::spawn_blocking(move || store.inner.readers.with(work));
        task.await.map_err(|_| StoreError::Closed)?
    }

    /// The same, for callers that are already on a thread that may block.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.inner.readers.with(work)
    }

    /// What a search finds, in everything that is in the log by now.
    pub async fn search(&self, mut query: SearchQuery) -> Result<Vec<Document>, StoreError> {
        query.hidden_to = self.hidden().position();
        if self.read(Reader::search_is_behind).await?
            && let Err(error) = self
                .write(|connection| {
                    table::search::catch_up(connection, log::last_position(connection)?)
                })
                .await
        {
            // Reading goes on where nothing can be written: without the newest few events.
            tracing::warn!(%error, "the search index could not catch up");
        }
        self.read(move |reader| reader.search(&query)).await
    }

    /// # Errors
    /// [`StoreError::Poisoned`] when a write has failed for good: nothing is acknowledged any more.
    pub fn check(&self) -> Result<(), StoreError> {
        self.inner.poison.check()
    }

    /// Stops all acknowledgements until a restart: an fsync of something beside the database has
    /// failed. Returns what its caller is to be told.
    pub fn poison(&self, reason: &str) -> StoreError {
        self.inner.poison.latch(reason);
        StoreError::Poisoned(reason.to_owned())
    }

    /// Stops the writer after what is queued, and folds the write-ahead log into the database,
    /// unless a write has failed.
    pub fn close(&self) {
        self.inner.writer.close();
        self.inner.checkpointer.close();
    }
}

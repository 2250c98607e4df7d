//! Limits of the store.

/// Commands that wait for the writer; more are answered 503 at once.
pub const WRITE_QUEUE_MAX: usize = 8_192;
/// Commands that share one transaction, and so one fsync.
pub const GROUP_COMMANDS_MAX: usize = 512;
/// How much later than another a command may be that comes to its turn before it, milliseconds.
pub const TURN_MS_MAX: i64 = 5_000;
/// Connections that read, and so reads at a time.
pub const READERS_MAX: usize = 4;
/// Page cache of the writer, KiB.
pub const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Page cache of a reader, KiB.
pub const READER_CACHE_KIB: i64 = 2 * 1024;
/// Write-ahead log kept after a checkpoint, bytes.
pub const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;
/// Write-ahead log that starts a checkpoint, pages of 4 KiB.
pub const WAL_CHECKPOINT_PAGES: u64 = 1_024;
/// Write-ahead log past which the writer folds it in itself, pages of 4 KiB.
pub const WAL_PAGES_MAX: u64 = 16_384;
/// How often the size of the write-ahead log is looked at, milliseconds.
pub const CHECKPOINT_INTERVAL_MS: u64 = 1_000;
/// How long a connection waits for another's lock, milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 5_000;
/// Prepared statements kept by a connection.
pub const STATEMENTS_MAX: usize = 192;
/// Names (scopes, actors, types) that a connection remembers; past it, it starts afresh.
pub const INTERNED_MAX: usize = 100_000;
/// Events that the search index takes at a time; it is at most so many behind the log, and has
/// caught up before it is asked.
pub const SEARCH_BATCH_EVENTS: u64 = 128;

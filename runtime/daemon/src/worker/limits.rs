//! Every number of the worker, by name and with its unit.

use std::time::Duration;

/// Runs executed at the same time.
pub const RUNS_MAX: usize = 4;
/// How often a lease is extended; it lives three times as long.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// Life of a lease after its last extension.
pub const LEASE: Duration = Duration::from_millis(kernel::limits::LEASE_MS.unsigned_abs());
/// How often the queue is looked at when nothing wakes the worker: only a lost event needs it.
pub const POLL_EVERY: Duration = Duration::from_secs(15);
/// How often the supervisor is shown that the work loop turns.
pub const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// How long the start waits for a runtime that does not answer yet.
pub const START_PATIENCE: Duration = Duration::from_secs(20);
/// How often a request that takes longer than its answer waits is looked at.
pub const EGRESS_LOOK_EVERY: Duration = Duration::from_millis(500);
/// Waits between attempts to reach the runtime.
pub const RETRY_FIRST: Duration = Duration::from_millis(100);
pub const RETRY_MAX: Duration = Duration::from_secs(2);

/// From the polite end of a command to force, after a cancel or a timeout.
pub const STOP_GRACE: Duration = Duration::from_secs(5);
/// The same when the worker itself is told to stop; its supervisor waits little longer.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// How long the pipes of a command that has ended are read on: a process that left its group may
/// hold them open for ever.
pub const DRAIN: Duration = Duration::from_secs(1);
/// How long live output is gathered before it is sent.
pub const FLUSH_EVERY: Duration = Duration::from_millis(150);

const _: () = assert!(HEARTBEAT_EVERY.as_millis() * 2 < LEASE.as_millis());
const _: () = assert!(RETRY_MAX.as_millis() < HEARTBEAT_EVERY.as_millis());

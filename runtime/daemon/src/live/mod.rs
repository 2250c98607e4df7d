//! Live delivery: what a commit made true goes to everybody who watches, from the log's tail.
//!
//! A subscriber registers first, then reads the log from its cursor, then follows its feed. A
//! feed keeps the newest frames in one ring that all its subscribers share; who falls behind the
//! ring reads the log again. So nothing is lost or repeated, and a slow reader costs nothing.

pub mod centrifugo;
mod feed;
mod subscription;

pub use feed::{FeedKey, Hub};
pub use subscription::{Chunk, Cursor, Subscription, room};

/// Frames that a feed keeps for subscribers that are almost up to date.
pub const RING_FRAMES_MAX: usize = 4_096;
/// Bytes of frames that a feed keeps, in all forms that subscribers may ask for.
pub const RING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Events that one read of the log brings while catching up.
pub const CATCH_UP_EVENTS: usize = 1_000;
/// Chunks of a catch-up that wait for a slow reader.
pub const CATCH_UP_CHUNKS_MAX: usize = 4;

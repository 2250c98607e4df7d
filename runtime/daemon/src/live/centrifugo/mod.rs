//! Live sockets: the client protocol of Centrifugo, in JSON. A session is a pure conversation; what carries it
//! hands in what the client sends, and takes out what the client is told.
//!
//! Subscribers follow the log from their place in it, so nothing waits in memory for them but what is on its
//! way: a client that does not keep up is told to come back, and finds everything where it was.

mod channel;
mod codec;
mod hall;
mod outbox;
mod session;
mod timing;

pub use hall::{Hall, Kept};
pub use outbox::{Goodbye, Out, Outgoing};
pub use session::{Inbox, Session};

use std::time::Duration;

/// One frame of a client, bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Frames of a client that wait to be read.
pub const INBOX_FRAMES_MAX: usize = 64;
/// What may wait to be sent to a client, bytes.
pub const OUTBOX_BYTES_MAX: usize = 1024 * 1024;
/// Frames that may wait to be sent to a client.
pub const OUTBOX_FRAMES_MAX: usize = 16 * 1024;
/// Channels that one client subscribes to.
pub const CHANNELS_MAX: usize = 128;
/// Comings and goings that wait for a client; who does not keep up is not told of the others.
const MOVEMENTS_MAX: usize = 256;
/// Messages of one answer, and those that one recovery brings.
const PUBLICATIONS_MAX: u32 = 1_000;
/// The same, bytes.
const PUBLICATIONS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a client is asked whether it is there.
const PING: Duration = Duration::from_secs(25);
/// How long it may take to say so.
const PONG: Duration = Duration::from_secs(8);
/// How long a client may take to say who it is.
const CONNECT: Duration = Duration::from_secs(10);

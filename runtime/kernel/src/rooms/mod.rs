//! Rooms, their threads, and messages.

mod message;
mod room;
mod thread;

pub(crate) use message::post_to;
pub use message::{PostMessage, post_message};
pub use room::{CreateRoom, create_room, find_room};
pub use thread::{CreateThread, create_thread, find_thread};

//! The runtime as its clients see it: HTTP and JSON, nothing else. The command line and the worker
//! come in through this door, as every other program does.

mod backoff;
mod error;
mod events;
mod http;
mod sse;
mod target;
mod topics;
pub mod wire;

pub use backoff::Backoff;
pub use error::{ClientError, Refusal};
pub use events::{Cursor, EventStream, Feed};
pub use http::{Client, segment};
pub use sse::Frame;
pub use target::{Discovery, URL_DEFAULT, base_url};
pub use topics::{Told, TopicStream};

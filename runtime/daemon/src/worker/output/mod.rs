//! What a command prints, on its way to the log: bytes become text, secrets are masked, live
//! chunks go out as they come, and the whole is kept for the artifact.

mod masker;
mod pump;
mod spool;
mod transcript;
mod utf8;

pub use pump::Pump;
pub use spool::Recording;
pub use transcript::{Chunk, Transcript};

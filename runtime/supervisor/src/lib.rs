//! Keeps the runtime's processes alive, and says plainly how they are.
//!
//! [`machine`] decides and does nothing else: time, readings and people's wishes go in, effects come
//! out. [`driver`] carries the effects out on one thread of its own. The desktop shell and
//! `signalbox up` use the same [`Supervisor`].

mod clock;
pub mod config_file;
pub mod credentials;
pub mod data_dir;
pub mod diagnostics;
pub mod driver;
pub mod log_tail;
pub mod machine;
pub mod ports;
pub mod problems;
mod redact;
pub mod status;
pub mod usage;

pub use credentials::{OwnerCredential, OwnerToken, existing_owner_token, owner_token};
pub use driver::{Config, Handle, Supervisor, sibling_program};
pub use status::{
    Component, ComponentState, ComponentStatus, Components, Phase, RunnerMode, RuntimeAction,
    RuntimeStatus,
};

//! The pure domain of Signalbox: commands in, events out, effects as data.
//!
//! Nothing here reads a clock, draws a random number, opens a file or knows a transport. Time,
//! identifiers and secrets are arguments; what must happen outside is returned as data.
//! The manifest of this crate is the proof.

pub mod actor;
pub mod agents;
pub mod board;
pub mod broker;
pub mod canonical;
pub mod chain;
pub mod command;
pub mod engines;
pub mod envelope;
pub mod event;
pub mod gate;
pub mod incidents;
pub mod limits;
pub mod react;
pub mod redaction;
pub mod reject;
pub mod review;
pub mod rooms;
pub mod runs;
pub mod state;
pub mod text;
pub mod time;

pub use actor::{Actor, ActorType, Caller};
pub use broker::Principal;
pub use command::{Answer, Command, Context, Decision, Effect, decide};
pub use envelope::{Causation, Contexts, Draft, Scope, StreamKey};
pub use event::Event;
pub use react::react;
pub use reject::{Kind, Reject};
pub use state::State;
pub use time::Timestamp;

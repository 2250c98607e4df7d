//! The rules of the domain, decided against a reference of the present that is folded from the
//! events themselves. Tables are text: see [`script::check`].
#![allow(clippy::unwrap_used)]

mod actors;
mod artifacts;
mod cancelling;
mod ending;
mod engines;
mod gate;
mod keys;
mod leases;
mod moves;
mod properties;

mod rooms;
mod runs;
mod script;
mod tool_calls;
mod world;

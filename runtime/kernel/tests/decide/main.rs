//! The rules of the domain, decided against a reference of the present that is folded from the
//! events themselves. Tables are text: see [`script::check`].
#![allow(clippy::unwrap_used)]

mod actors;
mod agents;
mod approvals;
mod artifacts;
mod authority_words;
mod cancelling;
mod capabilities;
mod commands;
mod egress;
mod ending;
mod engines;
mod gate;
mod gate_moves;
mod gate_words;
mod keys;
mod leases;
mod moves;
mod policy;
mod properties;
mod quota;
mod rooms;
mod runs;
mod script;
mod tool_calls;
mod world;
mod world_authority;
mod world_gate;

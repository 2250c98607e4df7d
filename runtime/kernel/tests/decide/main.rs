//! The rules of the domain, decided against a reference of the present that is folded from the
//! events themselves. Tables are text: see [`script::check`].
#![allow(clippy::unwrap_used)]

mod actors;
mod approvals;
mod artifacts;
mod cancelling;
mod commands;
mod egress;
mod ending;
mod engines;
mod gate;
mod gate_moves;
mod gate_words;
mod incident_moves;
mod incident_words;
mod incidents;
mod keys;
mod leases;
mod moves;
mod policy;
mod properties;

mod rooms;
mod runs;
mod script;
mod stale;
mod tool_calls;
mod triage;
mod world;
mod world_gate;
mod world_incidents;
mod world_runs;

//! The rules of the domain, decided against a reference of the present that is folded from the
//! events themselves. Tables are text: see [`script::check`].
#![allow(clippy::unwrap_used)]

mod actors;
mod agents;
mod approvals;
mod artifacts;
mod authority_words;
mod board;
mod board_words;
mod bus;
mod cancelling;
mod capabilities;
mod commands;
mod data_access;
mod egress;
mod ending;
mod engines;
mod evidence;
mod experiments;
mod gate;
mod gate_moves;
mod gate_words;
mod identity;
mod incident_moves;
mod incident_words;
mod incidents;
mod keys;
mod leases;
mod moves;
mod performing;
mod policy;
mod properties;
mod quota;
mod review_words;

mod rooms;
mod runs;
mod scorecards;
mod script;
mod stages;
mod stale;
mod tool_calls;
mod triage;
mod world;
mod world_authority;
mod world_board;
mod world_bus;
mod world_egress;
mod world_gate;
mod world_incidents;
mod world_review;
mod world_runs;
mod world_state;

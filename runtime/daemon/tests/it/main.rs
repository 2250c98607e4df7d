//! The daemon from outside: the real `signalbox` over real HTTP and a real database. One binary,
//! so that it links once.
#![allow(clippy::unwrap_used)]

mod actors;
mod agents;
mod backup;
mod blobs;
mod broken_calls;
mod capabilities;
mod chain;
mod claims;
mod cli;
mod contract;
mod crash;
mod disk_full;
mod engines;
mod events;
mod external_engine;
mod failed_fsync;
mod feeds;
mod fuzz;
mod gate;
mod guard;
mod identity;
mod input;
mod live;
mod rebuild;
mod refusals;
mod requests;
mod rooms;
mod runs;
mod search;
mod secrets;
mod sessions;
mod start;
mod support;
mod tampering;
mod terminal;
mod trace;
mod up;
mod upgrade;
mod worker;
mod workspaces;

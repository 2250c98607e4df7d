//! The daemon from outside: the real `signalbox` over real HTTP and a real database. One binary,
//! so that it links once.
#![allow(clippy::unwrap_used)]

mod chain;
mod claims;
mod cli;
mod feeds;
mod guard;
mod identity;
mod input;
mod live;
mod rebuild;
mod requests;
mod rooms;
mod runs;
mod search;
mod sessions;
mod support;
mod terminal;
mod up;
mod worker;
mod workspaces;

//! The daemon from outside: the real `signalbox` over real HTTP and a real database. One binary,
//! so that it links once.
#![allow(clippy::unwrap_used)]

mod feeds;
mod guard;
mod identity;
mod input;
mod live;
mod requests;
mod rooms;
mod search;
mod sessions;
mod support;
mod workspaces;

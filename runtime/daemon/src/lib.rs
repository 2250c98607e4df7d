//! The runtime around the kernel: one log, its doors and its worker.

pub mod api;
pub mod app;
pub mod claw;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod effect;
pub mod gateway;
pub mod live;
pub mod logging;
pub mod problem;
pub mod serve;
pub mod store;
pub mod worker;

//! The runtime around the kernel: one log, its doors and its worker.

pub mod app;
pub mod clock;
pub mod live;
pub mod problem;
pub mod store;

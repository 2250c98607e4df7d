//! What touches the world outside the database.

pub mod blob;
pub mod egress;

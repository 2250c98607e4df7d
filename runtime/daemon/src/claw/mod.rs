//! The event bus as the doors need it: who shows which key, how often somebody speaks, what is told of a
//! message, and who may read it. What may happen at all, the kernel says.

mod bus;
mod challenge;
mod login;
mod rate;
mod signature;
mod token;

pub use bus::{Bus, Denied, Said, origin, told};
pub use challenge::Challenge;
pub use signature::{NAMESPACE, read_public_key};
pub use token::{JWT_SECRET_ENV, JwtSecret, Signer};

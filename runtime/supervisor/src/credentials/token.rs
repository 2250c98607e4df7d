//! The token itself: a text that cannot be printed by accident.

use std::fmt;

/// Says what the token is when someone finds one.
const PREFIX: &str = "sbo_";
/// Randomness of a generated token.
const RANDOM_BYTES: usize = 32;
/// Bounds for a token from outside, in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=512;

/// The owner's token. `Debug` hides it and there is no `Display`; [`OwnerToken::expose`] is the only
/// way to its text.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnerToken(String);

impl OwnerToken {
    /// A new token from the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; RANDOM_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(OwnerToken(format!("{PREFIX}{}", hex::encode(bytes))))
    }

    /// A token from outside; surrounding white space is dropped. `None` if it is too short, too long,
    /// or would not survive an HTTP header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let usable = LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        usable.then(|| OwnerToken(text.to_owned()))
    }

    /// The secret text, for the header or the environment of a child. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OwnerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerToken(hidden)")
    }
}

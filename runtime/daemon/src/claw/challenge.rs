//! Challenges that whoever signs in has to sign: kept in memory, for two minutes, good for one answer.

use kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long one may be answered, milliseconds.
pub const CHALLENGE_MS: i64 = 120_000;
/// As many as are open at once.
const CHALLENGES_MAX: usize = 1_000;

/// What has to be signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub username: String,
    pub key_name: String,
    pub nonce: String,
    /// Seconds since 1970.
    pub issued_at_s: i64,
    pub expires_at: Timestamp,
}

impl Challenge {
    /// The text that is signed: five lines, without an end of the last.
    pub fn message(&self) -> String {
        format!(
            "claw.events login\nusername:{}\nkey:{}\nnonce:{}\nts:{}",
            self.username, self.key_name, self.nonce, self.issued_at_s
        )
    }
}

/// The open challenges, by their nonces.
#[derive(Debug, Default)]
pub struct Challenges(Mutex<HashMap<String, Challenge>>);

impl Challenges {
    /// Opens one; `Err` is when there may be room again.
    pub fn open(
        &self,
        username: String,
        key_name: String,
        nonce: String,
        now: Timestamp,
    ) -> Result<Challenge, Timestamp> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= CHALLENGES_MAX {
            open.retain(|_, challenge| challenge.expires_at > now);
            if open.len() >= CHALLENGES_MAX {
                let first = open.values().map(|challenge| challenge.expires_at).min();
                return Err(first.unwrap_or(now));
            }
        }
        let challenge = Challenge {
            username,
            key_name,
            nonce: nonce.clone(),
            issued_at_s: now.millis().div_euclid(1_000),
            expires_at: now.plus_millis(CHALLENGE_MS),
        };
        open.insert(nonce, challenge.clone());
        Ok(challenge)
    }

    /// Takes one away, whatever the answer to it is worth.
    pub fn take(&self, nonce: &str, now: Timestamp) -> Option<Challenge> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(nonce)
            .filter(|challenge| challenge.expires_at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_answered_once_and_in_time() {
        let challenges = Challenges::default();
        let at = |ms: i64| Timestamp::from_millis(7_000_000 + ms);
        let open = |nonce: &str, ms: i64| {
            challenges.open("bob".into(), "main".into(), nonce.into(), at(ms))
        };
        let challenge = open("n1", 900).unwrap();
        let message = "claw.events login\nusername:bob\nkey:main\nnonce:n1\nts:7000";
        assert_eq!(challenge.message(), message);
        assert_eq!(challenges.take("n1", at(1_000)), Some(challenge));
        assert_eq!(challenges.take("n1", at(1_000)), None);
        open("n2", 0).unwrap();
        assert_eq!(challenges.take("n2", at(CHALLENGE_MS)), None);
        for n in 0..CHALLENGES_MAX {
            open(&n.to_string(), 0).unwrap();
        }
        assert_eq!(open("more", 1), Err(at(CHALLENGE_MS)));
        assert!(open("more", CHALLENGE_MS).is_ok());
    }
}

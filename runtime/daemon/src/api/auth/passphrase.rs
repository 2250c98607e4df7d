//! Passphrases, kept as a hash that costs memory: who reads the data directory gains a search that is
//! slow by design, and nothing to sign in with.

use crate::clock;
use crate::store::table::owner::{HASH_BYTES, PassphraseHash};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;

/// Memory of one hash, KiB, and how often it is gone through: what OWASP asks of Argon2id at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes a new passphrase. Takes tens of milliseconds and [`MEMORY_KIB`], on a thread that may block.
pub async fn hash(passphrase: String) -> Option<PassphraseHash> {
    let salt = clock::salt();
    let work = move || {
        Some(PassphraseHash {
            salt,
            hash: derive(&passphrase, &salt, MEMORY_KIB, PASSES)?,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
        })
    };
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

/// Whether this is the passphrase. As slow as [`hash`].
pub async fn is_right(passphrase: String, kept: PassphraseHash) -> bool {
    let work = move || {
        derive(&passphrase, &kept.salt, kept.memory_kib, kept.passes)
            .is_some_and(|hash| hash.ct_eq(&kept.hash).into())
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}

/// `None` when the cost is none that can be paid.
fn derive(
    passphrase: &str,
    salt: &[u8; 16],
    memory_kib: u32,
    passes: u32,
) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(memory_kib, passes, LANES, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_passphrase_itself_is_right() {
        let kept = hash("correct horse".to_owned()).await.expect("a hash");
        assert!(is_right("correct horse".to_owned(), kept.clone()).await);
        for wrong in ["", "correct horse ", "Correct horse", "correct hors"] {
            assert!(!is_right(wrong.to_owned(), kept.clone()).await, "{wrong:?}");
        }
        let again = hash("correct horse".to_owned()).await.expect("a hash");
        assert_ne!(kept.hash, again.hash, "each has a salt of its own");
    }
}

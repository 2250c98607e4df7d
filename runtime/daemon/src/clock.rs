//! The only place that reads the wall clock or draws randomness: everything else is told.

use kernel::Timestamp;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// The present, in UTC milliseconds.
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

static ULIDS: Mutex<Option<ulid::Generator>> = Mutex::new(None);

/// A new identifier `<prefix>_<ULID>`; within one process each is greater than the one before.
pub fn id(prefix: &str) -> String {
    format!("{prefix}_{}", ulid())
}

/// A new ULID; within one process each is greater than the one before.
pub fn ulid() -> String {
    let mut guard = ULIDS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let generator = guard.get_or_insert_with(ulid::Generator::new);
    // Only 2^80 identifiers in one millisecond can overflow; a random one then is still unique.
    let ulid = generator
        .generate()
        .unwrap_or_else(|_| ulid::Ulid::generate());
    ulid.to_string()
}

/// A new time-ordered UUID: event ids index best when they grow.
pub fn event_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// A new random UUID without dashes, prefixed: engines and their tokens are named so.
pub fn hex_id(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::new_v4().simple())
}

/// A new secret with 244 random bits: `<prefix>_<64 hex digits>`.
pub fn secret(prefix: &str) -> String {
    format!(
        "{prefix}_{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    )
}

/// 122 random bits, to mix into a passphrase before it is hashed.
pub fn salt() -> [u8; 16] {
    uuid::Uuid::new_v4().into_bytes()
}

/// 122 random bits that are used once, for an address or a line of text.
pub fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Ten letters and digits by chance: what two people compare, no secret.
pub fn compared() -> String {
    let text = uuid::Uuid::new_v4().simple().to_string();
    text[..10].to_owned()
}

/// A new random UUID: principals are named so.
pub fn random_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

//! The operating system's keyring, reduced to get and set.

use keyring::{Entry, Error};

use super::Vault;

/// The name under which a person finds the entry in their keyring.
const SERVICE: &str = "signalbox";

/// Keychain, Credential Manager or Secret Service, whichever this system has.
pub(super) struct OsKeyring;

impl Vault for OsKeyring {
    fn get(&self, account: &str) -> Result<Option<String>, String> {
        match entry(account)?.get_password() {
            Ok(secret) => Ok(Some(secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(&error)),
        }
    }

    fn set(&self, account: &str, secret: &str) -> Result<(), String> {
        entry(account)?
            .set_password(secret)
            .map_err(|error| explain(&error))
    }

    fn remove(&self, account: &str) -> Result<(), String> {
        match entry(account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(&error)),
        }
    }
}

fn entry(account: &str) -> Result<Entry, String> {
    // Its error says what is missing; `Entry::new` only says that something is.
    if let Err(error) = Entry::store_status() {
        return Err(explain(error));
    }
    Entry::new(SERVICE, account).map_err(|error| explain(&error))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the crate's error is non-exhaustive"
)]
fn explain(error: &Error) -> String {
    match error {
        Error::NoDefaultStore | Error::PlatformFailure(_) => {
            format!("no keyring service answers: {error}")
        }
        Error::NoStorageAccess(_) => format!("it is locked or has no collection: {error}"),
        other => other.to_string(),
    }
}

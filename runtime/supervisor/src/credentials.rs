//! The owner's token: the one secret that makes a caller the person this machine belongs to.
//!
//! It lives in the keyring of the operating system. Where there is none, or it does not answer, the
//! token goes to a file that only its owner can read, and the returned state says so: a person must be
//! able to see where the secret lies.

mod file;
mod keyring_store;
mod secret;
mod token;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::data_dir;
pub use secret::{LentSecret, SecretNote, Secrets};
pub use token::OwnerToken;

/// The environment variable that sets the owner's token, ahead of keyring and file.
pub const OWNER_TOKEN_ENV: &str = "SIGNALBOX_OWNER_TOKEN";

/// How long one keyring call may take. A locked keyring asks the person for a password; start-up does
/// not wait for that.
const KEYRING_TIME_LIMIT: Duration = Duration::from_secs(5);

/// Whether the operating system's keyring can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyringAvailability {
    Available,
    Unavailable,
    /// The environment names the token, so the keyring was not asked.
    Overridden,
}

/// Where the owner's token lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenLocation {
    OsKeyring,
    File,
    Environment,
}

/// What diagnostics show about the owner's token. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyringState {
    pub state: KeyringAvailability,
    /// A sentence for people: where the token lies, and why.
    pub detail: String,
    pub token_location: TokenLocation,
}

/// The owner's token and where it lies.
#[derive(Debug, Clone)]
pub struct OwnerCredential {
    pub token: OwnerToken,
    pub keyring: KeyringState,
}

impl OwnerCredential {
    /// A token that the environment, or another caller, has set.
    pub fn overridden(token: OwnerToken) -> Self {
        overridden(token)
    }
}

/// Why there is no owner's token.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("The data directory {} cannot be used: {source}.", path.display())]
    DataDir { path: PathBuf, source: io::Error },
    #[error("{} cannot be read or written: {source}.", path.display())]
    TokenFile { path: PathBuf, source: io::Error },
    #[error(
        "The owner's token in {place} is not usable: 16 to 512 visible ASCII characters are needed."
    )]
    Malformed { place: String },
    #[error("The operating system gave no randomness for a new token.")]
    Randomness(#[from] getrandom::Error),
}

impl CredentialError {
    /// A stable word for programs, of the same family as the codes of a failed start.
    pub fn code(&self) -> &'static str {
        match self {
            CredentialError::DataDir { source, .. } | CredentialError::TokenFile { source, .. } => {
                io_code(source)
            }
            CredentialError::Malformed { .. } => "config_invalid",
            CredentialError::Randomness(_) => "start_failed",
        }
    }

    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            CredentialError::DataDir { .. } | CredentialError::TokenFile { .. } => {
                "Make the directory writable for your user account, or name another one with \
                 --data-dir."
            }
            CredentialError::Malformed { .. } => {
                "Correct it, or remove it: a new one is made at the next start."
            }
            CredentialError::Randomness(_) => "Try again.",
        }
    }
}

/// The code of a failed start that an error of the file system means.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the standard library's kinds are non-exhaustive"
)]
pub fn io_code(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "no_write_permission"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk_full",
        _ => "start_failed",
    }
}

/// The owner's token for `data_dir`; created on first use.
///
/// The environment goes first, then the keyring, then the file. Takes at most a few seconds, also when
/// the keyring is locked.
///
/// # Errors
/// When the data directory or the token file cannot be used, or the token found is malformed.
pub fn owner_token(data_dir: &Path) -> Result<OwnerCredential, CredentialError> {
    match environment() {
        Some(text) => Ok(overridden(parse(&text, OWNER_TOKEN_ENV)?)),
        None => find_or_create(data_dir, Arc::new(keyring_store::OsKeyring)),
    }
}

/// The owner's token for `data_dir` if there is one; never creates anything. For clients.
///
/// # Errors
/// As [`owner_token`].
pub fn existing_owner_token(data_dir: &Path) -> Result<Option<OwnerCredential>, CredentialError> {
    match environment() {
        Some(text) => Ok(Some(overridden(parse(&text, OWNER_TOKEN_ENV)?))),
        None if data_dir.is_dir() => find_only(data_dir, Arc::new(keyring_store::OsKeyring)),
        None => Ok(None),
    }
}

fn environment() -> Option<String> {
    std::env::var(OWNER_TOKEN_ENV)
        .ok()
        .filter(|token| !token.is_empty())
}

/// A place that keeps secrets by account. The text of an error is shown to people.
trait Vault: Send + Sync + 'static {
    fn get(&self, account: &str) -> Result<Option<String>, String>;
    fn set(&self, account: &str, secret: &str) -> Result<(), String>;

    /// What is not there need not be removed.
    fn remove(&self, account: &str) -> Result<(), String>;

    /// How long to wait for one call.
    fn time_limit(&self) -> Duration {
        KEYRING_TIME_LIMIT
    }
}

/// Where a token was found, or not.
enum Found {
    Keyring(OwnerToken),
    File(OwnerToken, Keyring),
    Nowhere(Keyring),
}

/// A keyring that holds no token: it may be empty, or not usable for the reason given.
enum Keyring {
    Empty,
    Unusable(String),
}

fn find_or_create(
    data_dir: &Path,
    vault: Arc<dyn Vault>,
) -> Result<OwnerCredential, CredentialError> {
    let dir = prepared(data_dir)?;
    // Two first starts at once must end with one token.
    let _lock = file::lock(&dir, vault.time_limit() * 4)?;
    match find(&dir, &vault)? {
        Found::Keyring(token) => {
            // A file left from a time without keyring holds a token that opens nothing any more.
            file::remove(&dir)?;
            Ok(in_keyring(token))
        }
        Found::File(token, Keyring::Empty) => store(token, &dir, &vault),
        Found::File(token, Keyring::Unusable(why)) => Ok(in_file(token, &dir, &why)),
        Found::Nowhere(Keyring::Empty) => store(OwnerToken::generate()?, &dir, &vault),
        Found::Nowhere(Keyring::Unusable(why)) => {
            let token = OwnerToken::generate()?;
            file::write(&dir, &token)?;
            Ok(in_file(token, &dir, &why))
        }
    }
}

fn find_only(
    data_dir: &Path,
    vault: Arc<dyn Vault>,
) -> Result<Option<OwnerCredential>, CredentialError> {
    let dir = prepared(data_dir)?;
    Ok(match find(&dir, &vault)? {
        Found::Keyring(token) => Some(in_keyring(token)),
        Found::File(token, Keyring::Empty) => {
            Some(in_file(token, &dir, "the keyring holds no token yet"))
        }
        Found::File(token, Keyring::Unusable(why)) => Some(in_file(token, &dir, &why)),
        Found::Nowhere(_) => None,
    })
}

fn find(dir: &Path, vault: &Arc<dyn Vault>) -> Result<Found, CredentialError> {
    let keyring = match keyring_get(vault, dir) {
        Ok(Some(text)) => return Ok(Found::Keyring(parse(&text, "the keyring")?)),
        Ok(None) => Keyring::Empty,
        Err(why) => Keyring::Unusable(why),
    };
    Ok(match file::read(dir)? {
        Some(token) => Found::File(token, keyring),
        None => Found::Nowhere(keyring),
    })
}

fn prepared(data_dir: &Path) -> Result<PathBuf, CredentialError> {
    data_dir::prepare(data_dir).map_err(|source| CredentialError::DataDir {
        path: data_dir.to_owned(),
        source,
    })
}

/// Puts `token` into the keyring and proves it by reading it back; else into the file.
fn store(
    token: OwnerToken,
    dir: &Path,
    vault: &Arc<dyn Vault>,
) -> Result<OwnerCredential, CredentialError> {
    match keyring_set(vault, dir, &token) {
        Ok(()) => {
            file::remove(dir)?;
            Ok(in_keyring(token))
        }
        Err(why) => {
            file::write(dir, &token)?;
            Ok(in_file(token, dir, &why))
        }
    }
}

/// The keyring's account for a data directory: two directories never share a token.
fn account(dir: &Path) -> String {
    dir.to_string_lossy().into_owned()
}

fn keyring_get(vault: &Arc<dyn Vault>, dir: &Path) -> Result<Option<String>, String> {
    let (limit, vault, account) = (vault.time_limit(), Arc::clone(vault), account(dir));
    within(limit, move || vault.get(&account))
}

fn keyring_set(vault: &Arc<dyn Vault>, dir: &Path, token: &OwnerToken) -> Result<(), String> {
    let (limit, vault, account) = (vault.time_limit(), Arc::clone(vault), account(dir));
    let secret = token.expose().to_owned();
    within(limit, move || {
        vault.set(&account, &secret)?;
        match vault.get(&account)? {
            Some(read) if read == secret => Ok(()),
            Some(_) | None => Err("it did not keep what was stored".to_owned()),
        }
    })
}

/// Runs `call` on a thread of its own and stops waiting after `limit`. The thread is left behind: a
/// call into the keyring cannot be cancelled.
fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (answer, answered) = mpsc::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            // Nobody listens any more when the limit has passed.
            answer.send(call()).ok();
        })
        .map_err(|error| error.to_string())?;
    answered.recv_timeout(limit).unwrap_or_else(|_| {
        Err(format!(
            "it did not answer within {limit:?}; it may be locked"
        ))
    })
}

fn parse(text: &str, place: &str) -> Result<OwnerToken, CredentialError> {
    OwnerToken::parse(text).ok_or_else(|| CredentialError::Malformed {
        place: place.to_owned(),
    })
}

fn overridden(token: OwnerToken) -> OwnerCredential {
    OwnerCredential {
        token,
        keyring: KeyringState {
            state: KeyringAvailability::Overridden,
            detail: format!("The environment variable {OWNER_TOKEN_ENV} sets the owner's token."),
            token_location: TokenLocation::Environment,
        },
    }
}

fn in_keyring(token: OwnerToken) -> OwnerCredential {
    OwnerCredential {
        token,
        keyring: KeyringState {
            state: KeyringAvailability::Available,
            detail: "The owner's token is in the keyring of the operating system.".to_owned(),
            token_location: TokenLocation::OsKeyring,
        },
    }
}

fn in_file(token: OwnerToken, dir: &Path, why: &str) -> OwnerCredential {
    let path = data_dir::owner_token_file(dir);
    OwnerCredential {
        token,
        keyring: KeyringState {
            state: KeyringAvailability::Unavailable,
            detail: format!(
                "The keyring cannot be used ({why}). The owner's token lies unencrypted in {}, \
                 readable only by your user account.",
                path.display()
            ),
            token_location: TokenLocation::File,
        },
    }
}

#[cfg(test)]
mod tests;

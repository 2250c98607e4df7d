//! Secrets that the owner lends to requests: each by name, and for named hosts only. The value and
//! its hosts lie together, in the keyring of the operating system; where there is none, in a file
//! that only its owner can read. A list of names and hosts, without values, lies beside the data.

use super::{CredentialError, KEYRING_TIME_LIMIT, TokenLocation, Vault, keyring_store, prepared};
use super::{file, file::private, within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A secret with the hosts that it may be sent to. `Debug` hides the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LentSecret {
    pub value: String,
    /// `HOST` or `HOST:PORT`; it goes nowhere else.
    pub hosts: Vec<String>,
}

impl fmt::Debug for LentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentSecret")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// What may be shown of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretNote {
    pub hosts: Vec<String>,
    pub location: TokenLocation,
}

/// The secrets of one data directory.
#[derive(Clone)]
pub struct Secrets {
    dir: PathBuf,
    vault: Arc<dyn Vault>,
}

impl Secrets {
    /// # Errors
    /// When the data directory cannot be used.
    pub fn open(data_dir: &Path) -> Result<Self, CredentialError> {
        Ok(Self {
            dir: prepared(data_dir)?,
            vault: Arc::new(keyring_store::OsKeyring),
        })
    }

    #[cfg(test)]
    pub(super) fn with(data_dir: &Path, vault: Arc<dyn Vault>) -> Result<Self, CredentialError> {
        let dir = prepared(data_dir)?;
        Ok(Self { dir, vault })
    }

    /// Names, hosts and where each lies; never a value.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn list(&self) -> Result<BTreeMap<String, SecretNote>, CredentialError> {
        match fs::read(self.index()) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| self.failed(self.index(), io::Error::other(error))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(self.failed(self.index(), error)),
        }
    }

    /// Keeps a secret under a name, in place of the one that had it, and says where it lies.
    ///
    /// # Errors
    /// When it can be kept nowhere.
    pub fn set(&self, name: &str, secret: &LentSecret) -> Result<TokenLocation, CredentialError> {
        // Two at once must not lose each other's line of the list.
        let _lock = file::lock(&self.dir, self.vault.time_limit() * 4)?;
        let mut notes = self.list()?;
        let text = serde_json::to_string(secret)
            .map_err(|error| self.failed(self.index(), io::Error::other(error)))?;
        let location = match self.keep_in_vault(name, &text) {
            Ok(()) => {
                self.remove_file(name)?;
                TokenLocation::OsKeyring
            }
            Err(_) => {
                self.write(&self.path(name), text.as_bytes())?;
                TokenLocation::File
            }
        };
        let hosts = secret.hosts.clone();
        notes.insert(name.to_owned(), SecretNote { hosts, location });
        self.write_index(&notes)?;
        Ok(location)
    }

    /// The secret of a name. Takes at most a few seconds, also when the keyring is locked.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<LentSecret>, CredentialError> {
        let Some(note) = self.list()?.remove(name) else {
            return Ok(None);
        };
        let text = match note.location {
            TokenLocation::OsKeyring => {
                let (vault, account) = (self.vault.clone(), self.account(name));
                within(vault.time_limit(), move || vault.get(&account))
                    .map_err(|why| self.failed("the keyring".into(), io::Error::other(why)))?
            }
            TokenLocation::File | TokenLocation::Environment => {
                match fs::read_to_string(self.path(name)) {
                    Ok(text) => Some(text),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => return Err(self.failed(self.path(name), error)),
                }
            }
        };
        // The reason would quote the value.
        let unreadable = |_| CredentialError::Malformed {
            place: format!("the place of the secret {name}"),
        };
        text.map(|text| serde_json::from_str(&text).map_err(unreadable))
            .transpose()
    }

    /// Forgets a secret; `false` when there was none.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<bool, CredentialError> {
        let _lock = file::lock(&self.dir, self.vault.time_limit() * 4)?;
        let mut notes = self.list()?;
        let Some(note) = notes.remove(name) else {
            return Ok(false);
        };
        if note.location == TokenLocation::OsKeyring {
            let (vault, account) = (self.vault.clone(), self.account(name));
            within(vault.time_limit(), move || vault.remove(&account))
                .map_err(|why| self.failed("the keyring".into(), io::Error::other(why)))?;
        }
        self.remove_file(name)?;
        self.write_index(&notes)?;
        Ok(true)
    }

    /// Puts it into the keyring and proves it by reading it back.
    fn keep_in_vault(&self, name: &str, text: &str) -> Result<(), String> {
        let (vault, account, text) = (self.vault.clone(), self.account(name), text.to_owned());
        within(self.vault.time_limit().max(KEYRING_TIME_LIMIT), move || {
            vault.set(&account, &text)?;
            match vault.get(&account)? {
                Some(read) if read == text => Ok(()),
                Some(_) | None => Err("it did not keep what was stored".to_owned()),
            }
        })
    }

    fn account(&self, name: &str) -> String {
        format!("{}#secret:{name}", self.dir.display())
    }

    fn folder(&self) -> PathBuf {
        self.dir.join("secrets")
    }

    fn index(&self) -> PathBuf {
        self.folder().join("names.json")
    }

    /// Some file systems do not tell `a` from `A`.
    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{}.secret", hex::encode(name)))
    }

    fn remove_file(&self, name: &str) -> Result<(), CredentialError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.failed(self.path(name), error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write_index(&self, notes: &BTreeMap<String, SecretNote>) -> Result<(), CredentialError> {
        let bytes = serde_json::to_vec_pretty(notes)
            .map_err(|error| self.failed(self.index(), io::Error::other(error)))?;
        self.write(&self.index(), &bytes)
    }

    /// Replaces a file as a whole; only its owner can read it.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), CredentialError> {
        let write = || {
            let folder = self.folder();
            if !folder.is_dir() {
                let mut builder = fs::DirBuilder::new();
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
                builder.recursive(true).create(&folder)?;
            }
            let staged = path.with_extension("new");
            match fs::remove_file(&staged) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let mut file = private(OpenOptions::new().create_new(true)).open(&staged)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&staged, path)
        };
        write().map_err(|error| self.failed(path.to_owned(), error))
    }

    fn failed(&self, path: PathBuf, source: io::Error) -> CredentialError {
        CredentialError::TokenFile { path, source }
    }
}

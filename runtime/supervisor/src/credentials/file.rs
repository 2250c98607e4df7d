//! The token file: what is left when there is no keyring.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{CredentialError, OwnerToken, parse, within};
use crate::data_dir::owner_token_file;

/// Holds the right to create the token of one data directory until dropped.
pub(super) struct CreationLock(#[expect(dead_code, reason = "held, never read")] File);

/// Waits at most `limit` for other first starts on the same data directory.
pub(super) fn lock(dir: &Path, limit: Duration) -> Result<CreationLock, CredentialError> {
    let path = dir.join("owner-token.lock");
    let failed = |source| CredentialError::TokenFile {
        path: path.clone(),
        source,
    };
    let file = private(OpenOptions::new().create(true).truncate(false))
        .open(&path)
        .map_err(failed)?;
    let locked = within(limit, move || {
        file.lock().map_err(|error| error.to_string())?;
        Ok(file)
    });
    locked
        .map(CreationLock)
        .map_err(|why| failed(io::Error::other(why)))
}

/// The token in the file, if there is a file.
pub(super) fn read(dir: &Path) -> Result<Option<OwnerToken>, CredentialError> {
    let path = owner_token_file(dir);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path.display().to_string()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CredentialError::TokenFile { path, source }),
    }
}

/// Replaces the file as a whole; a reader sees the old token or the new one, never half of one.
pub(super) fn write(dir: &Path, token: &OwnerToken) -> Result<(), CredentialError> {
    let path = owner_token_file(dir);
    replace(&path, token).map_err(|source| CredentialError::TokenFile { path, source })
}

fn replace(path: &PathBuf, token: &OwnerToken) -> io::Result<()> {
    let staged = path.with_extension("new");
    // A left-over of a crash may have other permissions; only a new file is surely private.
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = private(OpenOptions::new().create_new(true)).open(&staged)?;
    writeln!(file, "{}", token.expose())?;
    file.sync_all()?;
    fs::rename(&staged, path)
}

/// Removes the file if there is one.
pub(super) fn remove(dir: &Path) -> Result<(), CredentialError> {
    let path = owner_token_file(dir);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(CredentialError::TokenFile { path, source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

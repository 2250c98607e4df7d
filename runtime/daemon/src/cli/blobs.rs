//! The blobs of a data directory as files: checked and copied by their content.

use super::exit::{Exit, Failure};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// Where a data directory keeps its blobs: in folders by the first two digits of their name.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("blobs")
}

/// Where a backup keeps its blobs.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file.as_os_str());
    name.push(".blobs");
    PathBuf::from(name)
}

/// The names of the blobs whose content is not what they say.
pub fn damaged(data_dir: &Path) -> Result<Vec<String>, Failure> {
    let mut damaged = Vec::new();
    for (name, path) in list(&folder(data_dir))? {
        if digest(&mut File::open(path)?, &mut io::sink())? != name {
            damaged.push(format!("sha256:{name}"));
        }
    }
    Ok(damaged)
}

/// Copies the blobs that `to` does not have. Each is checked on the way, and appears whole or not
/// at all. Returns how many were copied.
pub fn copy(from: &Path, to: &Path) -> Result<u64, Failure> {
    let mut copied = 0;
    for (name, path) in list(from)? {
        let folder = to.join(&name[..2]);
        let target = folder.join(&name);
        if target.exists() {
            continue;
        }
        fs::create_dir_all(&folder)?;
        let mut draft = tempfile::Builder::new()
            .prefix(".incoming-")
            .tempfile_in(to)?;
        if digest(&mut File::open(path)?, draft.as_file_mut())? != name {
            let message = format!("The content of the blob sha256:{name} is damaged.");
            return Err(Failure::new(Exit::Failed, "blob_damaged", message)
                .hint("Look at it with `signalbox verify --blobs`."));
        }
        draft.as_file().sync_all()?;
        draft.persist(&target).map_err(|error| error.error)?;
        copied += 1;
    }
    Ok(copied)
}

/// Name and path of every blob below `folder`; none when it is not there.
fn list(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for group in entries(folder)? {
        if !group.is_dir() {
            continue;
        }
        for path in entries(&group)? {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            if let Some(name) = name.filter(|name| name.len() == 64) {
                found.push((name, path));
            }
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The SHA-256 of everything that is read, in hex; it is written to `to` on the way.
fn digest(from: &mut impl Read, to: &mut impl Write) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn put(folder: &Path, content: &str) -> PathBuf {
        let name = hex::encode(Sha256::digest(content));
        let path = folder.join(&name[..2]).join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn what_is_missing_is_copied_and_what_is_damaged_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (folder(dir.path()), beside(&dir.path().join("copy.db")));
        assert_eq!(copy(&from, &to).unwrap(), 0);
        let first = put(&from, "one");
        put(&from, "two");
        assert_eq!(copy(&from, &to).unwrap(), 2);
        put(&from, "three");
        assert_eq!(copy(&from, &to).unwrap(), 1);
        let copied = to.join(first.strip_prefix(&from).unwrap());
        assert_eq!(fs::read_to_string(&copied).unwrap(), "one");

        assert_eq!(damaged(dir.path()).unwrap(), [] as [String; 0]);
        fs::write(&first, "uno").unwrap();
        let name = first.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(damaged(dir.path()).unwrap(), [format!("sha256:{name}")]);
        fs::remove_file(copied).unwrap();
        assert_eq!(copy(&from, &to).unwrap_err().code, "blob_damaged");
    }
}

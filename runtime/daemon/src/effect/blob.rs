//! Content-addressed files: written under a temporary name, fsynced, then renamed to the name
//! that their content gives them. A blob that has its name is whole.

use kernel::limits::BLOB_BYTES_MAX;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

/// Bytes gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 256 * 1024;

/// The name of a blob: `sha256:<64 hex digits>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobId(String);

impl BlobId {
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let sound = hex.len() == 64
            && hex
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        sound.then(|| Self(hex.to_owned()))
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the blob is larger than {BLOB_BYTES_MAX} bytes")]
    TooLarge,
    /// The disk, or the quota, is full. Freeing space is enough.
    #[error("there is no space for the blob")]
    NoSpace,
    /// An fsync failed: what is on the disk is not known.
    #[error("a blob could not be made durable: {0}")]
    NotDurable(io::Error),
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        if lacks_space(&error) {
            BlobError::NoSpace
        } else {
            BlobError::Io(error)
        }
    }
}

impl BlobError {
    /// The error of an fsync. Some file systems look for the space only then.
    fn of_sync(error: io::Error) -> Self {
        if lacks_space(&error) {
            BlobError::NoSpace
        } else {
            BlobError::NotDurable(error)
        }
    }
}

fn lacks_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// The blobs of a data directory.
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("blobs"),
        }
    }

    fn path(&self, blob: &BlobId) -> PathBuf {
        self.folder.join(&blob.0[..2]).join(&blob.0)
    }

    /// Begins a blob.
    pub async fn writer(&self) -> Result<BlobWriter, BlobError> {
        let folder = self.folder.clone();
        let temporary = blocking(move || {
            std::fs::create_dir_all(&folder)?;
            Ok(tempfile::Builder::new()
                .prefix(".incoming-")
                .tempfile_in(&folder)?)
        })
        .await?;
        let file = File::from_std(temporary.as_file().try_clone()?);
        let file = BufWriter::with_capacity(WRITE_BUFFER_BYTES, file);
        Ok(BlobWriter {
            folder: self.folder.clone(),
            temporary,
            file,
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Opens a blob for reading, with its size in bytes.
    pub async fn open(&self, blob: &BlobId) -> Result<Option<(File, u64)>, BlobError> {
        match File::open(self.path(blob)).await {
            Ok(file) => {
                let size = file.metadata().await?.len();
                Ok(Some((file, size)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the folder, durably, and removes what a process that died left half-written there,
    /// and `forgotten` blobs.
    pub fn sweep(&self, forgotten: &[BlobId]) -> io::Result<()> {
        if !self.folder.exists() {
            std::fs::create_dir_all(&self.folder)?;
            // A power cut must not take the folder with everything that was put into it.
            self.folder.parent().map_or(Ok(()), sync_folder)?;
        }
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry
                .file_name()
                .to_string_lossy()
                .starts_with(".incoming-")
            {
                std::fs::remove_file(entry.path())?;
            }
        }
        for blob in forgotten {
            match std::fs::remove_file(self.path(blob)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// A blob that is being written. Dropped before [`BlobWriter::finish`], it leaves nothing.
pub struct BlobWriter {
    folder: PathBuf,
    temporary: NamedTempFile,
    file: BufWriter<File>,
    hash: Sha256,
    size: u64,
}

impl BlobWriter {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.size > BLOB_BYTES_MAX {
            return Err(BlobError::TooLarge);
        }
        self.hash.update(bytes);
        Ok(self.file.write_all(bytes).await?)
    }

    /// Makes the blob durable and gives it its name. Returns that and the size in bytes.
    pub async fn finish(mut self) -> Result<(BlobId, u64), BlobError> {
        self.file.flush().await?;
        self.file
            .get_ref()
            .sync_all()
            .await
            .map_err(BlobError::of_sync)?;
        let blob = BlobId(hex::encode(self.hash.finalize()));
        let parent = self.folder;
        let folder = parent.join(&blob.0[..2]);
        let target = folder.join(&blob.0);
        let temporary = self.temporary;
        blocking(move || {
            std::fs::create_dir_all(&folder)?;
            // The same content may be there already; the rename then changes nothing.
            temporary.persist(&target).map_err(|error| error.error)?;
            // The rename, and the folder itself when it is new, must survive a power cut too.
            sync_folder(&folder).map_err(BlobError::of_sync)?;
            sync_folder(&parent).map_err(BlobError::of_sync)
        })
        .await?;
        Ok((blob, self.size))
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let good = format!("sha256:{}", "0f".repeat(32));
        assert_eq!(
            BlobId::parse(&good).map(|blob| blob.to_string()),
            Some(good)
        );
        for bad in [
            "",
            "sha256:",
            "sha256:../../etc/passwd",
            &format!("sha256:{}", "0F".repeat(32)),
            &"0f".repeat(32),
        ] {
            assert_eq!(BlobId::parse(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_blob_is_whole_or_not_there() -> Result<(), BlobError> {
        let dir = tempfile::tempdir()?;
        let blobs = Blobs::new(dir.path());
        let mut abandoned = blobs.writer().await?;
        abandoned.write(b"half").await?;
        drop(abandoned);
        let mut writer = blobs.writer().await?;
        writer.write(b"hello ").await?;
        writer.write(b"world").await?;
        let (blob, size) = writer.finish().await?;
        assert_eq!(
            blob.to_string(),
            "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
        );
        assert_eq!(size, 11);
        assert_eq!(blobs.open(&blob).await?.map(|(_, size)| size), Some(11));
        let left: Vec<_> = std::fs::read_dir(dir.path().join("blobs"))?.collect();
        assert_eq!(left.len(), 1, "only the folder of the finished blob");
        Ok(())
    }
}

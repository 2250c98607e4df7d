//! `signalbox file`: leaving files for others, by their content.

use super::exit::{Exit, Failure};
use super::output::Output;
use super::session::Session;
use super::{Global, wait_for};
use clap::{Args, Subcommand};
use futures_util::StreamExt;
use kernel::limits::BLOB_BYTES_MAX;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

/// Leave a file for others, or fetch one
///
/// A file is named by the SHA-256 of its content, which is checked on the way in and on the way out.
///
/// Examples:
///   signalbox file put report.pdf
///   tar c src | signalbox file put -
///   signalbox file get HASH copy.pdf
///   signalbox file get HASH - | wc -c
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct File {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Store a file and print its hash
    Put {
        /// The file; `-` reads standard input
        path: PathBuf,
    },
    /// Fetch a file
    Get {
        /// sha256:…
        hash: String,
        /// Where to put it; `-`, and nothing when piped, is standard output
        to: Option<PathBuf>,
        /// Replace what is there
        #[arg(long)]
        force: bool,
    },
}

impl File {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        match self.action {
            Action::Put { path } => wait_for(put(&session, &path))?,
            Action::Get { hash, to, force } => match to.filter(|to| to != Path::new("-")) {
                Some(to) => wait_for(get_to_file(&session, &hash, &to, force))?,
                None => wait_for(get_to_stdout(&session, &hash))?,
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Tally {
    hash: Sha256,
    bytes: u64,
}

impl Tally {
    fn add(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        if self.bytes > BLOB_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("sha256:{}", hex::encode(self.hash.clone().finalize()))
    }
}

async fn put(session: &Session, path: &Path) -> Result<(), Failure> {
    let from: Box<dyn AsyncRead + Send + Unpin> = if path == Path::new("-") {
        Box::new(tokio::io::stdin())
    } else {
        let opened = tokio::fs::File::open(path).await;
        let file = opened.map_err(|error| unreadable(path, &error))?;
        let about = file.metadata().await?;
        if about.is_dir() {
            return Err(unreadable(path, &io::ErrorKind::IsADirectory.into()));
        }
        if about.len() > BLOB_BYTES_MAX {
            return Err(too_large());
        }
        Box::new(file)
    };
    let tally = Arc::new(Mutex::new(Tally::default()));
    let adding = tally.clone();
    let pieces = ReaderStream::new(from).map(move |piece| {
        let piece = piece?;
        let mut tally = adding.lock().unwrap_or_else(PoisonError::into_inner);
        tally.add(&piece).map(|()| piece)
    });
    let stored = session
        .client
        .put_file(reqwest::Body::wrap_stream(pieces))
        .await;
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    if tally.bytes > BLOB_BYTES_MAX {
        return Err(too_large());
    }
    let stored = stored?;
    if stored.hash != tally.name() {
        return Err(changed(&tally.name()));
    }
    session.output.told(&stored, &stored.hash)
}

async fn get_to_stdout(session: &Session, hash: &str) -> Result<(), Failure> {
    let output = Output::new(false);
    let mut is_text = false;
    let mut tally = Tally::default();
    let mut content = session.client.get_file(hash).await?;
    while let Some(piece) = content.piece().await? {
        is_text |= tally.bytes == 0 && piece.iter().all(|byte| is_harmless(*byte));
        if io::stdout().is_terminal() && !is_text {
            let message = "This is no text, and would confuse the terminal.";
            return Err(Failure::new(Exit::Usage, "not_text", message)
                .hint(format!("Name a file: signalbox file get {hash} FILE")));
        }
        tally.add(&piece)?;
        output.raw(&piece)?;
    }
    check(&tally, hash)
}

/// Whether a byte cannot steer a terminal.
fn is_harmless(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r') || !byte.is_ascii_control()
}

async fn get_to_file(session: &Session, hash: &str, to: &Path, force: bool) -> Result<(), Failure> {
    if to.exists() && !force {
        return Err(exists(to));
    }
    let mut content = session.client.get_file(hash).await?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = draft(folder.unwrap_or(Path::new(".")))?;
    let mut tally = Tally::default();
    while let Some(piece) = content.piece().await? {
        tally.add(&piece)?;
        draft.write_all(&piece)?;
    }
    // It appears whole and checked, or not at all.
    check(&tally, hash)?;
    let kept = match force {
        true => draft.persist(to),
        false => draft.persist_noclobber(to),
    };
    kept.map_err(|error| {
        if error.error.kind() == io::ErrorKind::AlreadyExists {
            return exists(to);
        }
        error.error.into()
    })?;
    let answer = json!({"hash": hash, "size": tally.bytes, "path": to});
    let words = format!("{} ({} bytes)", to.display(), tally.bytes);
    session.output.told(&answer, &words)
}

/// A new file with the permissions that the user's files have.
fn draft(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(".incoming-")
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

fn check(tally: &Tally, hash: &str) -> Result<(), Failure> {
    if tally.name() == hash {
        Ok(())
    } else {
        Err(changed(hash))
    }
}

fn changed(hash: &str) -> Failure {
    let message = format!("What arrived is not {hash}: it was changed on the way.");
    Failure::new(Exit::Failed, "hash_mismatch", message)
        .hint("Try again; then look at `signalbox verify --blobs`.")
}

fn too_large() -> Failure {
    let message = format!("A file has at most {BLOB_BYTES_MAX} bytes.");
    Failure::new(Exit::Usage, "payload_too_large", message)
        .hint("Compress it, or leave it in parts.")
}

fn exists(path: &Path) -> Failure {
    let message = format!("{} is there already.", path.display());
    Failure::new(Exit::Conflict, "file_exists", message).hint("Name another, or give --force.")
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let exit = if is_missing {
        Exit::NotFound
    } else {
        Exit::Failed
    };
    let message = format!("{} cannot be read: {error}.", path.display());
    Failure::new(exit, "file_unreadable", message)
}

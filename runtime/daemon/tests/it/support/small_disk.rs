//! A real disk of a few MiB: full when it is full.

use super::DEADLINE;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// Bytes of one write that fills.
const FILL_BYTES: usize = 64 * 1024;

/// A file system in memory that only the processes in it see. It is mounted in a name space of its
/// own, which a process holds for as long as the test lives; so nothing is ever left behind.
pub struct SmallDisk {
    folder: TempDir,
    holder: Child,
    /// Words that let a program run where the disk is mounted.
    enter: Vec<String>,
}

impl SmallDisk {
    /// `None` where neither root nor a name space of our own may mount; the reason is printed.
    pub fn mount(bytes: u64) -> Option<Self> {
        // Root may mount; everybody else is root in a user name space of their own.
        let ways: [(&[&str], &[&str]); 2] = [
            (&[], &[]),
            (
                &["--user", "--map-root-user"],
                &["--user", "--preserve-credentials"],
            ),
        ];
        let mut reasons = Vec::new();
        for (unshare, nsenter) in ways {
            match Self::mount_in(bytes, unshare) {
                Ok((folder, holder)) => {
                    let target = holder.id().to_string();
                    let words = ["nsenter", "--mount", "--target", &target];
                    let enter = words.iter().chain(nsenter).chain(&["--"]);
                    return Some(Self {
                        folder,
                        enter: enter.map(|word| (*word).to_owned()).collect(),
                        holder,
                    });
                }
                Err(reason) => reasons.push(reason),
            }
        }
        eprintln!(
            "skipped: nothing may be mounted here ({})",
            reasons.join("; ")
        );
        None
    }

    fn mount_in(bytes: u64, unshare: &[&str]) -> Result<(TempDir, Child), String> {
        let folder = tempfile::tempdir().unwrap();
        let script =
            r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1" && echo mounted && exec cat"#;
        let mut holder = Command::new("unshare")
            .args(unshare)
            .args(["--mount", "sh", "-c", script, "sh"])
            .arg(folder.path())
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let mut line = String::new();
        let output = holder.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        if line.trim() == "mounted" {
            return Ok((folder, holder));
        }
        let mut reason = String::new();
        let mut errors = holder.stderr.take().unwrap();
        errors.read_to_string(&mut reason).ok();
        holder.wait().unwrap();
        Err(reason.trim().to_owned())
    }

    /// Words that run a program where the disk is, before the words of the program.
    pub fn wrapper(&self) -> Vec<String> {
        self.enter.clone()
    }

    /// A folder on the disk, as programs where the disk is know it.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same folder, as everybody else may look into it.
    pub fn data_dir_from_here(&self) -> PathBuf {
        self.root().join("data")
    }

    fn root(&self) -> PathBuf {
        let inside = self.folder.path().strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(inside)
    }

    fn filler(&self) -> PathBuf {
        self.root().join("filler")
    }

    pub fn free_bytes(&self) -> u64 {
        let disk = rustix::fs::statvfs(self.root()).unwrap();
        disk.f_bavail * disk.f_frsize
    }

    /// Takes space until only so many bytes are left.
    pub fn fill(&self, left_bytes: u64) {
        use std::io::Write;
        let mut filler = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        let started = Instant::now();
        while self.free_bytes() > left_bytes {
            let wanted = (self.free_bytes() - left_bytes).min(FILL_BYTES as u64);
            filler.write_all(&vec![0; wanted as usize]).unwrap();
            assert!(started.elapsed() < DEADLINE, "it does not fill");
        }
    }

    /// Gives back what [`Self::fill`] has taken.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

//! The worker's end of a guarded command.

use super::groups::{Entry, Groups};
use super::guard::{KILL, Report, TERMINATE};
use super::process_table::Identity;
use kernel::runs::CommandLine;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// Secrets of the worker that no command may see.
const PRIVATE_VARIABLES: [&str; 2] = ["SIGNALBOX_TOKEN", supervisor::credentials::OWNER_TOKEN_ENV];

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Exited(i32),
    Signaled(i32),
    /// It never ran; the sentence says why.
    NotStarted(String),
    /// Its guard was killed; the group was killed after it.
    Unknown,
}

/// A command under guard. Dropping it ends the command.
pub struct Guarded {
    guard: Child,
    orders: OwnedWriteHalf,
    reports: Lines<BufReader<OwnedReadHalf>>,
    groups: Option<Groups>,
    note: Option<Entry>,
    leader: Option<Identity>,
    pub stdout: Option<ChildStdout>,
    pub stderr: Option<ChildStderr>,
}

impl Guarded {
    /// Starts `command` under guard, with `variables` added to its environment.
    ///
    /// # Errors
    /// When its folder is not there, or the guard cannot be started; what is wrong with the
    /// program is told by [`Guarded::ended`].
    pub fn start(
        command: &CommandLine,
        variables: &[(&str, &str)],
        groups: Option<Groups>,
    ) -> io::Result<Self> {
        let folder = folder(command)?;
        let (ours, theirs) = Socket::pair()?;
        ours.set_nonblocking(true)?;
        let (reports, orders) = UnixStream::from_std(ours)?.into_split();
        let mut guard = Command::new(program()?);
        guard
            .arg("guard")
            .arg("--")
            .args(&command.argv)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: what ends the worker's group leaves it the time to clean up.
            .process_group(0);
        for name in PRIVATE_VARIABLES {
            guard.env_remove(name);
        }
        guard.envs(variables.iter().copied()).envs(&command.env);
        if let Some(folder) = folder {
            guard.current_dir(folder);
        }
        let mut guard = guard.spawn()?;
        Ok(Self {
            stdout: guard.stdout.take(),
            stderr: guard.stderr.take(),
            guard,
            orders,
            reports: BufReader::new(reports).lines(),
            groups,
            note: None,
            leader: None,
        })
    }

    /// Waits for the end. Cancel-safe: may be given up and called again.
    pub async fn ended(&mut self) -> Ended {
        loop {
            let report = match self.reports.next_line().await {
                Ok(Some(line)) => serde_json::from_str(&line).ok(),
                Ok(None) | Err(_) => return self.guard_is_gone().await,
            };
            match report {
                Some(Report::Started { pid }) => {
                    self.leader = Identity::of(pid);
                    let known = self.groups.as_ref().zip(self.leader.as_ref());
                    self.note = known.and_then(|(groups, leader)| groups.note(leader).ok());
                }
                Some(Report::NotStarted { message, .. }) => return Ended::NotStarted(message),
                Some(Report::Exited { code }) => return Ended::Exited(code),
                Some(Report::Signaled { signal }) => return Ended::Signaled(signal),
                None => {}
            }
        }
    }

    /// Asks the command to end.
    pub async fn terminate(&mut self) {
        // A guard that is gone has ended the command, or `ended` does.
        self.orders.write_all(&[TERMINATE]).await.ok();
    }

    /// Ends the command and everything it started.
    pub async fn kill(&mut self) {
        self.orders.write_all(&[KILL]).await.ok();
    }

    /// Somebody killed the guard: its group is left without one.
    async fn guard_is_gone(&mut self) -> Ended {
        self.guard.wait().await.ok();
        if let Some(leader) = self.leader.take() {
            leader.kill_group();
        }
        self.note = None;
        Ended::Unknown
    }
}

/// This program, also after its file was replaced by a newer one.
fn program() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    if cfg!(target_os = "linux") && !program.exists() {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    Ok(program)
}

/// Where to run it. Checked here: the system's own message would not name the folder.
fn folder(command: &CommandLine) -> io::Result<Option<PathBuf>> {
    let folder = command.cwd.as_ref().map(PathBuf::from);
    let folder = folder.or_else(std::env::home_dir);
    match folder {
        Some(folder) if !folder.is_dir() => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("the folder {} is not there", folder.display()),
        )),
        other => Ok(other),
    }
}

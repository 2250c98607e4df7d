//! A process of ours and everything it started, as one thing that can be ended.
//!
//! Nothing here ever looks for a process by name, port or pid file: only what was spawned is ended.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::Process;
#[cfg(windows)]
pub(super) use windows::Process;

use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

/// Our ends of a process's pipes.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exit {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

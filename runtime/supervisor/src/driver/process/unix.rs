//! Processes on Unix: each leads a process group of its own.

use std::io;
use std::os::unix::process::ExitStatusExt;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tokio::process::{Child, Command};

use super::{Exit, Pipes};

/// A child that has not been reaped: until then its pid, and the group of that number, are its own.
pub(in crate::driver) struct Process {
    child: Child,
    pid: Pid,
}

impl Process {
    pub(in crate::driver) fn spawn(mut command: Command) -> io::Result<(Self, Pipes)> {
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let pid = child
            .id()
            .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(pid), (Some(stdin), Some(stdout), Some(stderr))) = (pid, pipes) else {
            return Err(io::Error::other("a new child has neither pid nor pipes"));
        };
        Ok((
            Process { child, pid },
            Pipes {
                stdin,
                stdout,
                stderr,
            },
        ))
    }

    pub(in crate::driver) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Asks it to finish.
    pub(in crate::driver) fn terminate(&self) {
        log_failure("terminate", kill_process(self.pid, Signal::TERM));
    }

    /// Ends it and its group by force.
    pub(in crate::driver) fn kill(&self) {
        log_failure("kill", kill_process_group(self.pid, Signal::KILL));
    }

    /// Waits for its end, then ends what is left of its group. Can be called again after cancellation.
    pub(in crate::driver) async fn ended(&mut self) -> Exit {
        let pid = self.pid;
        let seen = tokio::task::spawn_blocking(move || wait_without_reaping(pid)).await;
        if let Ok(Err(error)) = seen {
            tracing::warn!(%error, "cannot watch a child; its group may outlive it");
        } else {
            // The dead leader still holds the number of its group, so this hits nobody else.
            kill_process_group(pid, Signal::KILL).ok();
        }
        match self.child.wait().await {
            Ok(status) => Exit {
                code: status.code(),
                signal: status.signal(),
            },
            Err(_) => Exit::default(),
        }
    }
}

fn wait_without_reaping(pid: Pid) -> rustix::io::Result<()> {
    loop {
        match waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {
            Err(rustix::io::Errno::INTR) => {}
            other => return other.map(|_| ()),
        }
    }
}

fn log_failure(what: &str, result: rustix::io::Result<()>) {
    match result {
        // Gone already: that is what was wanted.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(%error, "cannot {what} a child"),
    }
}

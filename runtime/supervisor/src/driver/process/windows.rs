//! Processes on Windows: each lies in a job object that ends with this process.

use std::io;

use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};
use tokio::process::Command;

use super::{Exit, Pipes};

/// A child in a job object. The job ends all of it when the last handle goes, also when we are killed.
pub(in crate::driver) struct Process {
    child: Box<dyn ChildWrapper>,
    pid: u32,
}

impl Process {
    pub(in crate::driver) fn spawn(command: Command) -> io::Result<(Self, Pipes)> {
        let mut wrapped = CommandWrap::from(command);
        // The job's kill-on-close limit is only set together with kill-on-drop.
        let mut child = wrapped.wrap(KillOnDrop).wrap(JobObject).spawn()?;
        let pipes = (
            child.stdin().take(),
            child.stdout().take(),
            child.stderr().take(),
        );
        let (Some(pid), (Some(stdin), Some(stdout), Some(stderr))) = (child.id(), pipes) else {
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
        self.pid
    }

    /// There is no polite signal here; closing stdin, which follows, is the request to end.
    pub(in crate::driver) fn terminate(&self) {}

    /// Ends it and its job by force.
    pub(in crate::driver) fn kill(&mut self) {
        if let Err(error) = self.child.start_kill() {
            tracing::warn!(%error, "cannot kill a child");
        }
    }

    /// Waits for its end.
    pub(in crate::driver) async fn ended(&mut self) -> Exit {
        match self.child.wait().await {
            Ok(status) => Exit {
                code: status.code(),
                signal: None,
            },
            Err(_) => Exit::default(),
        }
    }
}

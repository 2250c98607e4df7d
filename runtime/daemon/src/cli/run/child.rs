//! The program of `signalbox run`: in our terminal and our process group, as if we were not there.

use crate::worker::limits::{DRAIN, STOP_GRACE};
use crate::worker::output::{Pump, Transcript};
use crate::worker::process_table::descendants_of;
use kernel::event::OutputStream;
use rustix::process::{Pid, Signal, kill_process};
use std::future::Future;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::process::Command;
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};
use tokio::time::Instant;

/// A running program.
pub struct Child {
    inner: tokio::process::Child,
    pump: Pump,
    started: Instant,
    signals: Signals,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub status: ExitStatus,
    pub was_cancelled: bool,
    pub took: std::time::Duration,
}

impl End {
    /// The exit code, as a shell would tell it.
    pub fn code(&self) -> u8 {
        let signaled = self.status.signal().map(|signal| 128 + signal);
        let code = self.status.code().or(signaled).unwrap_or(1);
        u8::try_from(code).unwrap_or(u8::MAX)
    }
}

impl Child {
    /// Starts the program. What it prints is shown as it is, and added to `transcript`.
    pub fn start(
        argv: &[String],
        run_id: Option<&str>,
        transcript: Arc<Transcript>,
    ) -> io::Result<Self> {
        // Before the program: a signal in between must not end us alone.
        let signals = Signals::listen()?;
        let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::inherit())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(run_id) = run_id {
            command.env("SIGNALBOX_RUN_ID", run_id);
        }
        let mut inner = command.spawn()?;
        let mut pump = Pump::new(transcript);
        let (stdout, stderr) = (inner.stdout.take(), inner.stderr.take());
        pump.add(OutputStream::Stdout, stdout, Some(tokio::io::stdout()));
        pump.add(OutputStream::Stderr, stderr, Some(tokio::io::stderr()));
        Ok(Self {
            inner,
            pump,
            started: Instant::now(),
            signals,
        })
    }

    /// Waits for the end; brings it about when `cancelled` completes.
    pub async fn finish(mut self, cancelled: impl Future<Output = ()>) -> End {
        tokio::pin!(cancelled);
        let mut was_cancelled = false;
        let status = loop {
            tokio::select! {
                status = self.inner.wait() => break status,
                signal = self.signals.next() => self.pass_on(signal),
                () = &mut cancelled, if !was_cancelled => {
                    was_cancelled = true;
                    break self.stop().await;
                }
            }
        };
        let took = self.started.elapsed();
        self.pump.finish(DRAIN).await;
        End {
            // Waiting for our own child cannot fail; if it does, its end is not known to be good.
            status: status.unwrap_or_else(|_| ExitStatus::from_raw(1 << 8)),
            was_cancelled,
            took,
        }
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.inner.id()?.cast_signed())
    }

    fn pass_on(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            kill_process(pid, signal).ok();
        }
    }

    /// Ends the program and what it started: it shares our group, so each is told by itself.
    async fn stop(&mut self) -> io::Result<ExitStatus> {
        self.tell_all(Signal::TERM);
        if let Ok(status) = tokio::time::timeout(STOP_GRACE, self.inner.wait()).await {
            return status;
        }
        self.tell_all(Signal::KILL);
        self.inner.wait().await
    }

    fn tell_all(&self, signal: Signal) {
        let Some(program) = self.pid() else { return };
        // Looked up before and told after it: it must neither lose them nor answer to their ends.
        let descendants = descendants_of(program);
        for pid in [program].into_iter().chain(descendants) {
            kill_process(pid, signal).ok();
        }
    }
}

/// Signals that would end us before the program.
struct Signals {
    interrupt: Listener,
    quit: Listener,
    terminate: Listener,
    hangup: Listener,
    /// What a person types reaches the program without us: it is in the terminal's group too.
    typed: bool,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            typed: io::stdin().is_terminal(),
        })
    }

    /// The next signal that the program would not hear by itself.
    async fn next(&mut self) -> Signal {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return Signal::TERM,
                _ = self.hangup.recv() => return Signal::HUP,
                _ = self.interrupt.recv() => if !self.typed { return Signal::INT },
                _ = self.quit.recv() => if !self.typed { return Signal::QUIT },
            }
        }
    }
}

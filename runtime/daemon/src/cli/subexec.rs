//! `signalbox subexec`: a program for each message.

mod batch;
mod handler;

use super::exit::Failure;
use super::session::Session;
use super::watching::{Messages, Wanted};
use super::{Global, wait_for};
use batch::Batch;
use clap::Args;
use handler::Handler;
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Exit code of a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Run a command for each message on channels
///
/// The message, a line of JSON, is the last argument of the command and its environment variable
/// SIGNALBOX_MESSAGE; with --stdin it is on standard input instead of the last argument. No shell
/// comes in between. Each message is handled once, in order, as many at a time as --jobs says; what
/// cannot be handled yet waits in the log, also through restarts of the runtime. A command that fails
/// is told of on standard error and does not end this.
///
/// Ctrl-C and SIGTERM take no more messages and wait for the commands that run. Ends with 1 when a
/// command failed.
///
/// Examples:
///   signalbox subexec builds -- ./on-build.sh
///   signalbox subexec general --type 'msg.*' --jobs 4 --stdin -- jq .body
///   signalbox subexec logs --buffer 100 --timeout-ms 2000 --stdin -- ./store.sh
///   signalbox subexec general --count 1 -- sh -c 'echo "$SIGNALBOX_MESSAGE"'
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SubExec {
    #[command(flatten)]
    wanted: Wanted,
    /// How many commands may run at the same time
    #[arg(long, short, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: u32,
    /// The message is on standard input instead of the last argument
    #[arg(long)]
    stdin: bool,
    /// Hand over so many messages at once: {"batch":true,"count":…,"messages":[…],"timestamp":…}
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    buffer: Option<u32>,
    /// Hand over those that there are so many milliseconds after the first one
    #[arg(long, value_name = "MS", requires = "buffer")]
    timeout_ms: Option<u64>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl SubExec {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let has_failed = wait_for(self.work(&session))?;
        Ok(ExitCode::from(u8::from(has_failed)))
    }

    /// Returns whether a command failed.
    async fn work(self, session: &Session) -> Result<bool, Failure> {
        let handler = Handler::new(self.command, self.stdin);
        let most = self.buffer.unwrap_or(1) as usize;
        let jobs = self.jobs as usize;
        let patience = self.timeout_ms.map(Duration::from_millis);
        let mut stop = Stop::listen()?;
        let mut messages = Messages::open(&session.client, self.wanted).await?;
        let mut batch = Batch::new(most, handler.bytes_max());
        let mut due: Option<Instant> = None;
        let mut running = Running::new(handler, self.buffer.is_some());
        let outcome = loop {
            // With every place taken nothing is read: it waits in the log.
            let is_free = running.len() < jobs;
            tokio::select! {
                biased;
                () = stop.asked() => break Ok(()),
                ended = running.ended() => if let Err(failure) = ended { break Err(failure) },
                () = elapsed(due), if is_free => {
                    running.start(batch.take());
                    due = None;
                }
                next = messages.next(), if is_free => {
                    let message = match next {
                        Ok(Some(message)) => message,
                        Ok(None) => break Ok(()),
                        Err(failure) => break Err(failure),
                    };
                    if let Some(full) = batch.push(message) {
                        running.start(full);
                        due = None;
                    }
                    if !batch.is_empty() && due.is_none() {
                        due = patience.map(|patience| Instant::now() + patience);
                    }
                }
            }
        };
        let rest = batch.take();
        if !rest.is_empty() && outcome.is_ok() {
            running.start(rest);
        }
        let drained = tokio::select! {
            biased;
            drained = running.drain() => drained,
            // Asked twice: somebody is in a hurry.
            () = stop.asked() => std::process::exit(INTERRUPTED),
        };
        outcome.and(drained)?;
        Ok(running.has_failed)
    }
}

async fn elapsed(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// The commands that run.
struct Running {
    handler: Arc<Handler>,
    in_batches: bool,
    set: JoinSet<Result<bool, Failure>>,
    has_failed: bool,
}

impl Running {
    fn new(handler: Handler, in_batches: bool) -> Self {
        Self {
            handler: Arc::new(handler),
            in_batches,
            set: JoinSet::new(),
            has_failed: false,
        }
    }

    fn len(&self) -> usize {
        self.set.len()
    }

    fn start(&mut self, messages: Vec<String>) {
        let handler = self.handler.clone();
        let in_batches = self.in_batches;
        self.set.spawn(async move {
            match messages.as_slice() {
                [message] if !in_batches => handler.handle(message).await,
                messages => handler.handle(&batch::to_json(messages)).await,
            }
        });
    }

    /// Waits for the end of one; for ever when none runs.
    async fn ended(&mut self) -> Result<(), Failure> {
        match self.set.join_next().await {
            Some(ended) => self.note(ended),
            None => pending().await,
        }
    }

    async fn drain(&mut self) -> Result<(), Failure> {
        let mut outcome = Ok(());
        while let Some(ended) = self.set.join_next().await {
            outcome = outcome.and(self.note(ended));
        }
        outcome
    }

    fn note(&mut self, ended: Result<Result<bool, Failure>, JoinError>) -> Result<(), Failure> {
        self.has_failed |= !ended.map_err(std::io::Error::other)??;
        Ok(())
    }
}

/// Somebody who wants this to end.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

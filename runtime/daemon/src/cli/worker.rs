//! `signalbox worker`: an engine that executes what runs ask for.

use super::Global;
use super::exit::{Exit, Failure};
use super::start::{General, start};
use crate::config::process_env;
use crate::logging::Secrets;
use crate::worker::{self, WorkerConfig};
use clap::Args;
use std::io::BufRead;
use std::process::ExitCode;
use supervisor::Component;

/// Execute the runs of a Signalbox, here or elsewhere
///
/// Takes runs under a lease and executes their commands. Makes nothing of its own: register an
/// engine first (`signalbox engines register NAME`) and hand its token over in SIGNALBOX_TOKEN.
///
/// Example: SIGNALBOX_TOKEN=engtok_… signalbox worker --url http://127.0.0.1:4242
#[derive(Debug, Args)]
pub struct Worker {
    /// The engine's token; `-` reads it from standard input. On the command line every other
    /// process can see it: better set SIGNALBOX_TOKEN
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Only runs of this room
    #[arg(long, value_name = "ROOM_ID")]
    room: Option<String>,
    #[command(flatten)]
    general: General,
    /// Somebody holds standard input: end with it, and print a sign of life
    #[arg(long)]
    supervised: bool,
}

impl Worker {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let token = self.token()?;
        let flags = self.general.flags(global);
        let started = start(
            Component::Worker.name(),
            flags,
            Secrets::new([token.clone()]),
        );
        let started = match started {
            Ok(started) => started,
            Err(code) => return Ok(code),
        };
        let config = WorkerConfig {
            url: global.base_url(),
            token,
            room_id: self.room,
            data_dir: Some(started.config.data_dir.clone()),
            supervised: self.supervised,
        };
        // One thread: a worker waits for processes and for the network.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(async {
            let _watch = started.follow(|_| {});
            worker::run(config).await
        });
        // A read that is still under way must not keep the process.
        runtime.shutdown_background();
        Ok(ExitCode::from(code))
    }

    fn token(&self) -> Result<String, Failure> {
        let token = match self.token.as_deref() {
            Some("-") => {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line)?;
                Some(line)
            }
            Some(token) => Some(token.to_owned()),
            None => process_env("SIGNALBOX_TOKEN"),
        };
        let token = token.map(|token| token.trim().to_owned());
        token.filter(|token| !token.is_empty()).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "missing_token",
                "A worker needs an engine's token.",
            )
            .hint("Make one with `signalbox engines register NAME` and set SIGNALBOX_TOKEN.")
        })
    }
}

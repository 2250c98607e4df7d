//! The command line: one verb, one file. A verb reads its arguments, does its work through the
//! same doors as every other program, and says what came of it.

mod api;
mod exit;
mod guard;
mod open;
mod output;
mod rooms;
mod run;
mod session;
mod start;
mod up;
mod worker;

pub use output::cut;

use clap::{Args, Parser, Subcommand};
use exit::{Exit, Failure};
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

/// Watch, gate, audit and coordinate the agents that work for you.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, propagate_version = true, after_help = exit::CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// Flags that every verb takes.
#[derive(Clone, Debug, Args)]
struct Global {
    /// The data directory [env: SIGNALBOX_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address of the runtime [env: SIGNALBOX_URL] [default: the one running on the data directory]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// Workspace to act in
    #[arg(long, global = true, value_name = "ID")]
    workspace: Option<String>,
    /// Print JSON; the default when the output is not a terminal
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Up(up::Up),
    Open(open::Open),
    Run(run::Run),
    Rooms(rooms::Rooms),
    Api(api::Api),
    Worker(worker::Worker),
    #[command(hide = true)]
    Guard(guard::Guard),
}

/// Runs the verb that the arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.global.json;
    let outcome = match cli.verb {
        Verb::Up(verb) => verb.run(&cli.global),
        Verb::Open(verb) => verb.run(&cli.global),
        Verb::Run(verb) => verb.run(&cli.global),
        Verb::Rooms(verb) => verb.run(&cli.global),
        Verb::Api(verb) => verb.run(&cli.global),
        Verb::Worker(verb) => verb.run(&cli.global),
        Verb::Guard(verb) => verb.run(),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

/// Runs a client verb to its end. One thread: a client mostly waits.
fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "no_async_runtime", error.to_string()))?
        .block_on(work)
}

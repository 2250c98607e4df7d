//! The command line: one verb, one file. A verb reads its arguments, does its work through the
//! same doors as every other program, and says what came of it.

mod advertise;
mod agents;
mod api;
mod approvals;
mod backup;
mod blobs;
mod browse;
mod channels;
mod claims;
mod completions;
mod confirm;
mod diagnostics;
#[cfg(test)]
mod docs;
mod doctor;
mod engines;
mod events;
mod exit;
mod file;
mod guard;
mod history;
mod incidents;
mod input;
mod inspect;
mod instruction_prompt;
mod keys;
mod kill_switch;
mod login;
mod maintenance;
mod man;
mod messages;
mod open;
mod openapi;
mod output;
mod policy;
mod presence;
mod publish;
mod rebuild;
mod rooms;
mod run;
mod runs;
mod search;
mod secret;
mod session;
mod start;
mod status;
mod sub;
mod subexec;
mod task;
mod threads;
mod topic;
mod up;
mod verify;
mod watching;
mod whoami;
mod worker;

pub use output::cut;
pub use session::user_name;

use clap::{Args, Parser, Subcommand};
use exit::{Exit, Failure};
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

/// Watch, gate, audit and coordinate the agents that work for you.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, propagate_version = true, after_help = exit::codes())]
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
    #[arg(
        long,
        global = true,
        help_heading = "Options of every verb",
        value_name = "DIR"
    )]
    data_dir: Option<PathBuf>,
    /// Address of the runtime [env: SIGNALBOX_URL] [default: the one running on the data directory]
    #[arg(
        long,
        global = true,
        help_heading = "Options of every verb",
        value_name = "URL"
    )]
    url: Option<String>,
    /// Workspace to act in
    #[arg(
        long,
        global = true,
        help_heading = "Options of every verb",
        value_name = "ID"
    )]
    workspace: Option<String>,
    /// Print JSON; the default when the output is not a terminal
    #[arg(long, global = true, help_heading = "Options of every verb")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Up(up::Up),
    Open(open::Open),
    Status(status::Status),
    Doctor(doctor::Doctor),
    Diagnostics(diagnostics::DiagnosticsVerb),
    Run(run::Run),
    Runs(runs::Runs),
    Pub(publish::Publish),
    Sub(sub::Sub),
    #[command(name = "subexec")]
    SubExec(subexec::SubExec),
    Channels(channels::Channels),
    Lock(topic::Lock),
    Unlock(topic::Unlock),
    Grant(topic::Grant),
    Revoke(topic::Revoke),
    Request(topic::Request),
    Advertise(advertise::Advertise),
    History(history::History),
    Task(task::Task),
    File(file::File),
    Presence(presence::Presence),
    Inspect(inspect::Inspect),
    Rooms(rooms::Rooms),
    Threads(threads::Threads),
    Messages(messages::Messages),
    Approvals(approvals::Approvals),
    Incidents(incidents::Incidents),
    KillSwitch(kill_switch::KillSwitch),
    Policy(policy::Policy),
    Login(login::Login),
    Whoami(whoami::Whoami),
    Keys(keys::Keys),
    Claims(claims::Claims),
    Events(events::Events),
    Search(search::Search),
    Secret(secret::SecretVerb),
    Engines(engines::Engines),
    Agents(agents::Agents),
    Verify(verify::Verify),
    Rebuild(rebuild::Rebuild),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Api(api::Api),
    Worker(worker::Worker),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    InstructionPrompt(instruction_prompt::InstructionPrompt),
    Completions(completions::Completions),
    Man(man::ManVerb),
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
        Verb::Status(verb) => verb.run(&cli.global),
        Verb::Doctor(verb) => verb.run(&cli.global),
        Verb::Diagnostics(verb) => verb.run(&cli.global),
        Verb::Run(verb) => verb.run(&cli.global),
        Verb::Runs(verb) => verb.run(&cli.global),
        Verb::Pub(verb) => verb.run(&cli.global),
        Verb::Sub(verb) => verb.run(&cli.global),
        Verb::SubExec(verb) => verb.run(&cli.global),
        Verb::Channels(verb) => verb.run(&cli.global),
        Verb::Lock(verb) => verb.run(&cli.global),
        Verb::Unlock(verb) => verb.run(&cli.global),
        Verb::Grant(verb) => verb.run(&cli.global),
        Verb::Revoke(verb) => verb.run(&cli.global),
        Verb::Request(verb) => verb.run(&cli.global),
        Verb::Advertise(verb) => verb.run(&cli.global),
        Verb::History(verb) => verb.run(&cli.global),
        Verb::Task(verb) => verb.run(&cli.global),
        Verb::File(verb) => verb.run(&cli.global),
        Verb::Presence(verb) => verb.run(&cli.global),
        Verb::Inspect(verb) => verb.run(&cli.global),
        Verb::Rooms(verb) => verb.run(&cli.global),
        Verb::Threads(verb) => verb.run(&cli.global),
        Verb::Messages(verb) => verb.run(&cli.global),
        Verb::Approvals(verb) => verb.run(&cli.global),
        Verb::Incidents(verb) => verb.run(&cli.global),
        Verb::KillSwitch(verb) => verb.run(&cli.global),
        Verb::Policy(verb) => verb.run(&cli.global),
        Verb::Login(verb) => verb.run(&cli.global),
        Verb::Whoami(verb) => verb.run(&cli.global),
        Verb::Keys(verb) => verb.run(&cli.global),
        Verb::Claims(verb) => verb.run(&cli.global),
        Verb::Events(verb) => verb.run(&cli.global),
        Verb::Search(verb) => verb.run(&cli.global),
        Verb::Secret(verb) => verb.run(&cli.global),
        Verb::Engines(verb) => verb.run(&cli.global),
        Verb::Agents(verb) => verb.run(&cli.global),
        Verb::Verify(verb) => verb.run(&cli.global),
        Verb::Rebuild(verb) => verb.run(&cli.global),
        Verb::Backup(verb) => verb.run(&cli.global),
        Verb::Restore(verb) => verb.run(&cli.global),
        Verb::Api(verb) => verb.run(&cli.global),
        Verb::Worker(verb) => verb.run(&cli.global),
        Verb::OpenApi(verb) => verb.run(&cli.global),
        Verb::InstructionPrompt(verb) => verb.run(&cli.global),
        Verb::Completions(verb) => verb.run(&cli.global),
        Verb::Man(verb) => verb.run(&cli.global),
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

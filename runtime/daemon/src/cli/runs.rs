//! `signalbox runs`: what agents and commands do and did; and having a worker execute one.

use super::exit::Failure;
use super::output::{about, text};
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List runs, cancel one, or have a worker execute a command
///
/// Examples:
///   signalbox runs
///   signalbox runs new --room Nightly -- ./backup.sh
///   signalbox runs cancel RUN_ID
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Runs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List runs, newest change first (the default)
    List {
        /// Only of this room, by title or id
        #[arg(long, value_name = "ROOM")]
        room: Option<String>,
        /// queued, running, succeeded, failed or cancelled
        #[arg(long)]
        status: Option<String>,
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
    /// Have a worker execute a command; owner only. Prints the id of the run
    New {
        /// Room of the run, by title or id
        #[arg(long, value_name = "ROOM")]
        room: String,
        #[arg(long)]
        title: Option<String>,
        /// Directory to run in [default: this one]
        #[arg(long, value_name = "DIR")]
        cwd: Option<String>,
        /// End it after this time
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
        /// Running it twice does no harm: begin again when a worker dies over it
        #[arg(long)]
        retry: bool,
        #[arg(
            trailing_var_arg = true,
            required = true,
            allow_hyphen_values = true,
            value_name = "COMMAND"
        )]
        argv: Vec<String>,
    },
    /// Ask a run to stop
    Cancel {
        run_id: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

impl Runs {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let list = || Action::List {
            room: None,
            status: None,
            limit: 50,
        };
        match self.action.unwrap_or_else(list) {
            Action::List {
                room,
                status,
                limit,
            } => list_runs(global, room, status, limit)?,
            Action::Cancel { run_id, reason } => {
                // The owner may stop every run; whoever has no token of the owner, what is not the owner's.
                let session = global.owner_session().or_else(|_| global.session())?;
                let path = format!("/v1/runs/{run_id}/cancel");
                wait_for(async {
                    let body = json!({ "reason": reason });
                    let answer: Value = session.client.post(&path, &body).await?;
                    let words = format!("{run_id} is asked to stop.");
                    session
                        .output
                        .told(&about("run_id", &run_id, answer), &words)
                })?;
            }
            Action::New {
                room,
                title,
                cwd,
                timeout,
                retry,
                argv,
            } => {
                let here = std::env::current_dir().ok();
                let cwd = cwd.or_else(|| Some(here?.to_string_lossy().into_owned()));
                let command =
                    json!({"argv": argv, "cwd": cwd, "timeout_seconds": timeout, "retry": retry});
                let title = title.unwrap_or_else(|| crate::worker::recorder::title(&argv));
                new(global, &room, &title, command)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list_runs(
    global: &Global,
    room: Option<String>,
    status: Option<String>,
    limit: u32,
) -> Result<(), Failure> {
    let session = global.session()?;
    wait_for(async {
        let room_id = match &room {
            Some(room) => rooms::find(&session.client, room).await?.room_id,
            None => String::new(),
        };
        let query = [
            ("room_id", room_id),
            ("status", status.unwrap_or_default()),
            ("limit", limit.to_string()),
        ];
        let runs: Value = session.client.get("/v1/runs", &query).await?;
        let runs = &runs["runs"];
        let cells = ["run_id", "status", "updated_at", "created_by_id", "title"];
        session
            .output
            .list(["ID", "STATUS", "UPDATED", "BY", "TITLE"], runs, cells)
    })
}

fn new(global: &Global, room: &str, title: &str, command: Value) -> Result<(), Failure> {
    // Only what the owner asks for is executed.
    let session = global.owner_session()?;
    wait_for(async {
        let room_id = rooms::find(&session.client, room).await?.room_id;
        let body = json!({"room_id": room_id, "title": title, "input": {"command": command}});
        let run: Value = session.client.post("/v1/runs", &body).await?;
        session.output.created("run_id", &text(&run, "run_id"))
    })
}

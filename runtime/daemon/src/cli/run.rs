//! `signalbox run`: any program in the caller's own terminal, with a record of what it did.
//!
//! The program comes first: it gets the terminal's input, its output is shown unchanged, its exit
//! code is passed on, and no trouble with the record ever ends it.

mod child;
mod record;

use super::exit::Failure;
use super::{Global, wait_for};
use child::Child;
use clap::Args;
use record::{Beginning, Record};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::worker::output::Transcript;

/// The room of runs that name none.
const ROOM_DEFAULT: &str = "Terminal";

/// Run a program here and record its output, duration and end
///
/// Works in front of anything: agents, scripts, cron jobs. The program runs in this terminal as
/// this user; Signalbox only keeps the record and can be asked, in its window, to stop it. When no
/// Signalbox is reachable the program runs all the same, without a record.
///
/// Examples:
///   signalbox run -- npm test
///   signalbox run --room Nightly --title "Backup" -- ./backup.sh --full
///   signalbox run --as reviewer -- claude -p "Review the last commit"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Run {
    /// Room to record it in, by title or id [default: Terminal]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// What the record is called [default: the command line]
    #[arg(long)]
    title: Option<String>,
    /// Who runs it, as the record says; with SIGNALBOX_TOKEN it is whoever that names
    /// [default: your user name]
    #[arg(long = "as", value_name = "NAME")]
    actor: Option<String>,
    /// The program and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    argv: Vec<String>,
}

impl Run {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let code = wait_for(async {
            let beginning = Beginning {
                room: self.room.as_deref(),
                title: self.title.as_deref(),
                actor: self.actor.as_deref(),
                argv: &self.argv,
            };
            let record = match beginning.record(&session.client).await {
                Ok(record) => Some(record),
                Err(record::NoRecord::Refused(failure)) => return Err(failure),
                Err(record::NoRecord::Unreachable(why)) => {
                    warn(&format!("this run is not recorded: {why}"));
                    None
                }
            };
            Ok(self.execute(record).await)
        })?;
        Ok(ExitCode::from(code))
    }

    async fn execute(&self, record: Option<Record>) -> u8 {
        let transcript = Arc::new(Transcript::default());
        let run_id = record.as_ref().map(Record::run_id);
        let child = match Child::start(&self.argv, run_id, transcript.clone()) {
            Ok(child) => child,
            Err(error) => {
                eprintln!("signalbox: {}: {error}", self.argv.join(" "));
                if let Some(record) = record {
                    record.never_ran(&error, &transcript).await;
                }
                return not_started(&error);
            }
        };
        let Some(record) = record else {
            // Nothing is kept for nobody.
            drop(transcript.record());
            return child.finish(std::future::pending()).await.code();
        };
        let ending = child.finish(record.cancelled());
        let (end, reported) = record.follow(&transcript, ending).await;
        if let Err(why) = reported {
            warn(&format!("the end of this run is not recorded: {why}"));
        }
        end.code()
    }
}

/// The exit codes that shells give to what they cannot start.
fn not_started(error: &std::io::Error) -> u8 {
    if error.kind() == std::io::ErrorKind::NotFound {
        127
    } else {
        126
    }
}

/// One line, on standard error: standard output belongs to the program.
fn warn(text: &str) {
    eprintln!("signalbox: {text}");
}

/// How long the record may hold up a program that wants to begin, or a caller that wants to go on.
const PATIENCE: Duration = Duration::from_secs(5);

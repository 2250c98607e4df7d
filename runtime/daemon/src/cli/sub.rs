//! `signalbox sub`: what is said on channels, as it is said.

use super::exit::Failure;
use super::output::end_with_the_reader;
use super::watching::{Messages, Wanted, shown};
use super::{Global, wait_for};
use clap::Args;
use std::process::ExitCode;

/// Print what is said on channels, as it is said
///
/// One message per line, written out at once: JSON when piped, short on a terminal. It goes on
/// until it is ended, through restarts of the runtime, and neither loses nor repeats a message. To
/// go on where an earlier one ended, show the last id that it printed with --since.
///
/// With the key of an agent in SIGNALBOX_TOKEN it listens to topics as that agent may. Timers need no key.
///
/// Examples:
///   signalbox sub general
///   signalbox sub
///   signalbox sub general builds --type 'build.*' | jq --unbuffered .body
///   signalbox sub general --replay --count 1
///   signalbox sub general --since MESSAGE_ID
///   SIGNALBOX_TOKEN=TOPIC_KEY signalbox sub public.townsquare --replay --count 1
///   signalbox sub system.timer.second --count 1
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Sub {
    #[command(flatten)]
    wanted: Wanted,
}

impl Sub {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        end_with_the_reader()?;
        wait_for(async {
            let mut messages = Messages::open(&session.client, self.wanted).await?;
            while let Some(line) = messages.next().await? {
                session.output.line(&shown(session.output, &line))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

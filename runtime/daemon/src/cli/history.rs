//! `signalbox history`: what was said.

use super::exit::Failure;
use super::watching::shown;
use super::{Global, wait_for};
use crate::client::segment;
use clap::Args;
use kernel::limits::HISTORY_MAX;
use std::process::ExitCode;

/// Show what was said on a channel, or on all of them, oldest first
///
/// Without --since these are the newest messages; with it, the oldest after that one.
///
/// Examples:
///   signalbox history general
///   signalbox history --type 'task.*' | jq -c '{type, from, body}'
///   signalbox history general --since MESSAGE_ID --limit 200
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct History {
    /// The channel; all of them when none is named
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    channel: Option<String>,
    /// Only messages after this one
    #[arg(long, value_name = "ID")]
    since: Option<String>,
    /// Only of this type; `task.*` is all that begin with `task.`
    #[arg(long = "type", value_name = "TYPE")]
    message_type: Option<String>,
    /// How many at most
    #[arg(long, short = 'n', default_value_t = 100, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(HISTORY_MAX)))]
    limit: u32,
}

impl History {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let output = session.output;
        let path = match &self.channel {
            Some(channel) => format!("/ch/{}/history", segment(channel)),
            None => "/history".to_owned(),
        };
        let query = [
            ("since", self.since.unwrap_or_default()),
            ("n", self.limit.to_string()),
            ("type", self.message_type.unwrap_or_default()),
        ];
        wait_for(async {
            let lines = session.client.lines(&path, &query).await?;
            if lines.is_empty() && !output.is_json() {
                return output.line("(none)");
            }
            lines
                .iter()
                .try_for_each(|line| output.line(&shown(output, line)))
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

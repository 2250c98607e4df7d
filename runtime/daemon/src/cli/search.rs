//! `signalbox search`: messages, runs, tool calls, output, artifacts and incidents by their words.

use super::exit::Failure;
use super::{Global, rooms, wait_for};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Search everything that was said, run and printed
///
/// Each word matches the beginning of a word; all must match. Newest first.
///
/// Example: signalbox search "connection refused" --type output
#[derive(Debug, Args)]
pub struct Search {
    /// Words to find
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Only in this room, by title or id
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// message, run, tool_call, output, artifact or incident
    #[arg(long = "type", value_name = "TYPE")]
    doc_type: Option<String>,
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u32,
}

impl Search {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        wait_for(async {
            let room_id = match &self.room {
                Some(room) => rooms::find(&session.client, room).await?.room_id,
                None => String::new(),
            };
            let query = [
                ("q", self.words.join(" ")),
                ("room_id", room_id),
                ("doc_type", self.doc_type.clone().unwrap_or_default()),
                ("limit", self.limit.to_string()),
            ];
            let found: Value = session.client.get("/v1/search", &query).await?;
            let docs = &found["docs"];
            let cells = ["updated_at", "doc_type", "doc_id", "content_text"];
            session
                .output
                .list(["TIME", "TYPE", "ID", "TEXT"], docs, cells)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `signalbox threads`: the conversations of a room.

use super::exit::Failure;
use super::output::text;
use super::{Global, rooms, wait_for};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List the threads of a room, or create one
///
/// Examples:
///   signalbox threads list "Nightly builds"
///   signalbox threads new "Nightly builds" "Flaky tests"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Threads {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the threads of a room
    List {
        /// Title or id of the room
        room: String,
    },
    /// Create a thread and print its id
    New {
        /// Title or id of the room
        room: String,
        title: String,
    },
}

impl Threads {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        let (client, output) = (&session.client, session.output);
        wait_for(async {
            let (Action::List { room } | Action::New { room, .. }) = &self.action;
            let room_id = rooms::find(client, room).await?.room_id;
            let path = format!("/v1/rooms/{room_id}/threads");
            if let Action::New { title, .. } = &self.action {
                let created: Value = client.post(&path, &json!({ "title": title })).await?;
                return output.created("thread_id", &text(&created, "thread_id"));
            }
            let threads: Value = client.get(&path, &[]).await?;
            let threads = &threads["threads"];
            let cells = ["thread_id", "title", "status", "created_at"];
            output.list(["ID", "TITLE", "STATUS", "CREATED"], threads, cells)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

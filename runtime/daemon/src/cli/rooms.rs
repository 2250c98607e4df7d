//! `signalbox rooms`: the rooms of the workspace.

use super::exit::{Exit, Failure};
use super::session::Session;
use super::{Global, wait_for};
use crate::client::{Client, ClientError, wire};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List rooms, or create one
///
/// Examples:
///   signalbox rooms
///   signalbox rooms new "Nightly builds" --topic "What runs while we sleep"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Rooms {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the rooms (the default)
    List,
    /// Create a room and print its id
    New {
        title: String,
        /// What it is about
        #[arg(long)]
        topic: Option<String>,
    },
}

impl Rooms {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let session = global.session()?;
        match self.action {
            None | Some(Action::List) => wait_for(list(&session))?,
            Some(Action::New { title, topic }) => wait_for(async {
                let room_id = create(&session.client, &title, topic.as_deref()).await?;
                session.output.created("room_id", &room_id)
            })?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(session: &Session) -> Result<(), Failure> {
    let rooms: Value = session.client.get("/v1/rooms", &[]).await?;
    let headings = ["ID", "TITLE", "LAST EVENT", "TOPIC"];
    let cells = ["room_id", "title", "last_event_at", "topic"];
    session.output.list(headings, &rooms["rooms"], cells)
}

async fn create(client: &Client, title: &str, topic: Option<&str>) -> Result<String, ClientError> {
    let body = json!({"title": title, "topic": topic});
    let room: wire::CreatedRoom = client.post("/v1/rooms", &body).await?;
    Ok(room.room_id)
}

/// The room with this id or, else, this title; the most recent one if several have it.
///
/// # Errors
/// When there is none, or the runtime does not answer.
pub async fn find(client: &Client, name: &str) -> Result<wire::Room, Failure> {
    if let Some(room) = by_title(client, name).await? {
        return Ok(room);
    }
    if name.starts_with("room_") {
        let answer: wire::RoomAnswer = client.get(&format!("/v1/rooms/{name}"), &[]).await?;
        return Ok(answer.room);
    }
    let message = format!("There is no room {name:?}.");
    Err(
        Failure::new(Exit::NotFound, "room_not_found", message).hint(format!(
            "Create it: signalbox rooms new {name:?}. Or look: signalbox rooms."
        )),
    )
}

/// The id of the room with this title, created if there is none.
///
/// # Errors
/// When the runtime does not answer, or refuses.
pub async fn find_or_create(client: &Client, title: &str) -> Result<String, ClientError> {
    match by_title(client, title).await? {
        Some(room) => Ok(room.room_id),
        None => create(client, title, None).await,
    }
}

async fn by_title(client: &Client, title: &str) -> Result<Option<wire::Room>, ClientError> {
    let rooms: wire::Rooms = client.get("/v1/rooms", &[]).await?;
    let named = |room: &wire::Room| room.room_id == title || room.title.eq_ignore_ascii_case(title);
    Ok(rooms.rooms.into_iter().find(named))
}

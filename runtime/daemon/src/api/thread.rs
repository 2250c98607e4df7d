//! Threads over HTTP.

use super::body::{Body, Params, Path, limit};
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::thread::ThreadRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Command, rooms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewThread {
    title: Option<String>,
    status: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedThread {
    thread_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Threads {
    threads: Vec<ThreadRow>,
}

/// The threads of a room, newest first.
#[utoipa::path(get, path = "/v1/rooms/{room_id}/threads", operation_id = "listThreads", tag = "rooms", params(("room_id" = String, Path), room::Page),
    responses((status = 200, body = Threads), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
    Params(page): Params<room::Page>,
) -> Result<Json<Threads>, Problem> {
    room::find(&server, &origin, &room_id).await?;
    let limit = limit(page.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let threads = server
        .app()
        .read(move |reader| reader.threads(&room_id, limit))
        .await?;
    Ok(Json(Threads { threads }))
}

/// Creates a thread in a room.
#[utoipa::path(post, path = "/v1/rooms/{room_id}/threads", operation_id = "createThread", tag = "rooms", params(("room_id" = String, Path)), request_body = NewThread,
    responses((status = 201, body = CreatedThread), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
    Body(body): Body<NewThread>,
) -> Result<(StatusCode, Json<CreatedThread>), Problem> {
    let thread_id = clock::id("th");
    let command = rooms::CreateThread {
        thread_id: thread_id.clone(),
        room_id,
        title: body.title,
        status: body.status,
    };
    server
        .app()
        .submit(&origin, Command::CreateThread(command))
        .await?;
    Ok((StatusCode::CREATED, Json(CreatedThread { thread_id })))
}

//! Rooms over HTTP.

use super::body::{Body, Params, Path, limit};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::room::RoomRow;
use crate::store::{Reader, StoreError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::limits::LIST_LIMIT_MAX;
use kernel::{Command, rooms};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRoom {
    title: Option<String>,
    topic: Option<String>,
    room_mode: Option<String>,
    default_lang: Option<String>,
    tool_policy_ref: Option<String>,
    mission_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedRoom {
    room_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Rooms {
    rooms: Vec<RoomRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Room {
    room: RoomRow,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    pub limit: Option<u32>,
}

/// The rooms of the workspace, newest event first.
#[utoipa::path(get, path = "/v1/rooms", operation_id = "listRooms", tag = "rooms", params(Page), responses((status = 200, body = Rooms)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(page): Params<Page>,
) -> Result<Json<Rooms>, Problem> {
    let limit = limit(page.limit, 100, LIST_LIMIT_MAX);
    let rooms = server
        .app()
        .read(move |reader| {
            let mut rooms = reader.rooms(&origin.workspace_id, limit)?;
            if origin.caller.is_owner() {
                rooms
                    .iter_mut()
                    .try_for_each(|room| counted(reader, room))?;
            }
            Ok(rooms)
        })
        .await?;
    Ok(Json(Rooms { rooms }))
}

/// The room with what its reader has not read.
fn counted(reader: &Reader, room: &mut RoomRow) -> Result<(), StoreError> {
    let (read_seq, unread) = reader.unread(&room.workspace_id, &room.room_id)?;
    (room.read_seq, room.unread) = (Some(read_seq), Some(unread));
    Ok(())
}

/// Creates a room.
#[utoipa::path(post, path = "/v1/rooms", operation_id = "createRoom", tag = "rooms", request_body = NewRoom,
    responses((status = 201, body = CreatedRoom), (status = 400, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewRoom>,
) -> Result<(StatusCode, Json<CreatedRoom>), Problem> {
    let room_id = clock::id("room");
    let command = rooms::CreateRoom {
        room_id: room_id.clone(),
        title: body.title,
        topic: body.topic,
        room_mode: body.room_mode,
        default_lang: body.default_lang,
        tool_policy_ref: body.tool_policy_ref,
        mission_id: body.mission_id,
    };
    server
        .app()
        .submit(&origin, Command::CreateRoom(command))
        .await?;
    Ok((StatusCode::CREATED, Json(CreatedRoom { room_id })))
}

/// One room.
#[utoipa::path(get, path = "/v1/rooms/{room_id}", operation_id = "getRoom", tag = "rooms", params(("room_id" = String, Path)),
    responses((status = 200, body = Room), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(Room {
        room: find(&server, &origin, &room_id).await?,
    }))
}

/// The room, if the caller's workspace has it.
pub async fn find(server: &Server, origin: &Origin, room_id: &str) -> Result<RoomRow, Problem> {
    let (workspace, id) = (origin.workspace_id.clone(), room_id.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.room(&workspace, &id))
        .await?;
    Server::found(row, "room_not_found", "room", room_id)
}

//! Up to where the owner has read, over HTTP: kept here, so that every window of one person agrees.

use super::body::{Body, Path, place};
use super::identity::require_owner;
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::read_cursor;
use axum::Json;
use axum::extract::State;
use kernel::Reject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct RoomPlace {
    /// Sequence of the newest event of the room that has been read.
    seq: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadRoom {
    room_id: String,
    read_seq: u64,
    /// Events after it, 100 at most; chunks of output are not counted.
    unread: u32,
}

/// A place in the whole log.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewLogPlace {
    position: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LogPlace {
    position: u64,
}

/// Notes how far the owner has read a room; it never goes back. Owner only.
#[utoipa::path(post, path = "/v1/rooms/{room_id}/read", operation_id = "readRoom", tag = "rooms", request_body = RoomPlace, params(("room_id" = String, Path)),
    responses((status = 200, body = ReadRoom), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn read_room(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
    Body(body): Body<RoomPlace>,
) -> Result<Json<ReadRoom>, Problem> {
    require_owner(&origin)?;
    room::find(&server, &origin, &room_id).await?;
    let seq = required("seq", body.seq)?;
    let (workspace_id, id) = (origin.workspace_id.clone(), room_id.clone());
    let write = move |connection: &_| {
        read_cursor::read_room(connection, &workspace_id, &id, seq, clock::now())
    };
    server.app().store.write(write).await?;
    let id = room_id.clone();
    let (read_seq, unread) = server
        .app()
        .read(move |reader| reader.unread(&origin.workspace_id, &id))
        .await?;
    Ok(Json(ReadRoom {
        room_id,
        read_seq,
        unread,
    }))
}

/// Up to where the owner has seen the notifications; 0 is nowhere yet. Owner only.
#[utoipa::path(get, path = "/v1/notifications/cursor", operation_id = "getNotificationsCursor", tag = "events",
    responses((status = 200, body = LogPlace), (status = 403, body = ProblemBody)))]
pub async fn notifications(
    State(server): State<Server>,
    origin: Origin,
) -> Result<Json<LogPlace>, Problem> {
    require_owner(&origin)?;
    let position = server
        .app()
        .read(move |reader| reader.notifications_cursor(&origin.workspace_id))
        .await?;
    Ok(Json(LogPlace { position }))
}

/// Notes how far the owner has seen the notifications; it never goes back. Owner only.
#[utoipa::path(put, path = "/v1/notifications/cursor", operation_id = "setNotificationsCursor", tag = "events", request_body = NewLogPlace,
    responses((status = 200, body = LogPlace), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn read_notifications(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewLogPlace>,
) -> Result<Json<LogPlace>, Problem> {
    require_owner(&origin)?;
    let position = required("position", body.position)?;
    let write = move |connection: &_| {
        let workspace_id = &origin.workspace_id;
        read_cursor::read_notifications(connection, workspace_id, position, clock::now())
    };
    let position = server.app().store.write(write).await?;
    Ok(Json(LogPlace { position }))
}

fn required(field: &str, asked: Option<u64>) -> Result<u64, Reject> {
    asked.map(place).ok_or_else(|| {
        let message = format!("{field:?} is required: a whole number.");
        Reject::invalid("missing_place", field, message)
    })
}

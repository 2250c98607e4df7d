//! Live streams: Server-Sent Events from a cursor, history first, then what happens.

use super::body::{Params, Path, place};
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::live::{self, Cursor, FeedKey, Subscription};
use crate::problem::{Problem, ProblemBody};
use crate::store::Frame;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::Reject;
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// Quiet time after which a comment shows that the connection lives.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Written first, so that the head of the answer goes out at once.
const HELLO: Bytes = Bytes::from_static(b": signalbox\n\n");
const ALIVE: Bytes = Bytes::from_static(b": keepalive\n\n");
/// Told before the server ends a stream that the client should take up again.
const RESUME: Bytes = Bytes::from_static(b"event: signalbox.resume\ndata: {}\n\n");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomCursor {
    /// Events after this sequence; `latest` for new ones only. `Last-Event-ID` wins.
    from_seq: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkspaceCursor {
    /// Events after this position; `latest` for new ones only. `Last-Event-ID` wins.
    from_position: Option<String>,
}

/// A room's events from a cursor, then live. `id:` is the sequence, `event:` the type.
#[utoipa::path(get, path = "/v1/streams/rooms/{room_id}", operation_id = "streamRoom", tag = "events",
    params(("room_id" = String, Path), RoomCursor, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events", body = String, content_type = "text/event-stream"),
              (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn room(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
    Params(params): Params<RoomCursor>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    room::find(&server, &origin, &room_id).await?;
    let cursor = cursor(&headers, "from_seq", params.from_seq)?;
    Ok(respond(
        server.app().watch(live::room(&room_id), cursor),
        |frame| frame.stream_seq,
    ))
}

/// All events of the workspace from a cursor, then live. `id:` is the position.
#[utoipa::path(get, path = "/v1/streams/workspace", operation_id = "streamWorkspace", tag = "events", params(WorkspaceCursor, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events", body = String, content_type = "text/event-stream"),
              (status = 400, body = ProblemBody)))]
pub async fn workspace(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<WorkspaceCursor>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cursor = cursor(&headers, "from_position", params.from_position)?;
    Ok(respond(
        server
            .app()
            .watch(FeedKey::Workspace(origin.workspace_id), cursor),
        |frame| frame.position,
    ))
}

fn cursor(headers: &HeaderMap, field: &str, parameter: Option<String>) -> Result<Cursor, Reject> {
    let last = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?").to_owned());
    let (name, text) = match (last.filter(|text| !text.is_empty()), parameter) {
        (Some(text), _) => ("Last-Event-ID", text),
        (None, Some(text)) => (field, text),
        (None, None) => return Ok(Cursor::After(0)),
    };
    if text == "latest" {
        return Ok(Cursor::Latest);
    }
    let message = format!("{name:?} must be a whole number, or \"latest\".");
    text.parse()
        .map(|asked| Cursor::After(place(asked)))
        .map_err(|_| Reject::invalid("invalid_cursor", name, message))
}

fn respond(subscription: Subscription, id: fn(&Frame) -> u64) -> Response {
    let events = stream::unfold(Stage::Hello(subscription), move |stage| async move {
        match stage {
            Stage::Hello(subscription) => Some((
                Ok::<_, std::convert::Infallible>(HELLO),
                Stage::Open(subscription),
            )),
            Stage::Open(mut subscription) => {
                match tokio::time::timeout(KEEPALIVE, subscription.next()).await {
                    Err(_) => Some((Ok(ALIVE), Stage::Open(subscription))),
                    Ok(Ok(frames)) => Some((Ok(encode(&frames, id)), Stage::Open(subscription))),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "a live stream ended early");
                        Some((Ok(RESUME), Stage::Over))
                    }
                }
            }
            Stage::Over => None,
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

enum Stage {
    Hello(Subscription),
    Open(Subscription),
    Over,
}

fn encode(frames: &[Frame], id: fn(&Frame) -> u64) -> Bytes {
    let size = frames
        .iter()
        .map(|frame| frame.json.len() + frame.event_type.len() + 48)
        .sum();
    let mut out = Vec::with_capacity(size);
    let mut digits = itoa::Buffer::new();
    for frame in frames {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(digits.format(id(frame)).as_bytes());
        out.extend_from_slice(b"\nevent: ");
        out.extend_from_slice(frame.event_type.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        out.extend_from_slice(&frame.json);
        out.extend_from_slice(b"\n\n");
    }
    out.into()
}

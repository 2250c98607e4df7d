//! Live streams: Server-Sent Events from a cursor, history first, then what happens.

use super::body::{Params, Path, place};
use super::room;
use super::server::Server;
use super::shown::Session;
use crate::app::Origin;
use crate::clock;
use crate::live::{self, Cursor, FeedKey, Subscription};
use crate::problem::{Problem, ProblemBody};
use crate::store::Frame;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::Reject;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::{Duration, Instant};
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

/// A room's events from a cursor, then live. `id:` is the sequence, `event:` the type; sessions of
/// `/v1/auth` get frames without a type, as their clients listen for, and end with the session.
#[utoipa::path(get, path = "/v1/streams/rooms/{room_id}", operation_id = "streamRoom", tag = "events",
    params(("room_id" = String, Path), RoomCursor, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events", body = String, content_type = "text/event-stream"),
              (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn room(
    State(server): State<Server>,
    origin: Origin,
    Path(room_id): Path<String>,
    session: Option<Extension<Session>>,
    Params(params): Params<RoomCursor>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    room::find(&server, &origin, &room_id).await?;
    let cursor = cursor(&headers, "from_seq", params.from_seq)?;
    let subscription = server.app().watch(&origin, live::room(&room_id), cursor);
    let frames = Frames::of(session, |frame| frame.stream_seq);
    Ok(respond(server, subscription, frames))
}

/// All events of the workspace from a cursor, then live. `id:` is the position.
#[utoipa::path(get, path = "/v1/streams/workspace", operation_id = "streamWorkspace", tag = "events", params(WorkspaceCursor, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events", body = String, content_type = "text/event-stream"),
              (status = 400, body = ProblemBody)))]
pub async fn workspace(
    State(server): State<Server>,
    origin: Origin,
    session: Option<Extension<Session>>,
    Params(params): Params<WorkspaceCursor>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cursor = cursor(&headers, "from_position", params.from_position)?;
    let feed = FeedKey::Workspace(origin.workspace_id.clone());
    let subscription = server.app().watch(&origin, feed, cursor);
    let frames = Frames::of(session, |frame| frame.position);
    Ok(respond(server, subscription, frames))
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

/// How a stream's events are written, and how long it may go on.
struct Frames {
    id: fn(&Frame) -> u64,
    /// The session of the access token that opened it: it ends with it.
    session: Option<Session>,
    looked_at: Instant,
}

impl Frames {
    fn of(session: Option<Extension<Session>>, id: fn(&Frame) -> u64) -> Self {
        Self {
            id,
            session: session.map(|Extension(session)| session),
            looked_at: Instant::now(),
        }
    }

    /// Whether the session is over. Looked up no more often than [`KEEPALIVE`].
    async fn are_over(&mut self, server: &Server) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        if session.row.access_expires_at <= clock::now() {
            return true;
        }
        if self.looked_at.elapsed() < KEEPALIVE {
            return false;
        }
        self.looked_at = Instant::now();
        let digest = session.digest;
        let found = server.app().read(move |reader| reader.session(&digest));
        // What cannot be read now is looked up again.
        matches!(found.await, Ok(None))
    }

    /// The types of events are left out for clients that know them from the data only.
    fn have_types(&self) -> bool {
        self.session.is_none()
    }
}

fn respond(server: Server, subscription: Subscription, frames: Frames) -> Response {
    let start = Stage::Hello(subscription, frames);
    let events = stream::unfold(start, move |stage| {
        let server = server.clone();
        async move { next(&server, stage).await }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

enum Stage {
    Hello(Subscription, Frames),
    Open(Subscription, Frames),
    Over,
}

async fn next(server: &Server, stage: Stage) -> Option<(Result<Bytes, Infallible>, Stage)> {
    match stage {
        Stage::Hello(subscription, frames) => Some((Ok(HELLO), Stage::Open(subscription, frames))),
        Stage::Open(mut subscription, mut frames) => {
            let waited = tokio::time::timeout(KEEPALIVE, subscription.next()).await;
            if frames.are_over(server).await {
                return Some((Ok(RESUME), Stage::Over));
            }
            let bytes = match waited {
                Err(_) => ALIVE,
                Ok(Ok(events)) => encode(&events, &frames),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a live stream ended early");
                    return Some((Ok(RESUME), Stage::Over));
                }
            };
            Some((Ok(bytes), Stage::Open(subscription, frames)))
        }
        Stage::Over => None,
    }
}

fn encode(events: &[Frame], frames: &Frames) -> Bytes {
    let size = events
        .iter()
        .map(|frame| frame.json.len() + frame.event_type.len() + 48)
        .sum();
    let mut out = Vec::with_capacity(size);
    let mut digits = itoa::Buffer::new();
    for frame in events {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(digits.format((frames.id)(frame)).as_bytes());
        if frames.have_types() {
            out.extend_from_slice(b"\nevent: ");
            out.extend_from_slice(frame.event_type.as_bytes());
        }
        out.extend_from_slice(b"\ndata: ");
        out.extend_from_slice(&frame.json);
        out.extend_from_slice(b"\n\n");
    }
    out.into()
}

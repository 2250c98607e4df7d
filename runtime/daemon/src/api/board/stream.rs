//! Live: one channel, or all of them (the god view), as Server-Sent Events or as lines of JSON.

use super::SentenceBody;
use super::history::{NDJSON, cursor, stream as stream_of};
use super::refusal::Refusal;
use super::request::{Asker, Query, Segment};
use super::wire;
use crate::api::server::{Server, Subscriber};
use crate::api::ui;
use crate::app::Origin;
use crate::live::{Cursor, FeedKey, Subscription};
use crate::store::Frame;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::{Reject, StreamKey};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::IntoParams;

/// Quiet time after which a comment shows that the connection lives.
const KEEPALIVE: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamParams {
    /// Messages after this one first, then live; as `Last-Event-ID`, which wins.
    since: Option<String>,
    /// `ndjson` for plain lines of JSON, `sse` (the default) for Server-Sent Events.
    format: Option<String>,
}

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Sse,
    Ndjson,
}

impl Format {
    fn asked(params: &StreamParams, headers: &HeaderMap) -> Result<Self, Reject> {
        match params.format.as_deref() {
            Some("ndjson") => Ok(Format::Ndjson),
            Some("sse") => Ok(Format::Sse),
            None | Some("") if accepts(headers, NDJSON) => Ok(Format::Ndjson),
            None | Some("") => Ok(Format::Sse),
            Some(_) => {
                let message = "\"format\" must be sse or ndjson.";
                Err(Reject::invalid("invalid_format", "format", message))
            }
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Format::Sse => "text/event-stream",
            Format::Ndjson => NDJSON,
        }
    }

    /// Written first, so that the head of the answer goes out at once.
    fn hello(self) -> &'static [u8] {
        match self {
            Format::Sse => b": open\n\n",
            Format::Ndjson => b"\n",
        }
    }

    fn alive(self) -> &'static [u8] {
        match self {
            Format::Sse => b": keepalive\n\n",
            // White space, to whoever reads JSON.
            Format::Ndjson => b"\n",
        }
    }

    fn encode(self, frames: &[Frame]) -> Bytes {
        match (self, frames) {
            // The usual case, without a copy.
            (Format::Sse, [frame]) => event(frame),
            (Format::Sse, frames) => {
                let events: Vec<Bytes> = frames.iter().map(event).collect();
                events.concat().into()
            }
            (Format::Ndjson, frames) => {
                let mut out = Vec::new();
                for (_, message) in frames.iter().filter_map(wire::message) {
                    out.extend_from_slice(wire::line(&message).as_bytes());
                    out.push(b'\n');
                }
                out.into()
            }
        }
    }
}

/// A frame as a Server-Sent Event, empty if it is no message. Whoever reads a channel reads the same, so it is written once.
fn event(frame: &Frame) -> Bytes {
    let write = || match wire::message(frame) {
        Some((id, message)) => format!("id: {id}\ndata: {}\n\n", wire::line(&message)).into(),
        None => Bytes::new(),
    };
    match &frame.written {
        Some(written) => written.event.get_or_init(write).clone(),
        None => write(),
    }
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains(kind)))
}

/// Every message of every channel, from now on or after `Last-Event-ID`: the god view. Browsers are shown
/// the interface.
#[utoipa::path(get, path = "/", operation_id = "streamChannels", tag = "workshop", params(StreamParams, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events, or lines of JSON", body = String, content_type = "text/event-stream"),
              (status = 307, description = "To the interface, for whoever accepts text/html"), (status = 400, body = SentenceBody)))]
pub async fn all(
    State(server): State<Server>,
    headers: HeaderMap,
    Query(params): Query<StreamParams>,
    asker: Result<Asker, Refusal>,
) -> Result<Response, Refusal> {
    if params.format.is_none() && accepts(&headers, "text/html") {
        return Ok(ui::to_page());
    }
    let Asker(origin) = asker?;
    let feed = FeedKey::Workspace(DEFAULT_WORKSPACE_ID.to_owned());
    watch(server, origin, feed, &headers, params).await
}

/// The messages of a channel, from now on or after `Last-Event-ID`.
#[utoipa::path(get, path = "/ch/{ch}", operation_id = "streamChannel", tag = "workshop",
    params(("ch" = String, Path), StreamParams, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "Server-Sent Events, or lines of JSON", body = String, content_type = "text/event-stream"),
              (status = 400, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn channel(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(channel): Segment,
    headers: HeaderMap,
    Query(params): Query<StreamParams>,
) -> Result<Response, Refusal> {
    let stream = stream_of(&channel)?;
    if let StreamKey::Room(room_id) = &stream {
        let id = room_id.clone();
        let room = server
            .app()
            .read(move |reader| reader.room(DEFAULT_WORKSPACE_ID, &id));
        Server::found(room.await?, "room_not_found", "room", room_id)?;
    }
    watch(server, origin, FeedKey::Stream(stream), &headers, params).await
}

async fn watch(
    server: Server,
    origin: Origin,
    feed: FeedKey,
    headers: &HeaderMap,
    params: StreamParams,
) -> Result<Response, Refusal> {
    let format = Format::asked(&params, headers)?;
    let last = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?"));
    let since = match cursor("Last-Event-ID", last)? {
        Some(id) => Some(id),
        None => cursor("since", params.since.as_deref())?,
    };
    let cursor = match since {
        None => Cursor::Latest,
        Some(id) => {
            let hidden_to = server.app().store.hidden().position();
            let key = feed.clone();
            let after = server.app().read(move |reader| {
                let position = reader.position_of(id)?.max(hidden_to);
                match &key {
                    FeedKey::Workspace(_) => Ok(position),
                    FeedKey::Stream(stream) => reader.stream_seq_at(stream, position),
                }
            });
            Cursor::After(after.await?)
        }
    };
    let watcher = Watcher {
        subscription: server.app().watch(&origin, feed, cursor),
        format,
        greeted: false,
        quiet_since: Instant::now(),
        _subscriber: server.subscriber(),
    };
    let bytes = stream::unfold(watcher, Watcher::next);
    let headers = [
        (header::CONTENT_TYPE, format.content_type()),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CONNECTION, "keep-alive"),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Somebody who watches. A slow reader waits for itself only: what it has not taken stays in the log.
struct Watcher {
    subscription: Subscription,
    format: Format,
    greeted: bool,
    quiet_since: Instant,
    _subscriber: Subscriber,
}

impl Watcher {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if !self.greeted {
            self.greeted = true;
            return Some((Ok(Bytes::from_static(self.format.hello())), self));
        }
        loop {
            let until = self.quiet_since + KEEPALIVE;
            let bytes = match tokio::time::timeout_at(until, self.subscription.next()).await {
                Err(_) => Bytes::from_static(self.format.alive()),
                Ok(Ok(frames)) => self.format.encode(&frames),
                Ok(Err(error)) => {
                    // It comes back with `Last-Event-ID`, and misses nothing.
                    tracing::warn!(%error, "a live stream ended early");
                    return None;
                }
            };
            if !bytes.is_empty() {
                self.quiet_since = Instant::now();
                return Some((Ok(bytes), self));
            }
        }
    }
}

//! What was said: history as lines of JSON, and the channels that there are.

use super::SentenceBody;
use super::refusal::Refusal;
use super::request::{Asker, HistoryParams, Query, Segment};
use super::wire;
use crate::api::server::Server;
use crate::app::{App, Origin};
use crate::store::table::channel_message::{HistoryQuery, TypeFilter};
use crate::store::{Frame, MessageId};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::board::Name;
use kernel::limits::{CHANNELS_MAX, HISTORY_ALL_DEFAULT, HISTORY_MAX};
use kernel::{Reject, StreamKey};

/// Lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";

/// Messages of a channel, oldest first, one line each.
#[utoipa::path(get, path = "/ch/{ch}/history", operation_id = "getChannelHistory", tag = "workshop", params(("ch" = String, Path), HistoryParams),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = 400, body = SentenceBody)))]
pub async fn channel(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(channel): Segment,
    Query(params): Query<HistoryParams>,
) -> Result<Response, Refusal> {
    let query = HistoryQuery {
        stream: Some(stream(&channel)?),
        limit: params.limit(HISTORY_MAX, HISTORY_MAX),
        ..query(&server, &origin, params)?
    };
    answer(server.app(), query).await
}

/// Messages of all channels, oldest first, one line each.
#[utoipa::path(get, path = "/history", operation_id = "getHistory", tag = "workshop", params(HistoryParams),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = 400, body = SentenceBody)))]
pub async fn all(
    State(server): State<Server>,
    Asker(origin): Asker,
    Query(params): Query<HistoryParams>,
) -> Result<Response, Refusal> {
    let limit = params.limit(HISTORY_ALL_DEFAULT, HISTORY_MAX);
    let query = query(&server, &origin, params)?;
    answer(server.app(), HistoryQuery { limit, ..query }).await
}

/// Names of the channels that have messages, in order.
#[utoipa::path(get, path = "/channels", operation_id = "listChannels", tag = "workshop", responses((status = 200, body = Vec<String>)))]
pub async fn channels(
    State(server): State<Server>,
    Asker(origin): Asker,
) -> Result<Json<Vec<String>>, Refusal> {
    let hidden_to = server.app().store.hidden().position();
    let open_topics = server.app().open_topics(&origin);
    let names = server
        .app()
        .read(move |reader| reader.channels(hidden_to, open_topics, CHANNELS_MAX));
    Ok(Json(names.await?))
}

/// The stream of a channel.
pub fn stream(channel: &str) -> Result<StreamKey, Reject> {
    Ok(match Name::parse(channel)? {
        Name::Channel(name) => StreamKey::Channel(name),
        Name::Room(room_id) => StreamKey::Room(room_id),
    })
}

/// A cursor: the id of a message, or the beginning of one.
pub fn cursor(field: &str, text: Option<&str>) -> Result<Option<MessageId>, Reject> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let message = format!("{field:?} must be the id of a message, or 0 for the first.");
    let id = MessageId::parse(text);
    id.map(Some)
        .ok_or_else(|| Reject::invalid("invalid_cursor", field, message))
}

fn query(server: &Server, origin: &Origin, params: HistoryParams) -> Result<HistoryQuery, Reject> {
    let wanted = params.message_type.filter(|wanted| !wanted.is_empty());
    Ok(HistoryQuery {
        since: cursor("since", params.since.as_deref())?,
        message_type: wanted.map(|wanted| TypeFilter::parse(&wanted)),
        hidden_to: server.app().store.hidden().position(),
        open_topics: server.app().open_topics(origin),
        ..HistoryQuery::default()
    })
}

async fn answer(app: &App, query: HistoryQuery) -> Result<Response, Refusal> {
    let frames = app.read(move |reader| reader.history(&query));
    let lines = lines(&frames.await?);
    Ok(([(header::CONTENT_TYPE, NDJSON)], lines).into_response())
}

/// A line each; none after the last.
fn lines(frames: &[Frame]) -> String {
    let messages = frames.iter().filter_map(wire::message);
    let lines = messages.map(|(_, message)| wire::line(&message));
    lines.collect::<Vec<_>>().join("\n")
}

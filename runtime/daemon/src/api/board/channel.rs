//! Publishing to a channel.

use super::SentenceBody;
use super::refusal::Refusal;
use super::request::{Asker, Members, Segment};
use super::wire::{RESERVED, seconds};
use crate::api::server::Server;
use crate::clock;
use crate::store::{MessageId, StoreError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::Command;
use kernel::board::PublishMessage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A message to publish. What else it holds is kept and shown with it.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewChannelMessage {
    /// Who it is from, as `agent.owner`.
    from: Option<String>,
    /// `dot.name`, free of form.
    #[serde(rename = "type")]
    message_type: Option<String>,
    /// Any JSON; an empty object by default.
    body: Option<Value>,
    files: Option<Vec<String>>,
    #[serde(rename = "reply-to")]
    reply_to: Option<String>,
    v: Option<i64>,
    /// A second request with the same key, on the same channel, is answered with the first one's message.
    idempotency_key: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedMessage {
    id: String,
    ts: f64,
}

/// Publishes a message to a channel, which comes to be with its first one.
#[utoipa::path(post, path = "/ch/{ch}", operation_id = "publishMessage", tag = "workshop", request_body = NewChannelMessage,
    params(("ch" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = PublishedMessage), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn publish(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(channel): Segment,
    headers: HeaderMap,
    members: Members,
) -> Result<(StatusCode, Json<PublishedMessage>), Refusal> {
    let command = Command::PublishMessage(command(channel, &headers, members)?);
    let committed = server.app().submit(&origin, command).await?;
    let missing = || StoreError::Other("a message without a place".to_owned());
    let place = committed.place.ok_or_else(missing)?;
    let published = PublishedMessage {
        id: MessageId::of(place.occurred_at, place.position).to_string(),
        ts: seconds(place.occurred_at),
    };
    Ok((StatusCode::CREATED, Json(published)))
}

fn command(
    channel: String,
    headers: &HeaderMap,
    mut members: Members,
) -> Result<PublishMessage, Refusal> {
    let reply_to = members.text("reply-to")?;
    let reply_to = reply_to.or(members.text("reply_to")?);
    let version = match members.value("v") {
        None => None,
        Some(v) => Some(
            v.as_i64()
                .ok_or_else(|| Refusal::of_member("v", "a whole number"))?,
        ),
    };
    let command = PublishMessage {
        channel,
        from: members.text("from")?,
        message_type: members.text("type")?,
        version,
        body: members.value("body").unwrap_or_else(|| json!({})),
        files: members.texts("files")?,
        reply_to,
        idempotency_key: members.key(headers)?,
        extra: Map::new(),
        room_message_id: clock::id("msg"),
        room_thread_id: clock::id("thread"),
    };
    let mut extra = members.0;
    extra.retain(|name, _| !RESERVED.contains(&name.as_str()));
    Ok(PublishMessage { extra, ..command })
}

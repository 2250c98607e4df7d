//! Speaking on topics, and asking to be let in.

use super::caller::{Anybody, Asker, Members};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::server::Server;
use axum::Json;
use axum::extract::State;
use kernel::Command;
use kernel::broker::RequestAccess;
use kernel::limits::TOPICS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A message for a topic.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewTopicMessage {
    channel: String,
    /// Any JSON of at most 16384 characters.
    payload: Option<Value>,
    /// The payload of the first clients, where there is no other.
    message: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicPublished {
    ok: bool,
    result: TopicPlace,
}

/// Where a message is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicPlace {
    /// Its place on the topic.
    offset: u64,
    /// Which log that is in.
    epoch: String,
}

/// Publishes to a topic.
#[utoipa::path(post, path = "/api/publish", operation_id = "publishToTopic", tag = "claw", request_body = NewTopicMessage,
    responses((status = 200, body = TopicPublished), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody),
              (status = 403, body = SentenceBody), (status = 413, body = SentenceBody), (status = 429, body = SentenceBody)))]
pub async fn publish(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<TopicPublished>, Refusal> {
    let channel = members.required("channel", "channel required")?;
    let payload = members.value("payload").or(members.value("message"));
    let said = server
        .bus()
        .publish(&origin, &channel, payload.unwrap_or_default())
        .await?;
    let result = TopicPlace {
        offset: said.offset,
        epoch: said.epoch,
    };
    Ok(Json(TopicPublished { ok: true, result }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewAccessRequest {
    channel: String,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccessRequested {
    ok: bool,
    message: &'static str,
    /// As it is told on `public.access`.
    request: Value,
}

/// Asks the owner of a topic, on `public.access`, to be let in.
#[utoipa::path(post, path = "/api/request", operation_id = "requestTopicAccess", tag = "claw", request_body = NewAccessRequest,
    responses((status = 200, body = AccessRequested), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn request(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<AccessRequested>, Refusal> {
    let command = RequestAccess {
        channel: members.required("channel", "channel required")?,
        reason: members.optional("reason")?,
        rules: server.app().veil().rules(),
    };
    let command = Command::RequestAccess(command);
    let committed = server.app().submit(&origin, command).await?;
    let position = committed.place.map(|place| place.position);
    let told = server
        .app()
        .read(move |reader| reader.message_body(position.unwrap_or_default()));
    Ok(Json(AccessRequested {
        ok: true,
        message: "Access request sent to public.access",
        request: told.await?.unwrap_or_else(|| json!({})),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicAgents {
    agents: Vec<String>,
    count: usize,
}

/// Whoever has ever published to a topic or asked for access.
#[utoipa::path(get, path = "/agents", operation_id = "listTopicAgents", tag = "claw",
    responses((status = 200, body = TopicAgents), (status = 401, body = SentenceBody)))]
pub async fn agents(
    State(server): State<Server>,
    _: Anybody,
) -> Result<Json<TopicAgents>, Refusal> {
    let read = server.app().read(|reader| reader.topic_agents(TOPICS_MAX));
    let agents = read.await?;
    let count = agents.len();
    Ok(Json(TopicAgents { agents, count }))
}

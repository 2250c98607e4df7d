//! How much there is.

use super::refusal::Refusal;
use super::request::Asker;
use crate::api::server::Server;
use crate::clock;
use axum::Json;
use axum::extract::State;
use kernel::limits::PRESENCE_MS;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct BoardStatus {
    #[serde(rename = "uptime-s")]
    uptime_s: f64,
    /// On all channels.
    messages: u64,
    tasks: u64,
    /// Agents that gave a sign of life within a minute.
    #[serde(rename = "agents-live")]
    agents_live: u64,
    /// Open live streams of channels.
    subscribers: usize,
}

/// How many messages, tasks, agents and watchers there are.
#[utoipa::path(get, path = "/status", operation_id = "getBoardStatus", tag = "workshop", responses((status = 200, body = BoardStatus)))]
pub async fn get(
    State(server): State<Server>,
    Asker(origin): Asker,
) -> Result<Json<BoardStatus>, Refusal> {
    let hidden_to = server.app().store.hidden().position();
    let open_topics = server.app().open_topics(&origin);
    let since = clock::now().plus_millis(-PRESENCE_MS);
    let counts = server.app().read(move |reader| {
        let messages = reader.message_count(hidden_to, open_topics)?;
        Ok((messages, reader.task_count()?, reader.present_count(since)?))
    });
    let (messages, tasks, agents_live) = counts.await?;
    Ok(Json(BoardStatus {
        uptime_s: server.uptime().as_secs_f64(),
        messages,
        tasks,
        agents_live,
        subscribers: server.subscribers(),
    }))
}

//! Who is there.

use super::SentenceBody;
use super::refusal::Refusal;
use super::request::{Asker, Members};
use super::wire::seconds;
use crate::api::server::Server;
use crate::clock;
use axum::Json;
use axum::extract::State;
use kernel::Command;
use kernel::board::{self, AnnouncePresence};
use kernel::limits::{PRESENCE_MS, PRESENT_MAX};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct SignOfLife {
    from: Option<String>,
    channels: Option<Vec<String>>,
    /// Any object.
    meta: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Heard {
    ok: bool,
}

/// An agent that is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresentAgent {
    agent_id: String,
    /// Seconds since 1970.
    last_seen: f64,
    channels: Value,
    meta: Value,
}

/// A sign of life: the agent counts as there for a minute.
#[utoipa::path(post, path = "/presence", operation_id = "announcePresence", tag = "workshop", request_body = SignOfLife,
    responses((status = 200, body = Heard), (status = 400, body = SentenceBody)))]
pub async fn announce(
    State(server): State<Server>,
    Asker(origin): Asker,
    mut members: Members,
) -> Result<Json<Heard>, Refusal> {
    let command = AnnouncePresence {
        from: members.text("from")?,
        channels: members.value("channels").unwrap_or_else(|| json!([])),
        meta: members.value("meta").unwrap_or_else(|| json!({})),
    };
    let command = Command::AnnouncePresence(command);
    server.app().submit(&origin, command).await?;
    Ok(Json(Heard { ok: true }))
}

/// Agents that are there, most recently seen first.
#[utoipa::path(get, path = "/presence", operation_id = "listPresence", tag = "workshop", responses((status = 200, body = Vec<PresentAgent>)))]
pub async fn list(
    State(server): State<Server>,
    _: Asker,
) -> Result<Json<Vec<PresentAgent>>, Refusal> {
    let since = clock::now().plus_millis(-PRESENCE_MS);
    let present = server
        .app()
        .read(move |reader| reader.present(since, PRESENT_MAX));
    let present = present.await?.into_iter().map(PresentAgent::from);
    Ok(Json(present.collect()))
}

impl From<board::Presence> for PresentAgent {
    fn from(presence: board::Presence) -> Self {
        Self {
            agent_id: presence.agent_id,
            last_seen: seconds(presence.last_seen),
            channels: presence.channels,
            meta: presence.meta,
        }
    }
}

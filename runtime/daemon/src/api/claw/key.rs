//! Keys by which agents speak. The owner gives them; where things are only tried out, anybody takes one.

use super::caller::{Asker, Members, Owner};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::server::Server;
use crate::claw;
use axum::Json;
use axum::extract::State;
use kernel::broker::RevokeTopicKey;
use kernel::{Caller, Command};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewTopicKey {
    /// An agent, or `app:NAME`.
    username: String,
    /// `main` when it is left out. A new key ends the one of the same name at once.
    key_name: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewDevKey {
    username: String,
}

/// A key. It is told this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicToken {
    token: String,
    username: String,
    hint: &'static str,
}

const HINT: &str = "Send it as Authorization: Bearer TOKEN. It is told this once.";

/// Gives an agent a key.
#[utoipa::path(post, path = "/auth/keys", operation_id = "issueTopicKey", tag = "claw", request_body = NewTopicKey,
    responses((status = 200, body = TopicToken), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn issue(
    State(server): State<Server>,
    Owner(origin): Owner,
    mut members: Members,
) -> Result<Json<TopicToken>, Refusal> {
    let username = members.required("username", "username required")?;
    let key_name = members.optional("key_name")?;
    let token = server.bus().issue(&origin, &username, key_name).await?;
    Ok(Json(TopicToken {
        token,
        username,
        hint: HINT,
    }))
}

/// Takes a key for an agent, in dev mode only.
#[utoipa::path(post, path = "/auth/dev-register", operation_id = "registerDevAgent", tag = "claw", request_body = NewDevKey,
    responses((status = 200, body = TopicToken), (status = 400, body = SentenceBody), (status = 404, description = "Not in dev mode", body = SentenceBody)))]
pub async fn register(
    State(server): State<Server>,
    members: Result<Members, Refusal>,
) -> Result<Json<TopicToken>, Refusal> {
    let access = server.access();
    if !access.dev_mode || access.token_required {
        return Err(Refusal::not_available());
    }
    let username = members?.required("username", "username required")?;
    // Apps are made, not taken.
    kernel::Principal::agent(&username)?;
    let system = claw::origin(Caller::System);
    let token = server.bus().issue(&system, &username, None).await?;
    Ok(Json(TopicToken {
        token,
        username,
        hint: HINT,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicKeyRevoked {
    ok: bool,
    revoked: bool,
    username: String,
    hint: &'static str,
}

/// Ends the key that is shown, open sockets included.
#[utoipa::path(post, path = "/auth/revoke", operation_id = "revokeTopicKey", tag = "claw",
    responses((status = 200, body = TopicKeyRevoked), (status = 401, body = SentenceBody)))]
pub async fn revoke(
    State(server): State<Server>,
    Asker(origin): Asker,
) -> Result<Json<TopicKeyRevoked>, Refusal> {
    let Caller::Agent(agent) = &origin.caller else {
        return Err(Refusal::unauthorized("Invalid token subject"));
    };
    let username = agent.principal.to_string();
    let command = Command::RevokeTopicKey(RevokeTopicKey::default());
    server.app().submit(&origin, command).await?;
    Ok(Json(TopicKeyRevoked {
        ok: true,
        revoked: true,
        username,
        hint: "Ask the owner for another key to come back.",
    }))
}

//! Keys by which agents speak. The owner gives them; where things are only tried out, anybody takes one.

use super::caller::{Asker, Members, Owner};
use super::refusal::Refusal;
use crate::api::board::SentenceBody;
use crate::api::server::Server;
use crate::claw;
use axum::Json;
use axum::extract::State;
use kernel::broker::{AddTopicPublicKey, KEY_NAME, RemoveTopicKey, RevokeTopicKey};
use kernel::limits::TOPICS_MAX;
use kernel::{Caller, Command, Timestamp};
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
    /// An OpenSSH public key by which the agent signs in: then it is registered, and no token is given.
    public_key: Option<String>,
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

impl TopicToken {
    pub fn new(token: String, username: String) -> Self {
        Self {
            token,
            username,
            hint: HINT,
        }
    }
}

/// A key, or a public key that was registered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum IssuedKey {
    Token(TopicToken),
    PublicKey(RegisteredKey),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredKey {
    ok: bool,
    username: String,
    key_name: String,
    /// `SHA256:…`
    fingerprint: String,
}

const HINT: &str = "Send it as Authorization: Bearer TOKEN. It is told this once.";

/// Gives an agent a key, or registers a public key by which it signs in.
#[utoipa::path(post, path = "/auth/keys", operation_id = "issueTopicKey", tag = "claw", request_body = NewTopicKey,
    responses((status = 200, body = IssuedKey), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn issue(
    State(server): State<Server>,
    Owner(origin): Owner,
    mut members: Members,
) -> Result<Json<IssuedKey>, Refusal> {
    let username = members.required("username", "username required")?;
    let key_name = members.optional("key_name")?;
    let Some(public_key) = members.optional("public_key")? else {
        let token = server.bus().issue(&origin, &username, key_name).await?;
        return Ok(Json(IssuedKey::Token(TopicToken::new(token, username))));
    };
    let key = claw::read_public_key(&public_key)?;
    let command = Command::AddTopicPublicKey(AddTopicPublicKey {
        username: username.clone(),
        key_name: key_name.clone(),
        public_key: key.text,
        fingerprint: key.fingerprint.clone(),
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(IssuedKey::PublicKey(RegisteredKey {
        ok: true,
        username,
        key_name: key_name.unwrap_or_else(|| KEY_NAME.to_owned()),
        fingerprint: key.fingerprint,
    })))
}

/// What somebody signs in with.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignIn {
    /// An agent, or `app:NAME`.
    username: String,
    key_name: String,
    /// Of the public key that is registered.
    fingerprint: Option<String>,
    /// A key that was given, or signed for, is live.
    live: bool,
    /// RFC 3339: since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    issued_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SignIns {
    ok: bool,
    keys: Vec<SignIn>,
    count: usize,
}

/// Who signs in with what; keys themselves are never shown. Owner only.
#[utoipa::path(get, path = "/auth/keys", operation_id = "listTopicKeys", tag = "claw",
    responses((status = 200, body = SignIns), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody)))]
pub async fn list(State(server): State<Server>, _: Owner) -> Result<Json<SignIns>, Refusal> {
    let rows = server
        .app()
        .read(|reader| reader.sign_ins(TOPICS_MAX))
        .await?;
    let keys: Vec<SignIn> = rows
        .into_iter()
        .map(|row| SignIn {
            username: row.principal,
            key_name: row.key_name,
            fingerprint: row.fingerprint,
            live: row.issued_at.is_some(),
            issued_at: row.issued_at,
        })
        .collect();
    Ok(Json(SignIns {
        ok: true,
        count: keys.len(),
        keys,
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct KeyName {
    /// An agent, or `app:NAME`.
    username: String,
    /// `main` when it is left out.
    key_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyRemoved {
    ok: bool,
    removed: bool,
    username: String,
}

/// Ends what a name signs in with: its public key, and the key that is live by it, open sockets included. Owner only.
#[utoipa::path(delete, path = "/auth/keys", operation_id = "removeTopicKey", tag = "claw", request_body = KeyName,
    responses((status = 200, body = KeyRemoved), (status = 400, body = SentenceBody), (status = 401, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn remove(
    State(server): State<Server>,
    Owner(origin): Owner,
    mut members: Members,
) -> Result<Json<KeyRemoved>, Refusal> {
    let username = members.required("username", "username required")?;
    let command = Command::RemoveTopicKey(RemoveTopicKey {
        principal: username.clone(),
        key_name: members.optional("key_name")?,
    });
    server.app().submit(&origin, command).await?;
    Ok(Json(KeyRemoved {
        ok: true,
        removed: true,
        username,
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
    Ok(Json(TopicToken::new(token, username)))
}

/// Who shows a key of the event bus.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicCaller {
    /// An agent, or `app:NAME`; `owner` for the owner.
    actor_id: String,
    /// `agent`, `app` or `user`.
    principal_type: &'static str,
    is_owner: bool,
}

/// Says whose key is shown.
#[utoipa::path(get, path = "/api/whoami", operation_id = "getTopicCaller", tag = "claw",
    responses((status = 200, body = TopicCaller), (status = 401, body = SentenceBody)))]
pub async fn whoami(Asker(origin): Asker) -> Json<TopicCaller> {
    let (actor_id, principal_type) = match &origin.caller {
        Caller::Agent(agent) => {
            let kind = match agent.principal {
                kernel::Principal::Agent(_) => "agent",
                kernel::Principal::App(_) => "app",
            };
            (agent.principal.to_string(), kind)
        }
        Caller::Owner | Caller::Engine(_) | Caller::Local | Caller::System => {
            (origin.caller.actor().actor_id, "user")
        }
    };
    Json(TopicCaller {
        actor_id,
        principal_type,
        is_owner: origin.caller.is_owner(),
    })
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

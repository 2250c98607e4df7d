//! Engines and their tokens over HTTP.

use super::body::{Body, Params, Path, limit};
use super::identity::require_owner;
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::engine::EngineRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::limits::LIST_LIMIT_MAX;
use kernel::{Answer, Command, engines};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewEngine {
    actor_id: Option<String>,
    display_name: Option<String>,
    /// RFC 3339; absent is until it is revoked.
    valid_until: Option<String>,
    /// Rooms whose runs it may claim; absent is all.
    rooms: Option<Vec<String>>,
    /// Revoke the engine's older tokens.
    rotate: Option<bool>,
}

/// A registered engine with its new token; the token is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredEngine {
    engine_id: String,
    actor_id: String,
    token_id: String,
    engine_token: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Engines {
    engines: Vec<EngineRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngineToken {
    token_id: String,
    engine_id: String,
    rooms: Option<Vec<String>>,
    issued_at: String,
    valid_until: Option<String>,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngineTokens {
    tokens: Vec<EngineToken>,
}

/// Registers an engine, or finds it by its actor id, and issues a token. Owner only.
#[utoipa::path(post, path = "/v1/engines/register", operation_id = "registerEngine", tag = "identity", request_body = NewEngine,
    responses((status = 201, body = RegisteredEngine), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn register(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewEngine>,
) -> Result<(StatusCode, Json<RegisteredEngine>), Problem> {
    let token_id = clock::hex_id("engtok");
    let engine_token = clock::secret("engtok");
    let command = engines::RegisterEngine {
        engine_id: clock::hex_id("eng"),
        actor_id: body.actor_id.clone(),
        display_name: body.display_name,
        token_id: token_id.clone(),
        token: engine_token.clone(),
        valid_until: body.valid_until,
        rooms: body.rooms,
        rotate: body.rotate.unwrap_or(false),
    };
    let committed = server
        .app()
        .submit(&origin, Command::RegisterEngine(command))
        .await?;
    server.identity().forget_engines();
    let engine_id = if let Answer::Created(engine_id) = committed.answer {
        engine_id
    } else {
        String::new()
    };
    let actor_id = body.actor_id.unwrap_or_default().trim().to_owned();
    Ok((
        StatusCode::CREATED,
        Json(RegisteredEngine {
            engine_id,
            actor_id,
            token_id,
            engine_token,
        }),
    ))
}

/// The engines of the workspace, newest first.
#[utoipa::path(get, path = "/v1/engines", operation_id = "listEngines", tag = "identity", params(room::Page), responses((status = 200, body = Engines)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(page): Params<room::Page>,
) -> Result<Json<Engines>, Problem> {
    let limit = limit(page.limit, LIST_LIMIT_MAX, LIST_LIMIT_MAX);
    Ok(Json(Engines {
        engines: server
            .app()
            .read(move |reader| reader.engines(&origin.workspace_id, limit))
            .await?,
    }))
}

/// The tokens of an engine, without their secrets. Owner only.
#[utoipa::path(get, path = "/v1/engines/{engine_id}/tokens", operation_id = "listEngineTokens", tag = "identity", params(("engine_id" = String, Path)),
    responses((status = 200, body = EngineTokens), (status = 403, body = ProblemBody)))]
pub async fn tokens(
    State(server): State<Server>,
    origin: Origin,
    Path(engine_id): Path<String>,
) -> Result<Json<EngineTokens>, Problem> {
    require_owner(&origin)?;
    let rows = server
        .app()
        .read(move |reader| reader.engine_tokens(&engine_id))
        .await?;
    let text = |time: Option<kernel::Timestamp>| time.map(|time| time.to_string());
    let tokens = rows
        .into_iter()
        .filter(|row| row.workspace_id == origin.workspace_id)
        .map(|row| EngineToken {
            token_id: row.token_id,
            engine_id: row.engine_id,
            rooms: row.rooms,
            issued_at: row.issued_at.to_string(),
            valid_until: text(row.valid_until),
            revoked_at: text(row.revoked_at),
            last_used_at: text(row.last_used_at),
        });
    Ok(Json(EngineTokens {
        tokens: tokens.collect(),
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Revocation {
    reason: Option<String>,
}

/// Revokes a token; it is refused from the next request on. Owner only.
#[utoipa::path(post, path = "/v1/engines/{engine_id}/tokens/{token_id}/revoke", operation_id = "revokeEngineToken", tag = "identity", request_body = Revocation,
    params(("engine_id" = String, Path), ("token_id" = String, Path)),
    responses((status = 200, body = super::run::Done), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn revoke(
    State(server): State<Server>,
    origin: Origin,
    Path((engine_id, token_id)): Path<(String, String)>,
    Body(body): Body<Revocation>,
) -> Result<Json<super::run::Done>, Problem> {
    let command = engines::RevokeEngineToken {
        engine_id,
        token_id,
        reason: body.reason,
    };
    server
        .app()
        .submit(&origin, Command::RevokeEngineToken(command))
        .await?;
    server.identity().forget_engines();
    Ok(super::run::Done::json())
}

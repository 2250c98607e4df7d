//! Engines and their tokens over HTTP.

use super::body::{Body, Params, Path, limit};
use super::capability::CapabilityScopes;
use super::identity::require_owner;
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::engine::EngineRow;
use crate::store::table::engine_token::EngineTokenRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::limits::LIST_LIMIT_MAX;
use kernel::{Actor, Answer, Command, Timestamp, engines};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewEngine {
    actor_id: Option<String>,
    /// For people; kept as it was when it is absent.
    engine_name: Option<String>,
    /// Another word for `engine_name`.
    display_name: Option<String>,
    /// Whatever is to be known of it; kept as it was when it is absent.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Revoke the engine's older tokens.
    rotate: Option<bool>,
    /// What the token allows: to claim runs of every room, and to keep them, by default.
    scopes: Option<CapabilityScopes>,
    /// RFC 3339; absent is until it is revoked.
    valid_until: Option<String>,
    token_label: Option<String>,
    /// Rooms whose runs it may claim, where the scopes name none; absent is all.
    rooms: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct NewEngineToken {
    /// What the token allows: to claim runs of every room, and to keep them, by default.
    scopes: Option<CapabilityScopes>,
    /// RFC 3339; absent is until it is revoked.
    valid_until: Option<String>,
    token_label: Option<String>,
    /// Rooms whose runs it may claim, where the scopes name none; absent is all.
    rooms: Option<Vec<String>>,
}

impl NewEngineToken {
    /// With fresh identifiers, from whoever asks.
    async fn issued_by(
        self,
        server: &Server,
        origin: &Origin,
    ) -> Result<engines::NewToken, Problem> {
        let granter = server.app().principal(origin.caller.actor()).await?;
        Ok(engines::NewToken {
            token_id: clock::hex_id("engtok"),
            token: clock::secret("engtok"),
            capability_token_id: clock::random_uuid(),
            granted_by_principal_id: granter.principal_id,
            valid_until: self.valid_until,
            label: self.token_label,
            scopes: self.scopes.map(Into::into),
            rooms: self.rooms,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngineToken {
    token_id: String,
    engine_id: String,
    workspace_id: String,
    token_label: Option<String>,
    /// The capability that says what it allows.
    capability_token_id: Option<String>,
    scopes: CapabilityScopes,
    /// Rooms whose runs it may claim; null is all.
    rooms: Option<Vec<String>>,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl From<EngineTokenRow> for EngineToken {
    fn from(row: EngineTokenRow) -> Self {
        Self {
            token_id: row.token_id,
            engine_id: row.standing.engine_id,
            workspace_id: row.workspace_id,
            token_label: row.label,
            capability_token_id: row.standing.capability.map(|chain| chain.own.token_id),
            rooms: row.scopes.rooms_only().map(<[String]>::to_vec),
            scopes: row.scopes.into(),
            issued_at: row.issued_at,
            valid_until: row.standing.valid_until,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A new token; its secret is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedEngineToken {
    #[serde(flatten)]
    token: EngineToken,
    engine_token: String,
}

/// A registered engine with its new token; the token is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredEngine {
    engine: EngineRow,
    token: IssuedEngineToken,
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
pub struct EngineTokens {
    tokens: Vec<EngineToken>,
}

/// Registers an engine, or finds it by its actor id and makes it active, and issues a token. Owner only.
#[utoipa::path(post, path = "/v1/engines/register", operation_id = "registerEngine", tag = "identity", request_body = NewEngine,
    responses((status = 201, body = RegisteredEngine), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn register(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewEngine>,
) -> Result<(StatusCode, Json<RegisteredEngine>), Problem> {
    require_owner(&origin)?;
    let actor_id = engines::actor_id(body.actor_id.as_deref())?;
    let principal_id = principal(&server, &actor_id).await?;
    let token = NewEngineToken {
        scopes: body.scopes,
        valid_until: body.valid_until,
        token_label: body.token_label,
        rooms: body.rooms,
    };
    let token = token.issued_by(&server, &origin).await?;
    let (token_id, secret) = (token.token_id.clone(), token.token.clone());
    let command = engines::RegisterEngine {
        engine_id: clock::hex_id("eng"),
        principal_id,
        actor_id: body.actor_id,
        engine_name: body.engine_name.or(body.display_name),
        metadata: body.metadata,
        token,
        rotate: body.rotate.unwrap_or(false),
    };
    server
        .app()
        .submit(&origin, Command::RegisterEngine(command))
        .await?;
    let token = shown(&server, &origin, token_id.clone(), secret.clone()).await?;
    let engine = find(&server, &origin, &token.token.engine_id).await?;
    let registered = RegisteredEngine {
        engine_id: engine.engine_id.clone(),
        actor_id,
        token_id,
        engine_token: secret,
        engine,
        token,
    };
    Ok((StatusCode::CREATED, Json(registered)))
}

/// The principal of an engine's actor.
async fn principal(server: &Server, actor_id: &str) -> Result<String, Problem> {
    let actor = Actor::service(actor_id);
    Ok(server.app().principal(actor).await?.principal_id)
}

/// A token that was just issued, with its secret.
async fn shown(
    server: &Server,
    origin: &Origin,
    token_id: String,
    engine_token: String,
) -> Result<IssuedEngineToken, Problem> {
    let (workspace_id, id) = (origin.workspace_id.clone(), token_id.clone());
    let row = server
        .app()
        .read(move |reader| reader.engine_token_of(&workspace_id, &id))
        .await?;
    let row = Server::found(row, "engine_token_not_found", "engine token", &token_id)?;
    Ok(IssuedEngineToken {
        token: row.into(),
        engine_token,
    })
}

async fn find(server: &Server, origin: &Origin, engine_id: &str) -> Result<EngineRow, Problem> {
    let (workspace_id, id) = (origin.workspace_id.clone(), engine_id.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.engine(&workspace_id, &id))
        .await?;
    Server::found(row, "engine_not_found", "engine", engine_id)
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
    responses((status = 200, body = EngineTokens), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn tokens(
    State(server): State<Server>,
    origin: Origin,
    Path(engine_id): Path<String>,
) -> Result<Json<EngineTokens>, Problem> {
    require_owner(&origin)?;
    find(&server, &origin, &engine_id).await?;
    let rows = server
        .app()
        .read(move |reader| reader.engine_tokens(&engine_id))
        .await?;
    Ok(Json(EngineTokens {
        tokens: rows.into_iter().map(EngineToken::from).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedToken {
    token: IssuedEngineToken,
}

/// Issues one more token to an active engine; it is shown this once. Owner only.
#[utoipa::path(post, path = "/v1/engines/{engine_id}/tokens/issue", operation_id = "issueEngineToken", tag = "identity", request_body = NewEngineToken,
    params(("engine_id" = String, Path)),
    responses((status = 201, body = IssuedToken), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn issue(
    State(server): State<Server>,
    origin: Origin,
    Path(engine_id): Path<String>,
    Body(body): Body<NewEngineToken>,
) -> Result<(StatusCode, Json<IssuedToken>), Problem> {
    require_owner(&origin)?;
    let engine = find(&server, &origin, &engine_id).await?;
    let principal_id = principal(&server, &engine.actor_id).await?;
    let token = body.issued_by(&server, &origin).await?;
    let (token_id, secret) = (token.token_id.clone(), token.token.clone());
    let command = engines::IssueEngineToken {
        engine_id,
        principal_id,
        token,
    };
    server
        .app()
        .submit(&origin, Command::IssueEngineToken(command))
        .await?;
    let token = shown(&server, &origin, token_id, secret).await?;
    Ok((StatusCode::CREATED, Json(IssuedToken { token })))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Revocation {
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedEngineToken {
    ok: bool,
    already_revoked: bool,
}

/// Revokes a token and its capability; it is refused from the next request on. Owner only.
#[utoipa::path(post, path = "/v1/engines/{engine_id}/tokens/{token_id}/revoke", operation_id = "revokeEngineToken", tag = "identity", request_body = Revocation,
    params(("engine_id" = String, Path), ("token_id" = String, Path)),
    responses((status = 200, body = RevokedEngineToken), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn revoke(
    State(server): State<Server>,
    origin: Origin,
    Path((engine_id, token_id)): Path<(String, String)>,
    Body(body): Body<Revocation>,
) -> Result<Json<RevokedEngineToken>, Problem> {
    let command = engines::RevokeEngineToken {
        engine_id,
        token_id,
        reason: body.reason,
    };
    let committed = server
        .app()
        .submit(&origin, Command::RevokeEngineToken(command))
        .await?;
    Ok(Json(RevokedEngineToken {
        ok: true,
        already_revoked: committed.answer == Answer::AlreadyDone,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeactivatedEngine {
    ok: bool,
    already_inactive: bool,
    engine: EngineRow,
}

/// Deactivates an engine: all its tokens end at once, and the runs it holds are offered again when
/// their leases end. Owner only.
#[utoipa::path(post, path = "/v1/engines/{engine_id}/deactivate", operation_id = "deactivateEngine", tag = "identity", request_body = Revocation,
    params(("engine_id" = String, Path)),
    responses((status = 200, body = DeactivatedEngine), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn deactivate(
    State(server): State<Server>,
    origin: Origin,
    Path(engine_id): Path<String>,
    Body(body): Body<Revocation>,
) -> Result<Json<DeactivatedEngine>, Problem> {
    let command = engines::DeactivateEngine {
        engine_id: engine_id.clone(),
        reason: body.reason,
    };
    let committed = server
        .app()
        .submit(&origin, Command::DeactivateEngine(command))
        .await?;
    Ok(Json(DeactivatedEngine {
        ok: true,
        already_inactive: committed.answer == Answer::AlreadyDone,
        engine: find(&server, &origin, &engine_id).await?,
    }))
}

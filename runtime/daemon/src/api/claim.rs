//! Claims of the event bus: who asks for a key, and the owner's answer.

use super::body::{Params, Path, limit};
use super::identity::require_owner;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::topic_claim::ClaimRow;
use axum::Json;
use axum::extract::State;
use kernel::broker::DecideTopicClaim;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Command, Reject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClaimParams {
    /// `pending`, or `all`, the default.
    state: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Claims {
    claims: Vec<ClaimRow>,
    next_cursor: Option<String>,
}

/// Claims, newest first. Owner only.
#[utoipa::path(get, path = "/v1/claims", operation_id = "listClaims", tag = "gate", params(ClaimParams),
    responses((status = 200, body = Claims), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ClaimParams>,
) -> Result<Json<Claims>, Problem> {
    require_owner(&origin)?;
    let pending = match params.state.as_deref() {
        None | Some("" | "all") => false,
        Some("pending") => true,
        Some(_) => {
            let message = "\"state\" must be pending or all.";
            return Err(Reject::invalid("invalid_state", "state", message).into());
        }
    };
    let asked = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let claims = server
        .app()
        .read(move |reader| reader.claims(pending, params.cursor, asked, clock::now()))
        .await?;
    let last = claims.last().filter(|_| claims.len() == asked as usize);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(Claims {
        claims,
        next_cursor,
    }))
}

/// Lets whoever asks have the key, once. The key that the name has ends when they fetch it. Owner only.
#[utoipa::path(post, path = "/v1/claims/{claim_id}/confirm", operation_id = "confirmClaim", tag = "gate", params(("claim_id" = String, Path)),
    responses((status = 200, body = ClaimRow), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn confirm(
    State(server): State<Server>,
    origin: Origin,
    Path(claim_id): Path<String>,
) -> Result<Json<ClaimRow>, Problem> {
    decide(&server, &origin, claim_id, true).await
}

/// Does not let them have it. Owner only.
#[utoipa::path(post, path = "/v1/claims/{claim_id}/refuse", operation_id = "refuseClaim", tag = "gate", params(("claim_id" = String, Path)),
    responses((status = 200, body = ClaimRow), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn refuse(
    State(server): State<Server>,
    origin: Origin,
    Path(claim_id): Path<String>,
) -> Result<Json<ClaimRow>, Problem> {
    decide(&server, &origin, claim_id, false).await
}

async fn decide(
    server: &Server,
    origin: &Origin,
    claim_id: String,
    confirm: bool,
) -> Result<Json<ClaimRow>, Problem> {
    let command = Command::DecideTopicClaim(DecideTopicClaim {
        claim_id: claim_id.clone(),
        confirm,
    });
    server.app().submit(origin, command).await?;
    let found = server
        .app()
        .read(move |reader| reader.claim(&claim_id, clock::now()))
        .await?;
    Ok(Json(found.ok_or(Problem::Busy)?))
}

//! Approvals over HTTP: asking the owner, the inbox, and deciding.

use super::body::{Body, Params, Path, limit};
use super::room;
use super::run::Done;
use super::server::Server;
use super::trace::Correlated;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::approval_list::{ApprovalCounts, ApprovalQuery, ApprovalRow};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::gate::approval::{DecideApproval, RequestApproval, RevokeApproval, Status};
use kernel::gate::{Declared, Place};
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Answer, Command, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A request for an approval.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewApproval {
    /// What is to be done: `external.write`, `email.send`, or a name of your own.
    action: Option<String>,
    /// What it is done to.
    target: Option<String>,
    /// Exactly what is to be done: the approval is of this content and no other.
    payload: Option<Value>,
    title: Option<String>,
    /// What helps to decide: `purpose`, `external_impact`, `risks`, `rollback_plan`, `notes_md` …
    request: Option<Value>,
    context: Option<Value>,
    room_id: Option<String>,
    thread_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    /// How far it is to reach: `{"type": "once"}`, the default, `run`, `room`, `workspace`, or
    /// `{"type": "template", "target": "https://api.example.com/*"}`.
    #[schema(value_type = Option<Object>)]
    scope: Option<Value>,
    /// RFC 3339; in 24 hours by default.
    expires_at: Option<String>,
    correlation_id: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RequestedApproval {
    /// That of an identical request, where one waits already.
    approval_id: String,
}

/// Asks the owner for an approval. What is identical to a request that waits joins it.
#[utoipa::path(post, path = "/v1/approvals", operation_id = "requestApproval", tag = "gate", request_body = NewApproval,
    responses((status = 201, body = RequestedApproval), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn request(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewApproval>,
) -> Result<impl IntoResponse, Problem> {
    let named = body.correlation_id.clone();
    let fresh = clock::id("appr");
    let command = RequestApproval {
        approval_id: fresh.clone(),
        action: body.action,
        target: body.target,
        payload: body.payload,
        title: body.title,
        request: body.request,
        context: body.context,
        place: Place {
            room_id: body.room_id,
            thread_id: body.thread_id,
            run_id: body.run_id,
            step_id: body.step_id,
        },
        scope: body.scope,
        expires_at: body.expires_at,
        correlation_id: body.correlation_id,
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    let committed = server
        .app()
        .submit(&origin, Command::RequestApproval(command))
        .await?;
    let approval_id = if let Answer::Created(approval_id) = committed.answer {
        approval_id
    } else {
        fresh
    };
    let named = named.map(|named| Extension(Correlated(named.trim().to_owned())));
    Ok((
        StatusCode::CREATED,
        named,
        Json(RequestedApproval { approval_id }),
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApprovalParams {
    /// `pending`, `held`, `approved`, `denied`, `expired` or `consumed`.
    status: Option<String>,
    room_id: Option<String>,
    run_id: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Approvals {
    approvals: Vec<ApprovalRow>,
    /// Give it as `cursor` to see those that changed earlier.
    next_cursor: Option<String>,
    /// How many of the workspace wait for the owner, whatever the list asks for.
    waiting: ApprovalCounts,
}

/// Approvals, newest change first.
#[utoipa::path(get, path = "/v1/approvals", operation_id = "listApprovals", tag = "gate", params(ApprovalParams),
    responses((status = 200, body = Approvals), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ApprovalParams>,
) -> Result<Json<Approvals>, Problem> {
    if let Some(status) = &params.status
        && !Status::NAMES.contains(&status.as_str())
    {
        let message = format!("\"status\" must be one of {}.", Status::NAMES.join(", "));
        return Err(Reject::invalid("invalid_status", "status", message).into());
    }
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let workspace_id = origin.workspace_id;
    let query = ApprovalQuery {
        workspace_id: workspace_id.clone(),
        room_id: params.room_id,
        run_id: params.run_id,
        status: params.status,
        before_position: params.cursor,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    };
    let asked = query.limit as usize;
    let (approvals, waiting) = server
        .app()
        .read(move |reader| {
            let approvals = reader.approvals(&query)?;
            Ok((approvals, reader.approval_counts(&workspace_id)?))
        })
        .await?;
    let last = approvals.last().filter(|_| approvals.len() == asked);
    let next_cursor = last.map(|row| row.updated_position.to_string());
    Ok(Json(Approvals {
        approvals,
        next_cursor,
        waiting,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Approval {
    approval: ApprovalRow,
}

/// One approval.
#[utoipa::path(get, path = "/v1/approvals/{approval_id}", operation_id = "getApproval", tag = "gate", params(("approval_id" = String, Path)),
    responses((status = 200, body = Approval), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(approval_id): Path<String>,
) -> Result<Json<Approval>, Problem> {
    let id = approval_id.clone();
    let row = server
        .app()
        .read(move |reader| reader.approval(&origin.workspace_id, &id))
        .await?;
    Ok(Json(Approval {
        approval: Server::found(row, "approval_not_found", "approval", &approval_id)?,
    }))
}

/// A decision. Who decides is whoever shows the owner's token.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ApprovalDecision {
    /// `approve`, `deny` or `hold`.
    decision: Option<String>,
    reason: Option<String>,
    /// How far it reaches, instead of what was asked for.
    #[schema(value_type = Option<Object>)]
    scope: Option<Value>,
    /// Until when, instead of what was asked for.
    expires_at: Option<String>,
}

/// Decides an approval. The first decision counts; what is held may still be decided. Owner only.
#[utoipa::path(post, path = "/v1/approvals/{approval_id}/decide", operation_id = "decideApproval", tag = "gate", params(("approval_id" = String, Path)),
    request_body = ApprovalDecision,
    responses((status = 200, body = Done), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn decide(
    State(server): State<Server>,
    origin: Origin,
    Path(approval_id): Path<String>,
    Body(body): Body<ApprovalDecision>,
) -> Result<Json<Done>, Problem> {
    let command = DecideApproval {
        approval_id,
        decision: body.decision,
        reason: body.reason,
        scope: body.scope,
        expires_at: body.expires_at,
    };
    server
        .app()
        .submit(&origin, Command::DecideApproval(command))
        .await?;
    Ok(Done::json())
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ApprovalRevocation {
    reason: Option<String>,
}

/// Takes an approval, or a request for one, back. Owner only.
#[utoipa::path(post, path = "/v1/approvals/{approval_id}/revoke", operation_id = "revokeApproval", tag = "gate", params(("approval_id" = String, Path)),
    request_body = ApprovalRevocation,
    responses((status = 200, body = Done), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn revoke(
    State(server): State<Server>,
    origin: Origin,
    Path(approval_id): Path<String>,
    Body(body): Body<ApprovalRevocation>,
) -> Result<Json<Done>, Problem> {
    let command = RevokeApproval {
        approval_id,
        reason: body.reason,
    };
    server
        .app()
        .submit(&origin, Command::RevokeApproval(command))
        .await?;
    Ok(Done::json())
}

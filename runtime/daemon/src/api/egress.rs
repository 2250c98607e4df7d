//! Requests that would leave this machine, over HTTP.

use super::body::{Body, Params, limit};
use super::policy::{PolicyRuling, ruling};
use super::room;
use super::server::Server;
use super::trace::Correlated;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::egress_request::EgressRow;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::Command;
use kernel::gate::egress::RequestEgress;
use kernel::gate::evaluate::Standing;
use kernel::gate::{Declared, Place};
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewEgressRequest {
    /// `external.write` by default.
    action: Option<String>,
    target_url: Option<String>,
    method: Option<String>,
    /// What is to be sent.
    payload: Option<Value>,
    room_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    /// `sandbox`, `supervised` (the default) or `high_stakes`.
    zone: Option<String>,
    context: Option<Value>,
    correlation_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RequestedEgress {
    egress_request_id: String,
    #[serde(flatten)]
    ruling: PolicyRuling,
}

/// Asks for a request to another machine. It is written down with the gate's answer; an answer to
/// ask the owner names the approval to wait for, the same one when it is asked for again.
#[utoipa::path(post, path = "/v1/egress/requests", operation_id = "requestEgress", tag = "gate", request_body = NewEgressRequest,
    responses((status = 201, body = RequestedEgress), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn request(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewEgressRequest>,
) -> Result<impl IntoResponse, Problem> {
    let named = body.correlation_id.clone();
    let egress_request_id = clock::hex_id("egr");
    let command = RequestEgress {
        egress_request_id: egress_request_id.clone(),
        approval_id: clock::id("appr"),
        action: body.action,
        target_url: body.target_url,
        method: body.method,
        payload: body.payload,
        context: body.context,
        place: Place {
            room_id: body.room_id,
            thread_id: None,
            run_id: body.run_id,
            step_id: body.step_id,
        },
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
        standing: Standing {
            principal_id: body.principal_id,
            capability_token_id: body.capability_token_id,
            zone: body.zone,
        },
        correlation_id: body.correlation_id,
    };
    let committed = server
        .app()
        .submit(&origin, Command::RequestEgress(command))
        .await?;
    let ruling = ruling(committed.answer).ok_or(Problem::Busy)?;
    let requested = RequestedEgress {
        egress_request_id,
        ruling: ruling.into(),
    };
    let named = named.map(|named| Extension(Correlated(named.trim().to_owned())));
    Ok((StatusCode::CREATED, named, Json(requested)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EgressParams {
    room_id: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EgressRequests {
    requests: Vec<EgressRow>,
    /// Give it as `cursor` to see earlier ones.
    next_cursor: Option<String>,
}

/// Requests that would have left this machine, or did, newest first.
#[utoipa::path(get, path = "/v1/egress/requests", operation_id = "listEgressRequests", tag = "gate", params(EgressParams),
    responses((status = 200, body = EgressRequests), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<EgressParams>,
) -> Result<Json<EgressRequests>, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let limit = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let requests = server
        .app()
        .read(move |reader| {
            let room_id = params.room_id.as_deref();
            reader.egress_requests(&origin.workspace_id, room_id, params.cursor, limit)
        })
        .await?;
    let last = requests.last().filter(|_| requests.len() == limit as usize);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(EgressRequests {
        requests,
        next_cursor,
    }))
}

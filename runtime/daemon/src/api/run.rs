//! Runs over HTTP.

use super::body::{Body, Params, Path, limit};
use super::experiment;
use super::identity::ClaimToken;
use super::lease::lease;
use super::room;
use super::server::Server;
use super::trace::Correlated;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::run_list::{RunQuery, RunRow};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::runs::Outcome;
use kernel::state::RunStatus;
use kernel::{Answer, Command, Reject, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRun {
    room_id: Option<String>,
    thread_id: Option<String>,
    /// The open experiment that it is to belong to.
    experiment_id: Option<String>,
    title: Option<String>,
    goal: Option<String>,
    /// `input.command` = `{"argv": […], "cwd"?, "env"?, "timeout_seconds"?}` is executed by a
    /// worker, at once for the owner, for others once the owner has approved exactly it.
    input: Option<Value>,
    tags: Option<Value>,
    correlation_id: Option<String>,
    /// `user`, `agent` or `service`. Whoever shows a token is who the token says.
    actor_type: Option<String>,
    /// The name that a caller without a token goes by: never the owner's nor an engine's.
    actor_id: Option<String>,
    /// The caller runs it and only reports: it starts at once, leased to the caller.
    observed: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedRun {
    run_id: String,
    /// Only of an observed run: shown with every report of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<String>,
    /// Only of a run whose command needs the owner's approval: the one that it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_approval_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Runs {
    runs: Vec<RunRow>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    run: RunRow,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    ok: bool,
}

impl Done {
    pub fn json() -> Json<Self> {
        Json(Self { ok: true })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunParams {
    room_id: Option<String>,
    experiment_id: Option<String>,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    status: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

/// Creates a run.
#[utoipa::path(post, path = "/v1/runs", operation_id = "createRun", tag = "runs", request_body = NewRun,
    responses((status = 201, body = CreatedRun), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewRun>,
) -> Result<impl IntoResponse, Problem> {
    let named = body.correlation_id.clone();
    let run_id = clock::id("run");
    let claim_token = body.observed.unwrap_or(false).then(clock::random_uuid);
    let approval_id = clock::id("appr");
    let command = runs::CreateRun {
        run_id: run_id.clone(),
        approval_id: approval_id.clone(),
        room_id: body.room_id,
        thread_id: body.thread_id,
        experiment_id: body.experiment_id,
        title: body.title,
        goal: body.goal,
        input: body.input,
        tags: body.tags,
        correlation_id: body.correlation_id,
        actor_type: body.actor_type,
        actor_id: body.actor_id,
        observed_claim_token: claim_token.clone(),
    };
    let committed = server
        .app()
        .submit(&origin, Command::CreateRun(command))
        .await?;
    let waits = committed.answer == Answer::Waiting;
    let lease_expires_at = lease(&committed.answer).map(|lease| lease.expires_at.to_string());
    let created = CreatedRun {
        run_id,
        claim_token,
        lease_expires_at,
        waiting_approval_id: waits.then_some(approval_id),
    };
    let named = named.map(|named| Extension(Correlated(named.trim().to_owned())));
    Ok((StatusCode::CREATED, named, Json(created)))
}

/// Runs, newest change first.
#[utoipa::path(get, path = "/v1/runs", operation_id = "listRuns", tag = "runs", params(RunParams),
    responses((status = 200, body = Runs), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<RunParams>,
) -> Result<Json<Runs>, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    if let Some(experiment_id) = &params.experiment_id {
        experiment::find(&server, &origin, experiment_id).await?;
    }
    let status = match params.status.as_deref() {
        None => None,
        Some(text) => Some(RunStatus::parse(text).ok_or_else(|| {
            Reject::invalid(
                "invalid_status",
                "status",
                "\"status\" must be queued, running, succeeded, failed or cancelled.",
            )
        })?),
    };
    let limit = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let query = RunQuery {
        workspace_id: origin.workspace_id,
        room_id: params.room_id,
        experiment_id: params.experiment_id,
        status,
        before_position: params.cursor,
        limit,
    };
    let runs = server.app().read(move |reader| reader.runs(&query)).await?;
    let last = runs.last().filter(|_| runs.len() == limit as usize);
    let next_cursor = last.map(|row| row.updated_position.to_string());
    Ok(Json(Runs { runs, next_cursor }))
}

/// One run.
#[utoipa::path(get, path = "/v1/runs/{run_id}", operation_id = "getRun", tag = "runs", params(("run_id" = String, Path)),
    responses((status = 200, body = Run), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<Json<Run>, Problem> {
    Ok(Json(Run {
        run: find(&server, &origin, &run_id).await?,
    }))
}

pub async fn find(server: &Server, origin: &Origin, run_id: &str) -> Result<RunRow, Problem> {
    let (workspace, id) = (origin.workspace_id.clone(), run_id.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.run(&workspace, &id))
        .await?;
    Server::found(row, "run_not_found", "run", run_id)
}

/// Starts a queued run without a lease; whoever starts it reports how it ends.
#[utoipa::path(post, path = "/v1/runs/{run_id}/start", operation_id = "startRun", tag = "runs", params(("run_id" = String, Path)),
    responses((status = 200, body = Done), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn start(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<Json<Done>, Problem> {
    server
        .app()
        .submit(&origin, Command::StartRun(runs::StartRun { run_id }))
        .await?;
    Ok(Done::json())
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Completion {
    summary: Option<String>,
    output: Option<Value>,
    claim_token: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Failure {
    pub message: Option<String>,
    pub error: Option<Value>,
    pub output: Option<Value>,
    pub claim_token: Option<String>,
}

/// Ends the run as succeeded.
#[utoipa::path(post, path = "/v1/runs/{run_id}/complete", operation_id = "completeRun", tag = "runs", params(("run_id" = String, Path)), request_body = Completion,
    responses((status = 200, body = Done), (status = 409, body = ProblemBody)))]
pub async fn complete(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<Completion>,
) -> Result<Json<Done>, Problem> {
    let outcome = Outcome::Completed {
        summary: body.summary,
        output: body.output,
    };
    end(
        &server,
        &origin,
        run_id,
        token.or(body.claim_token),
        outcome,
    )
    .await
}

/// Ends the run as failed; as cancelled, if it was asked to stop.
#[utoipa::path(post, path = "/v1/runs/{run_id}/fail", operation_id = "failRun", tag = "runs", params(("run_id" = String, Path)), request_body = Failure,
    responses((status = 200, body = Done), (status = 409, body = ProblemBody)))]
pub async fn fail(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<Failure>,
) -> Result<Json<Done>, Problem> {
    let outcome = Outcome::Failed {
        message: body.message,
        error: body.error,
    };
    end(
        &server,
        &origin,
        run_id,
        token.or(body.claim_token),
        outcome,
    )
    .await
}

async fn end(
    server: &Server,
    origin: &Origin,
    run_id: String,
    claim_token: Option<String>,
    outcome: Outcome,
) -> Result<Json<Done>, Problem> {
    let command = runs::EndRun {
        run_id,
        claim_token,
        outcome,
    };
    server
        .app()
        .submit(origin, Command::EndRun(command))
        .await?;
    Ok(Done::json())
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Cancellation {
    reason: Option<String>,
}

/// Cancels the run: at once when nobody holds it, else by asking its holder to stop.
#[utoipa::path(post, path = "/v1/runs/{run_id}/cancel", operation_id = "cancelRun", tag = "runs", params(("run_id" = String, Path)), request_body = Cancellation,
    responses((status = 200, body = Done), (status = 409, body = ProblemBody)))]
pub async fn cancel(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    Body(body): Body<Cancellation>,
) -> Result<Json<Done>, Problem> {
    server
        .app()
        .submit(
            &origin,
            Command::CancelRun(runs::CancelRun {
                run_id,
                reason: body.reason,
            }),
        )
        .await?;
    Ok(Done::json())
}

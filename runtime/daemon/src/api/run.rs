//! Runs and their leases over HTTP.

use super::body::{Body, Params, limit};
use super::identity::ClaimToken;
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::run::{RunQuery, RunRow};
use crate::store::table::run_attempt::RunAttemptRow;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::runs::{CommandLine, Outcome};
use kernel::state::{Lease, RunStatus};
use kernel::{Answer, Caller, Command, Reject, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRun {
    room_id: Option<String>,
    thread_id: Option<String>,
    title: Option<String>,
    goal: Option<String>,
    /// `input.command` = `{"argv": […], "cwd"?, "env"?, "timeout_seconds"?}` is executed by a worker, for the owner only.
    input: Option<Value>,
    tags: Option<Value>,
    correlation_id: Option<String>,
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
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Runs {
    runs: Vec<RunRow>,
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
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    status: Option<String>,
    limit: Option<u32>,
}

/// Creates a run.
#[utoipa::path(post, path = "/v1/runs", tag = "runs", request_body = NewRun,
    responses((status = 201, body = CreatedRun), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewRun>,
) -> Result<(StatusCode, Json<CreatedRun>), Problem> {
    let run_id = clock::id("run");
    let claim_token = body.observed.unwrap_or(false).then(clock::random_uuid);
    let command = runs::CreateRun {
        run_id: run_id.clone(),
        room_id: body.room_id,
        thread_id: body.thread_id,
        title: body.title,
        goal: body.goal,
        input: body.input,
        tags: body.tags,
        correlation_id: body.correlation_id,
        observed_claim_token: claim_token.clone(),
    };
    let committed = server
        .app()
        .submit(&origin, Command::CreateRun(command))
        .await?;
    let lease_expires_at = lease(&committed.answer).map(|lease| lease.expires_at.to_string());
    Ok((
        StatusCode::CREATED,
        Json(CreatedRun {
            run_id,
            claim_token,
            lease_expires_at,
        }),
    ))
}

/// Runs, newest change first.
#[utoipa::path(get, path = "/v1/runs", tag = "runs", params(RunParams),
    responses((status = 200, body = Runs), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<RunParams>,
) -> Result<Json<Runs>, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
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
        status,
        limit,
    };
    Ok(Json(Runs {
        runs: server.app().read(move |reader| reader.runs(&query)).await?,
    }))
}

/// One run.
#[utoipa::path(get, path = "/v1/runs/{run_id}", tag = "runs", params(("run_id" = String, Path)),
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
#[utoipa::path(post, path = "/v1/runs/{run_id}/start", tag = "runs", params(("run_id" = String, Path)),
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

/// Credentials of an engine in a body, as older engines send them.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct EngineCredentials {
    engine_id: Option<String>,
    engine_token: Option<String>,
}

impl EngineCredentials {
    /// The origin with the engine of the body, when the headers named none.
    async fn applied(self, server: &Server, origin: Origin) -> Result<Origin, Problem> {
        let Some(token) = self.engine_token else {
            return Ok(origin);
        };
        let engine = server
            .identity()
            .engine(server, &token, self.engine_id.as_deref())
            .await?;
        let workspace_id = engine.workspace_id.clone();
        Ok(Origin {
            caller: Caller::Engine(engine),
            workspace_id,
            ..origin
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Claim {
    room_id: Option<String>,
    #[serde(flatten)]
    credentials: EngineCredentials,
}

/// What a worker is to do with the run it claimed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Execution {
    /// Execute exactly this command.
    Command {
        #[schema(value_type = Object)]
        command: CommandLine,
    },
    /// Nothing to execute: complete it as the contract describes.
    Noop,
    /// It asks for a command that nobody with the right to has asked for.
    Refused { reason: String },
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedRun {
    #[serde(flatten)]
    run: RunRow,
    claim_token: String,
    execution: Execution,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    claimed: bool,
    run: Option<ClaimedRun>,
}

/// Takes the oldest queued run under a lease of 30 seconds. Engines only.
#[utoipa::path(post, path = "/v1/runs/claim", tag = "runs", request_body = Claim,
    responses((status = 200, body = Claimed), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn claim(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<Claim>,
) -> Result<Json<Claimed>, Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let claim_token = clock::random_uuid();
    let command = runs::ClaimRun {
        room_id: body.room_id,
        claim_token: claim_token.clone(),
    };
    let committed = server
        .app()
        .submit(&origin, Command::ClaimRun(command))
        .await?;
    let Some(lease) = lease(&committed.answer) else {
        return Ok(Json(Claimed {
            claimed: false,
            run: None,
        }));
    };
    let run = find(&server, &origin, &lease.run_id).await?;
    let execution = execution(&run);
    Ok(Json(Claimed {
        claimed: true,
        run: Some(ClaimedRun {
            run,
            claim_token,
            execution,
        }),
    }))
}

/// A command runs only when the owner created the run; a local caller's never does by itself.
fn execution(run: &RunRow) -> Execution {
    match runs::command_line(run.input.as_ref()) {
        Ok(None) => Execution::Noop,
        Ok(Some(command)) if run.by_owner => Execution::Command { command },
        Ok(Some(_)) => Execution::Refused {
            reason: "Only the owner may have commands executed; this run was created without the owner's token.".to_owned(),
        },
        Err(reject) => Execution::Refused { reason: reject.message },
    }
}

fn lease(answer: &Answer) -> Option<&Lease> {
    if let Answer::Leased(lease) = answer {
        Some(lease)
    } else {
        None
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct LeaseRequest {
    claim_token: Option<String>,
    #[serde(flatten)]
    credentials: EngineCredentials,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Extended {
    ok: bool,
    lease_expires_at: String,
    lease_heartbeat_at: String,
    /// The holder should stop: somebody asked for it.
    cancel_requested: bool,
}

/// Extends the lease by 30 seconds from now.
#[utoipa::path(post, path = "/v1/runs/{run_id}/lease/heartbeat", tag = "runs", params(("run_id" = String, Path)), request_body = LeaseRequest,
    responses((status = 200, body = Extended), (status = 409, body = ProblemBody)))]
pub async fn heartbeat(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<LeaseRequest>,
) -> Result<Json<Extended>, Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let command = runs::ExtendLease {
        run_id: run_id.clone(),
        claim_token: token.or(body.claim_token),
    };
    server
        .app()
        .submit(&origin, Command::ExtendLease(command))
        .await?;
    let run = find(&server, &origin, &run_id).await?;
    let text =
        |time: Option<kernel::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    Ok(Json(Extended {
        ok: true,
        lease_expires_at: text(run.lease_expires_at),
        lease_heartbeat_at: text(run.lease_heartbeat_at),
        cancel_requested: run.cancel_requested_at.is_some(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedRun {
    ok: bool,
    released: bool,
}

/// Gives the run back to the queue.
#[utoipa::path(post, path = "/v1/runs/{run_id}/lease/release", tag = "runs", params(("run_id" = String, Path)), request_body = LeaseRequest,
    responses((status = 200, body = ReleasedRun), (status = 409, body = ProblemBody)))]
pub async fn release(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<LeaseRequest>,
) -> Result<Json<ReleasedRun>, Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let command = runs::ReleaseRun {
        run_id,
        claim_token: token.or(body.claim_token),
    };
    let committed = server
        .app()
        .submit(&origin, Command::ReleaseRun(command))
        .await?;
    Ok(Json(ReleasedRun {
        ok: true,
        released: committed.answer == Answer::Released(true),
    }))
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
#[utoipa::path(post, path = "/v1/runs/{run_id}/complete", tag = "runs", params(("run_id" = String, Path)), request_body = Completion,
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
#[utoipa::path(post, path = "/v1/runs/{run_id}/fail", tag = "runs", params(("run_id" = String, Path)), request_body = Failure,
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
#[utoipa::path(post, path = "/v1/runs/{run_id}/cancel", tag = "runs", params(("run_id" = String, Path)), request_body = Cancellation,
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

#[derive(Debug, Serialize, ToSchema)]
pub struct RunAttempts {
    attempts: Vec<RunAttemptRow>,
}

/// Who held the run, from when to when, and why no longer.
#[utoipa::path(get, path = "/v1/runs/{run_id}/attempts", tag = "runs", params(("run_id" = String, Path)),
    responses((status = 200, body = RunAttempts), (status = 404, body = ProblemBody)))]
pub async fn attempts(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<Json<RunAttempts>, Problem> {
    find(&server, &origin, &run_id).await?;
    Ok(Json(RunAttempts {
        attempts: server
            .app()
            .read(move |reader| reader.run_attempts(&run_id))
            .await?,
    }))
}

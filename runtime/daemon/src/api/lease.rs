//! Leases of runs over HTTP: claiming, keeping and giving back.

use super::body::{Body, Path};
use super::execution::Execution;
use super::identity::ClaimToken;
use super::run::find;
use super::server::Server;
use super::trace::InWorkspace;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::run_attempt::RunAttemptRow;
use crate::store::table::run_list::RunRow;
use axum::extract::State;
use axum::{Extension, Json};
use kernel::state::Lease;
use kernel::{Answer, Caller, Command, runs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedRun {
    #[serde(flatten)]
    run: RunRow,
    claim_token: String,
    /// Position of the claim in the log: a kill switch that is turned on after it is an order to stop.
    claimed_position: u64,
    execution: Execution,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    claimed: bool,
    run: Option<ClaimedRun>,
}

/// Takes the oldest queued run under a lease of 30 seconds. Engines only.
#[utoipa::path(post, path = "/v1/runs/claim", operation_id = "claimRun", tag = "runs", request_body = Claim,
    responses((status = 200, body = Claimed), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn claim(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<Claim>,
) -> Result<(Extension<InWorkspace>, Json<Claimed>), Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let place = Extension(InWorkspace(origin.workspace_id.clone()));
    let claim_token = clock::random_uuid();
    let command = runs::ClaimRun {
        room_id: body.room_id,
        claim_token: claim_token.clone(),
    };
    // Each turn but the last ends a run that may not be executed, so there are no more than wait.
    let committed = loop {
        let command = Command::ClaimRun(command.clone());
        let committed = server.app().submit(&origin, command).await?;
        if committed.answer != Answer::PassedOver {
            break committed;
        }
    };
    let Some(lease) = lease(&committed.answer) else {
        let nothing = Claimed {
            claimed: false,
            run: None,
        };
        return Ok((place, Json(nothing)));
    };
    let run = find(&server, &origin, &lease.run_id).await?;
    let execution = Execution::of(&run);
    let run = Some(ClaimedRun {
        run,
        claim_token,
        claimed_position: committed.position,
        execution,
    });
    Ok((place, Json(Claimed { claimed: true, run })))
}

/// The lease that an answer grants.
pub fn lease(answer: &Answer) -> Option<&Lease> {
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
    /// The kill switch is on: whatever may reach outside must stop at once.
    kill_switch: bool,
}

/// Extends the lease by 30 seconds from now.
#[utoipa::path(post, path = "/v1/runs/{run_id}/lease/heartbeat", operation_id = "extendRunLease", tag = "runs", params(("run_id" = String, Path)), request_body = LeaseRequest,
    responses((status = 200, body = Extended), (status = 409, body = ProblemBody)))]
pub async fn heartbeat(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<LeaseRequest>,
) -> Result<(Extension<InWorkspace>, Json<Extended>), Problem> {
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
    let (kill_switch, _) = server.app().read(|reader| reader.kill_switch()).await?;
    let text =
        |time: Option<kernel::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let extended = Extended {
        ok: true,
        lease_expires_at: text(run.lease_expires_at),
        lease_heartbeat_at: text(run.lease_heartbeat_at),
        cancel_requested: run.cancel_requested_at.is_some(),
        kill_switch,
    };
    Ok((Extension(InWorkspace(origin.workspace_id)), Json(extended)))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct LeaseRelease {
    claim_token: Option<String>,
    /// The run is to wait for this approval, which was asked for with its `run_id`: it may be
    /// claimed again once the owner has approved it, and fails when the owner denies it.
    waiting_approval_id: Option<String>,
    #[serde(flatten)]
    credentials: EngineCredentials,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedRun {
    ok: bool,
    released: bool,
}

/// Gives the run back to the queue, or lets it wait for an approval.
#[utoipa::path(post, path = "/v1/runs/{run_id}/lease/release", operation_id = "releaseRunLease", tag = "runs", params(("run_id" = String, Path)), request_body = LeaseRelease,
    responses((status = 200, body = ReleasedRun), (status = 409, body = ProblemBody)))]
pub async fn release(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<LeaseRelease>,
) -> Result<(Extension<InWorkspace>, Json<ReleasedRun>), Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let command = runs::ReleaseRun {
        run_id,
        claim_token: token.or(body.claim_token),
        waiting_approval_id: body.waiting_approval_id,
    };
    let committed = server
        .app()
        .submit(&origin, Command::ReleaseRun(command))
        .await?;
    let released = ReleasedRun {
        ok: true,
        released: committed.answer == Answer::Released(true),
    };
    Ok((Extension(InWorkspace(origin.workspace_id)), Json(released)))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunAttempts {
    attempts: Vec<RunAttemptRow>,
}

/// Who held the run, from when to when, and why no longer.
#[utoipa::path(get, path = "/v1/runs/{run_id}/attempts", operation_id = "listRunAttempts", tag = "runs", params(("run_id" = String, Path)),
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

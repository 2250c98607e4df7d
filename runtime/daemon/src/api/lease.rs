//! Leases of runs over HTTP: claiming, keeping and giving back.

use super::body::Body;
use super::identity::ClaimToken;
use super::run::find;
use super::server::Server;
use super::trace::InWorkspace;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::run::RunRow;
use crate::store::table::run_attempt::RunAttemptRow;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use kernel::runs::CommandLine;
use kernel::state::Lease;
use kernel::{Answer, Caller, Command, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    let committed = server
        .app()
        .submit(&origin, Command::ClaimRun(command))
        .await?;
    let Some(lease) = lease(&committed.answer) else {
        let nothing = Claimed {
            claimed: false,
            run: None,
        };
        return Ok((place, Json(nothing)));
    };
    let run = find(&server, &origin, &lease.run_id).await?;
    let execution = execution(run.input.as_ref(), run.by_owner);
    let run = Some(ClaimedRun {
        run,
        claim_token,
        execution,
    });
    Ok((place, Json(Claimed { claimed: true, run })))
}

/// A command runs only when the owner created the run; a local caller's never does by itself.
/// Nor does one that holds a secret: the log has masked it.
fn execution(input: Option<&Value>, by_owner: bool) -> Execution {
    match runs::command_line(input) {
        Ok(None) => Execution::Noop,
        Ok(Some(command)) if by_owner => Execution::Command { command },
        Ok(Some(_)) => Execution::Refused {
            reason: "Only the owner may have commands executed; this run was created without the owner's token.".to_owned(),
        },
        Err(reject) => Execution::Refused { reason: reject.message },
    }
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
    let text =
        |time: Option<kernel::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let extended = Extended {
        ok: true,
        lease_expires_at: text(run.lease_expires_at),
        lease_heartbeat_at: text(run.lease_heartbeat_at),
        cancel_requested: run.cancel_requested_at.is_some(),
    };
    Ok((Extension(InWorkspace(origin.workspace_id)), Json(extended)))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedRun {
    ok: bool,
    released: bool,
}

/// Gives the run back to the queue.
#[utoipa::path(post, path = "/v1/runs/{run_id}/lease/release", operation_id = "releaseRunLease", tag = "runs", params(("run_id" = String, Path)), request_body = LeaseRequest,
    responses((status = 200, body = ReleasedRun), (status = 409, body = ProblemBody)))]
pub async fn release(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<LeaseRequest>,
) -> Result<(Extension<InWorkspace>, Json<ReleasedRun>), Problem> {
    let origin = body.credentials.applied(&server, origin).await?;
    let command = runs::ReleaseRun {
        run_id,
        claim_token: token.or(body.claim_token),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_log_has_masked_is_not_executed() {
        let refused = |input| match execution(Some(&input), true) {
            Execution::Refused { reason } => reason.contains("holds a secret"),
            Execution::Command { .. } | Execution::Noop => false,
        };
        assert!(refused(
            json!({"command": {"argv": ["curl", "-H", "[redacted]"]}})
        ));
        assert!(refused(
            json!({"command": {"argv": ["curl"], "env": {"KEY": "[redacted]"}}})
        ));
        assert!(!refused(json!({"command": {"argv": ["curl"]}})));
    }
}

//! Steps over HTTP.

use super::body::{Body, Path};
use super::identity::ClaimToken;
use super::run;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::step::StepRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Command, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewStep {
    kind: Option<String>,
    title: Option<String>,
    input: Option<Value>,
    claim_token: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedStep {
    step_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Steps {
    steps: Vec<StepRow>,
}

/// The steps of a run, oldest first.
#[utoipa::path(get, path = "/v1/runs/{run_id}/steps", operation_id = "listSteps", tag = "runs", params(("run_id" = String, Path)),
    responses((status = 200, body = Steps), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<Json<Steps>, Problem> {
    run::find(&server, &origin, &run_id).await?;
    Ok(Json(Steps {
        steps: server
            .app()
            .read(move |reader| reader.steps(&run_id))
            .await?,
    }))
}

/// Adds a step to a running run.
#[utoipa::path(post, path = "/v1/runs/{run_id}/steps", operation_id = "createStep", tag = "runs", params(("run_id" = String, Path)), request_body = NewStep,
    responses((status = 201, body = CreatedStep), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<NewStep>,
) -> Result<(StatusCode, Json<CreatedStep>), Problem> {
    let step_id = clock::id("step");
    let command = runs::CreateStep {
        step_id: step_id.clone(),
        run_id,
        claim_token: token.or(body.claim_token),
        kind: body.kind,
        title: body.title,
        input: body.input,
    };
    server
        .app()
        .submit(&origin, Command::CreateStep(command))
        .await?;
    Ok((StatusCode::CREATED, Json(CreatedStep { step_id })))
}

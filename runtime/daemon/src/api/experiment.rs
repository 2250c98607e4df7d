//! Experiments over HTTP.

use super::body::{Body, Params, Path, limit};
use super::room;
use super::run::Done;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::experiment::{ExperimentQuery, ExperimentRow, ExperimentStatusName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::gate::Declared;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::review::{CloseExperiment, CreateExperiment, ExperimentStatus, UpdateExperiment};
use kernel::{Answer, Command, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewExperiment {
    title: Option<String>,
    /// What is believed, and is to be found out.
    hypothesis: Option<String>,
    success_criteria: Option<Value>,
    stop_conditions: Option<Value>,
    /// What it may cost at most; 0 or more.
    #[schema(value_type = Option<f64>)]
    budget_cap_units: Option<Value>,
    /// `low`, `medium` or `high`.
    risk_tier: Option<String>,
    metadata: Option<Value>,
    /// Only runs of this room may belong to it.
    room_id: Option<String>,
    correlation_id: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedExperiment {
    experiment_id: String,
}

/// Creates an experiment.
#[utoipa::path(post, path = "/v1/experiments", operation_id = "createExperiment", tag = "review", request_body = NewExperiment,
    responses((status = 201, body = CreatedExperiment), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewExperiment>,
) -> Result<(StatusCode, Json<CreatedExperiment>), Problem> {
    let experiment_id = clock::id("exp");
    let command = CreateExperiment {
        experiment_id: experiment_id.clone(),
        room_id: body.room_id,
        title: body.title,
        hypothesis: body.hypothesis,
        success_criteria: body.success_criteria,
        stop_conditions: body.stop_conditions,
        budget_cap_units: body.budget_cap_units,
        risk_tier: body.risk_tier,
        metadata: body.metadata,
        correlation_id: body.correlation_id,
        creator: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    server
        .app()
        .submit(&origin, Command::CreateExperiment(command))
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(CreatedExperiment { experiment_id }),
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExperimentParams {
    /// `open`, `closed` or `stopped`.
    status: Option<String>,
    room_id: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Experiments {
    experiments: Vec<ExperimentRow>,
    /// Give it as `cursor` to see those that changed earlier.
    next_cursor: Option<String>,
}

/// Experiments, newest change first.
#[utoipa::path(get, path = "/v1/experiments", operation_id = "listExperiments", tag = "review", params(ExperimentParams),
    responses((status = 200, body = Experiments), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ExperimentParams>,
) -> Result<Json<Experiments>, Problem> {
    if let Some(status) = &params.status
        && ExperimentStatus::parse(status).is_none()
    {
        let message = "\"status\" must be open, closed or stopped.";
        return Err(Reject::invalid("invalid_status", "status", message).into());
    }
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let query = ExperimentQuery {
        workspace_id: origin.workspace_id,
        room_id: params.room_id,
        status: params.status,
        before_position: params.cursor,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    };
    let asked = query.limit as usize;
    let experiments = server
        .app()
        .read(move |reader| reader.experiments(&query))
        .await?;
    let last = experiments.last().filter(|_| experiments.len() == asked);
    let next_cursor = last.map(|row| row.updated_position.to_string());
    Ok(Json(Experiments {
        experiments,
        next_cursor,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Experiment {
    experiment: ExperimentRow,
}

/// One experiment.
#[utoipa::path(get, path = "/v1/experiments/{experiment_id}", operation_id = "getExperiment", tag = "review", params(("experiment_id" = String, Path)),
    responses((status = 200, body = Experiment), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(experiment_id): Path<String>,
) -> Result<Json<Experiment>, Problem> {
    Ok(Json(Experiment {
        experiment: find(&server, &origin, &experiment_id).await?,
    }))
}

/// The experiment, if the caller's workspace has it.
pub async fn find(server: &Server, origin: &Origin, id: &str) -> Result<ExperimentRow, Problem> {
    let (workspace, asked) = (origin.workspace_id.clone(), id.to_owned());
    let row = server
        .app()
        .read(move |reader| reader.experiment(&workspace, &asked))
        .await?;
    Server::found(row, "experiment_not_found", "experiment", id)
}

/// What is to be changed; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ExperimentChange {
    title: Option<String>,
    hypothesis: Option<String>,
    success_criteria: Option<Value>,
    stop_conditions: Option<Value>,
    #[schema(value_type = Option<f64>)]
    budget_cap_units: Option<Value>,
    /// `low`, `medium` or `high`.
    risk_tier: Option<String>,
    metadata: Option<Value>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

/// Changes an open experiment.
#[utoipa::path(post, path = "/v1/experiments/{experiment_id}/update", operation_id = "updateExperiment", tag = "review", params(("experiment_id" = String, Path)),
    request_body = ExperimentChange,
    responses((status = 200, body = Done), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn update(
    State(server): State<Server>,
    origin: Origin,
    Path(experiment_id): Path<String>,
    Body(body): Body<ExperimentChange>,
) -> Result<Json<Done>, Problem> {
    let command = UpdateExperiment {
        experiment_id,
        title: body.title,
        hypothesis: body.hypothesis,
        success_criteria: body.success_criteria,
        stop_conditions: body.stop_conditions,
        budget_cap_units: body.budget_cap_units,
        risk_tier: body.risk_tier,
        metadata: body.metadata,
        editor: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    server
        .app()
        .submit(&origin, Command::UpdateExperiment(command))
        .await?;
    Ok(Done::json())
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ExperimentEnd {
    /// Also while runs of it go on: they do, and it is stopped rather than closed.
    force: Option<bool>,
    reason: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EndedExperiment {
    ok: bool,
    /// `closed`, or `stopped` while runs of it go on.
    #[schema(value_type = ExperimentStatusName)]
    status: ExperimentStatus,
    active_run_count: u64,
}

/// Closes an experiment: no further run may belong to it.
#[utoipa::path(post, path = "/v1/experiments/{experiment_id}/close", operation_id = "closeExperiment", tag = "review", params(("experiment_id" = String, Path)),
    request_body = ExperimentEnd,
    responses((status = 200, body = EndedExperiment), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn close(
    State(server): State<Server>,
    origin: Origin,
    Path(experiment_id): Path<String>,
    Body(body): Body<ExperimentEnd>,
) -> Result<Json<EndedExperiment>, Problem> {
    let command = CloseExperiment {
        experiment_id,
        force: body.force.unwrap_or(false),
        reason: body.reason,
        closer: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    let committed = server
        .app()
        .submit(&origin, Command::CloseExperiment(command))
        .await?;
    let (status, active_run_count) = if let Answer::ExperimentClosed {
        status,
        active_runs,
    } = committed.answer
    {
        (status, active_runs)
    } else {
        (ExperimentStatus::Closed, 0)
    };
    Ok(Json(EndedExperiment {
        ok: true,
        status,
        active_run_count,
    }))
}

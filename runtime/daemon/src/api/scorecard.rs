//! Scorecards over HTTP.

use super::body::{Body, Params, Path, limit};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::scorecard::{ScorecardQuery, ScorecardRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::gate::Declared;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::review::{RecordScorecard, Verdict};
use kernel::{Command, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewScorecard {
    /// By which measure: a name of your own, and its version.
    template_key: Option<String>,
    template_version: Option<String>,
    /// `[{"key": text, "value": number, "weight"?: number}]`: the score is the mean by weight,
    /// within 0 and 1; from 0.75 on it passes, from 0.5 on it is a warning.
    #[schema(value_type = Option<Vec<Object>>)]
    metrics: Option<Value>,
    /// Brings its experiment along.
    run_id: Option<String>,
    /// Brings its run along.
    evidence_id: Option<String>,
    experiment_id: Option<String>,
    agent_id: Option<String>,
    principal_id: Option<String>,
    /// Refuse to judge without evidence.
    requires_evidence: Option<bool>,
    rationale: Option<String>,
    metadata: Option<Value>,
    correlation_id: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedScorecard {
    scorecard_id: String,
}

/// Records how a run, an experiment or something else is judged.
#[utoipa::path(post, path = "/v1/scorecards", operation_id = "recordScorecard", tag = "review", request_body = NewScorecard,
    responses((status = 201, body = RecordedScorecard), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn record(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewScorecard>,
) -> Result<(StatusCode, Json<RecordedScorecard>), Problem> {
    let scorecard_id = clock::id("scd");
    let command = RecordScorecard {
        scorecard_id: scorecard_id.clone(),
        template_key: body.template_key,
        template_version: body.template_version,
        metrics: body.metrics,
        run_id: body.run_id,
        evidence_id: body.evidence_id,
        experiment_id: body.experiment_id,
        agent_id: body.agent_id,
        principal_id: body.principal_id,
        requires_evidence: body.requires_evidence.unwrap_or(false),
        rationale: body.rationale,
        metadata: body.metadata,
        correlation_id: body.correlation_id,
        judge: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    server
        .app()
        .submit(&origin, Command::RecordScorecard(command))
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(RecordedScorecard { scorecard_id }),
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScorecardParams {
    run_id: Option<String>,
    experiment_id: Option<String>,
    agent_id: Option<String>,
    /// `pass`, `warn` or `fail`.
    decision: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Scorecards {
    scorecards: Vec<ScorecardRow>,
    /// Give it as `cursor` to see earlier ones.
    next_cursor: Option<String>,
}

/// Scorecards, newest first.
#[utoipa::path(get, path = "/v1/scorecards", operation_id = "listScorecards", tag = "review", params(ScorecardParams),
    responses((status = 200, body = Scorecards), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ScorecardParams>,
) -> Result<Json<Scorecards>, Problem> {
    if let Some(decision) = &params.decision
        && Verdict::parse(decision).is_none()
    {
        let message = "\"decision\" must be pass, warn or fail.";
        return Err(Reject::invalid("invalid_decision", "decision", message).into());
    }
    let query = ScorecardQuery {
        workspace_id: origin.workspace_id,
        run_id: params.run_id,
        experiment_id: params.experiment_id,
        agent_id: params.agent_id,
        decision: params.decision,
        before_position: params.cursor,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    };
    let asked = query.limit as usize;
    let scorecards = server
        .app()
        .read(move |reader| reader.scorecards(&query))
        .await?;
    let last = scorecards.last().filter(|_| scorecards.len() == asked);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(Scorecards {
        scorecards,
        next_cursor,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Scorecard {
    scorecard: ScorecardRow,
}

/// One scorecard.
#[utoipa::path(get, path = "/v1/scorecards/{scorecard_id}", operation_id = "getScorecard", tag = "review", params(("scorecard_id" = String, Path)),
    responses((status = 200, body = Scorecard), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(scorecard_id): Path<String>,
) -> Result<Json<Scorecard>, Problem> {
    let id = scorecard_id.clone();
    let row = server
        .app()
        .read(move |reader| reader.scorecard(&origin.workspace_id, &id))
        .await?;
    Ok(Json(Scorecard {
        scorecard: Server::found(row, "scorecard_not_found", "scorecard", &scorecard_id)?,
    }))
}

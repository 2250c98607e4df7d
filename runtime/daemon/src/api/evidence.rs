//! The evidence of runs over HTTP.

use super::body::Path;
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::evidence::EvidenceRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::review::FinalizeEvidence;
use kernel::{Answer, Command};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    evidence: EvidenceRow,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FinalizedEvidence {
    /// Written just now; else it was there already, and is as it was.
    created: bool,
    evidence: EvidenceRow,
}

/// The evidence of a run that has ended.
#[utoipa::path(get, path = "/v1/runs/{run_id}/evidence", operation_id = "getEvidence", tag = "review", params(("run_id" = String, Path)),
    responses((status = 200, body = Evidence), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<Json<Evidence>, Problem> {
    Ok(Json(Evidence {
        evidence: find(&server, &origin, run_id).await?,
    }))
}

async fn find(server: &Server, origin: &Origin, run_id: String) -> Result<EvidenceRow, Problem> {
    let (workspace, id) = (origin.workspace_id.clone(), run_id.clone());
    let row = server
        .app()
        .read(move |reader| reader.evidence(&workspace, &id))
        .await?;
    Server::found(row, "evidence_not_found", "evidence of the run", &run_id)
}

/// Writes the evidence of a run that ended before evidence was written by itself.
#[utoipa::path(post, path = "/v1/runs/{run_id}/evidence/finalize", operation_id = "finalizeEvidence", tag = "review", params(("run_id" = String, Path)),
    responses((status = 201, body = FinalizedEvidence), (status = 200, body = FinalizedEvidence), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn finalize(
    State(server): State<Server>,
    origin: Origin,
    Path(run_id): Path<String>,
) -> Result<(StatusCode, Json<FinalizedEvidence>), Problem> {
    let command = FinalizeEvidence {
        run_id: run_id.clone(),
    };
    let committed = server
        .app()
        .submit(&origin, Command::FinalizeEvidence(command))
        .await?;
    let created = matches!(committed.answer, Answer::Created(_));
    let status = match created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let evidence = find(&server, &origin, run_id).await?;
    Ok((status, Json(FinalizedEvidence { created, evidence })))
}

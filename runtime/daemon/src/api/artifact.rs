//! Artifacts over HTTP.

use super::body::{Body, Params, Path, limit};
use super::identity::ClaimToken;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::artifact::{ArtifactQuery, ArtifactRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::event::ArtifactContent;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Command, Reject, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewArtifact {
    schema_version: Option<String>,
    kind: Option<String>,
    title: Option<String>,
    mime_type: Option<String>,
    size_bytes: Option<u64>,
    sha256: Option<String>,
    /// `{"type": "text" | "json" | "uri" | "blob" | "none", …}`
    #[schema(value_type = Option<Object>)]
    content: Option<Value>,
    metadata: Option<Value>,
    claim_token: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedArtifact {
    artifact_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Artifact {
    artifact_id: String,
    workspace_id: String,
    room_id: String,
    thread_id: Option<String>,
    run_id: String,
    step_id: String,
    kind: String,
    title: Option<String>,
    mime_type: Option<String>,
    size_bytes: Option<u64>,
    sha256: Option<String>,
    /// `none`, `text`, `json`, `uri` or `blob`.
    content_type: &'static str,
    content_text: Option<String>,
    content_json: Option<Value>,
    content_uri: Option<String>,
    /// `sha256:<hex>`: read it at `/v1/blobs/{blob}`.
    content_blob: Option<String>,
    metadata: Option<Value>,
    created_at: String,
    updated_at: String,
    correlation_id: String,
    last_event_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Artifacts {
    artifacts: Vec<Artifact>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OneArtifact {
    artifact: Artifact,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArtifactParams {
    room_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    limit: Option<u32>,
}

/// Attaches an artifact to a step.
#[utoipa::path(post, path = "/v1/steps/{step_id}/artifacts", operation_id = "createArtifact", tag = "runs", params(("step_id" = String, Path)), request_body = NewArtifact,
    responses((status = 201, body = CreatedArtifact), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Path(step_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<NewArtifact>,
) -> Result<(StatusCode, Json<CreatedArtifact>), Problem> {
    if let Some(version) = body
        .schema_version
        .filter(|version| version != "2.0" && version != "2.1")
    {
        let message = format!("The schema version {version:?} is not understood; 2.0 and 2.1 are.");
        return Err(Reject::invalid("invalid_schema_version", "schema_version", message).into());
    }
    let artifact_id = clock::id("art");
    let command = runs::CreateArtifact {
        artifact_id: artifact_id.clone(),
        step_id,
        claim_token: token.or(body.claim_token),
        kind: body.kind,
        title: body.title,
        mime_type: body.mime_type,
        size_bytes: body.size_bytes,
        sha256: body.sha256,
        content: body.content.map(content).transpose()?,
        metadata: body.metadata,
    };
    server
        .app()
        .submit(&origin, Command::CreateArtifact(command))
        .await?;
    Ok((StatusCode::CREATED, Json(CreatedArtifact { artifact_id })))
}

fn content(value: Value) -> Result<ArtifactContent, Reject> {
    serde_json::from_value(value).map_err(|error| {
        Reject::invalid(
            "invalid_content",
            "content",
            format!("\"content\" cannot be read: {error}."),
        )
        .hint("Send {\"type\": \"text\", \"text\": …}, or json, uri, blob or none.")
    })
}

/// Artifacts, oldest first.
#[utoipa::path(get, path = "/v1/artifacts", operation_id = "listArtifacts", tag = "runs", params(ArtifactParams), responses((status = 200, body = Artifacts)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ArtifactParams>,
) -> Result<Json<Artifacts>, Problem> {
    let query = ArtifactQuery {
        workspace_id: origin.workspace_id,
        room_id: params.room_id,
        run_id: params.run_id,
        step_id: params.step_id,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    };
    let rows = server
        .app()
        .read(move |reader| reader.artifacts(&query))
        .await?;
    Ok(Json(Artifacts {
        artifacts: rows.into_iter().map(Artifact::from).collect(),
    }))
}

/// One artifact with its content.
#[utoipa::path(get, path = "/v1/artifacts/{artifact_id}", operation_id = "getArtifact", tag = "runs", params(("artifact_id" = String, Path)),
    responses((status = 200, body = OneArtifact), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(artifact_id): Path<String>,
) -> Result<Json<OneArtifact>, Problem> {
    let id = artifact_id.clone();
    let row = server
        .app()
        .read(move |reader| reader.artifact(&origin.workspace_id, &id))
        .await?;
    Ok(Json(OneArtifact {
        artifact: Server::found(row, "artifact_not_found", "artifact", &artifact_id)?.into(),
    }))
}

impl From<ArtifactRow> for Artifact {
    fn from(row: ArtifactRow) -> Self {
        let created_at = row.created_at.to_string();
        let mut artifact = Self {
            artifact_id: row.artifact_id,
            workspace_id: row.workspace_id,
            room_id: row.room_id,
            thread_id: row.thread_id,
            run_id: row.run_id,
            step_id: row.step_id,
            kind: row.kind,
            title: row.title,
            mime_type: row.mime_type,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            content_type: "none",
            content_text: None,
            content_json: None,
            content_uri: None,
            content_blob: None,
            metadata: row.metadata,
            updated_at: created_at.clone(),
            created_at,
            correlation_id: row.correlation_id,
            last_event_id: row.last_event_id,
        };
        match row.content {
            ArtifactContent::None => {}
            ArtifactContent::Text { text } => {
                (artifact.content_type, artifact.content_text) = ("text", Some(text))
            }
            ArtifactContent::Json { json } => {
                (artifact.content_type, artifact.content_json) = ("json", Some(json))
            }
            ArtifactContent::Uri { uri } => {
                (artifact.content_type, artifact.content_uri) = ("uri", Some(uri))
            }
            ArtifactContent::Blob { blob } => {
                (artifact.content_type, artifact.content_blob) = ("blob", Some(blob))
            }
        }
        artifact
    }
}

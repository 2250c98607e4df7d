//! Labels of resources over HTTP.

use super::body::{Body, Params, limit};
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::resource_label::ResourceLabelRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Command;
use kernel::gate::label::LabelResource;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewResourceLabel {
    /// `document`, `table`: a word of your own, without a colon.
    resource_type: Option<String>,
    resource_id: Option<String>,
    /// `public`, `internal`, `restricted`, `confidential` or `sensitive_pii`.
    label: Option<String>,
    /// The only room that may touch it, when it is restricted.
    room_id: Option<String>,
    /// What it is for.
    #[schema(value_type = Option<Vec<String>>)]
    purpose_tags: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OneResourceLabel {
    label: ResourceLabelRow,
}

/// Labels a resource, instead of whatever label it had. Owner only.
#[utoipa::path(post, path = "/v1/resources/labels", operation_id = "labelResource", tag = "gate", request_body = NewResourceLabel,
    responses((status = 201, body = OneResourceLabel), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn set(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewResourceLabel>,
) -> Result<(StatusCode, Json<OneResourceLabel>), Problem> {
    let trimmed = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let name = (trimmed(&body.resource_type), trimmed(&body.resource_id));
    let command = LabelResource {
        resource_type: body.resource_type,
        resource_id: body.resource_id,
        label: body.label,
        room_id: body.room_id,
        purpose_tags: body.purpose_tags,
    };
    server
        .app()
        .submit(&origin, Command::LabelResource(command))
        .await?;
    let row = server
        .app()
        .read(move |reader| reader.resource_label(&origin.workspace_id, &name.0, &name.1))
        .await?;
    let label = row.ok_or(Problem::Busy)?;
    Ok((StatusCode::CREATED, Json(OneResourceLabel { label })))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LabelParams {
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceLabels {
    labels: Vec<ResourceLabelRow>,
    /// Give it as `cursor` to see those that changed earlier.
    next_cursor: Option<String>,
}

/// Labels of resources, newest change first.
#[utoipa::path(get, path = "/v1/resources/labels", operation_id = "listResourceLabels", tag = "gate", params(LabelParams),
    responses((status = 200, body = ResourceLabels), (status = 400, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<LabelParams>,
) -> Result<Json<ResourceLabels>, Problem> {
    let limit = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let labels = server
        .app()
        .read(move |reader| reader.resource_labels(&origin.workspace_id, params.cursor, limit))
        .await?;
    let last = labels.last().filter(|_| labels.len() == limit as usize);
    let next_cursor = last.map(|row| row.position.to_string());
    Ok(Json(ResourceLabels {
        labels,
        next_cursor,
    }))
}

//! Requests to read or write a resource, over HTTP.

use super::body::Body;
use super::policy::PolicyRuling;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::resource_label::ResourceLabelName;
use axum::Json;
use axum::extract::State;
use kernel::gate::data_access::RequestDataAccess;
use kernel::gate::evaluate::Standing;
use kernel::gate::label::Label;
use kernel::gate::{Declared, Place};
use kernel::{Answer, Command};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewDataAccess {
    /// `data.read` or `data.write`.
    action: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    room_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    /// What for.
    #[schema(value_type = Option<Vec<String>>)]
    purpose_tags: Option<Value>,
    /// Why, when the resource is for other purposes.
    justification: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    /// Who the actor is; agents must say it.
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    /// `sandbox`, `supervised` (the default) or `high_stakes`.
    zone: Option<String>,
}

/// The gate's answer, and the label that it is by.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataAccess {
    #[serde(flatten)]
    ruling: PolicyRuling,
    #[schema(value_type = ResourceLabelName)]
    resolved_label: Label,
    resolved_room_id: Option<String>,
    resolved_purpose_tags: Vec<String>,
}

/// Asks to read or write a resource now. What was never labelled is internal. An answer to ask the owner
/// names the approval to wait for; an allow uses up one that reaches once.
#[utoipa::path(post, path = "/v1/data/access/requests", operation_id = "requestDataAccess", tag = "gate", request_body = NewDataAccess,
    responses((status = 200, body = DataAccess), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn request(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewDataAccess>,
) -> Result<Json<DataAccess>, Problem> {
    let command = RequestDataAccess {
        approval_id: clock::id("appr"),
        action: body.action,
        resource_type: body.resource_type,
        resource_id: body.resource_id,
        purpose_tags: body.purpose_tags,
        justification: body.justification,
        place: Place {
            room_id: body.room_id,
            thread_id: None,
            run_id: body.run_id,
            step_id: body.step_id,
        },
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
        standing: Standing {
            principal_id: body.principal_id,
            capability_token_id: body.capability_token_id,
            zone: body.zone,
        },
    };
    let committed = server
        .app()
        .submit(&origin, Command::RequestDataAccess(command))
        .await?;
    let Answer::Accessed(ruling, label) = committed.answer else {
        return Err(Problem::Busy);
    };
    Ok(Json(DataAccess {
        ruling: ruling.into(),
        resolved_label: label.label,
        resolved_room_id: label.room_id,
        resolved_purpose_tags: label.purpose_tags,
    }))
}

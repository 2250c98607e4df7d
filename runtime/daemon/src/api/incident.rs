//! Incidents over HTTP: opening them, finding out why, and closing them.

use super::body::{Body, Params, Path, limit};
use super::room;
use super::run::Done;
use super::server::Server;
use super::trace::Correlated;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::incident_list::{IncidentQuery, IncidentRow, LearningRow};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::gate::Declared;
use kernel::incidents::{CloseIncident, LogLearning, OpenIncident, Severity, Status, UpdateRca};
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Answer, Command, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Something that went wrong.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewIncident {
    /// The beginning of the summary when it is absent.
    title: Option<String>,
    summary: Option<String>,
    /// `low`, `medium` (the default), `high` or `critical`.
    severity: Option<String>,
    category: Option<String>,
    details: Option<Value>,
    /// What it is about, when that is no run.
    entity_type: Option<String>,
    entity_id: Option<String>,
    room_id: Option<String>,
    thread_id: Option<String>,
    /// Brings its room, its thread and its correlation along.
    run_id: Option<String>,
    correlation_id: Option<String>,
    /// In its workspace, the same key is the same incident.
    idempotency_key: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedIncident {
    /// That of the first incident with this key, where there is one.
    incident_id: String,
    /// Whether there was one.
    deduped: bool,
}

/// Opens an incident. With an idempotency key a repeated request is answered with the first one's id.
#[utoipa::path(post, path = "/v1/incidents", operation_id = "openIncident", tag = "incidents", request_body = NewIncident,
    responses((status = 201, body = OpenedIncident), (status = 200, body = OpenedIncident), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn open(
    State(server): State<Server>,
    origin: Origin,
    Body(body): Body<NewIncident>,
) -> Result<impl IntoResponse, Problem> {
    let named = body.correlation_id.clone();
    let fresh = clock::id("inc");
    let command = body.command(fresh.clone());
    let committed = server
        .app()
        .submit(&origin, Command::OpenIncident(command))
        .await?;
    let (status, incident_id, deduped) = if let Answer::Existing(first) = committed.answer {
        (StatusCode::OK, first, true)
    } else {
        (StatusCode::CREATED, fresh, false)
    };
    let named = named.map(|named| Extension(Correlated(named.trim().to_owned())));
    let opened = OpenedIncident {
        incident_id,
        deduped,
    };
    Ok((status, named, Json(opened)))
}

impl NewIncident {
    fn command(self, incident_id: String) -> OpenIncident {
        OpenIncident {
            incident_id,
            title: self.title,
            summary: self.summary,
            severity: self.severity,
            category: self.category,
            details: self.details,
            entity_type: self.entity_type,
            entity_id: self.entity_id,
            room_id: self.room_id,
            thread_id: self.thread_id,
            run_id: self.run_id,
            correlation_id: self.correlation_id,
            idempotency_key: self.idempotency_key,
            opener: Declared {
                actor_type: self.actor_type,
                actor_id: self.actor_id,
            },
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncidentParams {
    /// `open` or `closed`.
    status: Option<String>,
    room_id: Option<String>,
    run_id: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    severity: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<u64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Incidents {
    incidents: Vec<IncidentRow>,
    /// Give it as `cursor` to see those that changed earlier.
    next_cursor: Option<String>,
    /// How many of the workspace are open, whatever the list asks for; counted up to 1,000.
    open: u64,
}

/// Incidents, newest change first.
#[utoipa::path(get, path = "/v1/incidents", operation_id = "listIncidents", tag = "incidents", params(IncidentParams),
    responses((status = 200, body = Incidents), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<IncidentParams>,
) -> Result<Json<Incidents>, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let query = query(params, origin.workspace_id.clone())?;
    let asked = query.limit as usize;
    let (incidents, open) = server
        .app()
        .read(move |reader| {
            let incidents = reader.incidents(&query)?;
            Ok((incidents, reader.open_incidents(&origin.workspace_id)?))
        })
        .await?;
    let last = incidents.last().filter(|_| incidents.len() == asked);
    let next_cursor = last.map(|row| row.updated_position.to_string());
    Ok(Json(Incidents {
        incidents,
        next_cursor,
        open,
    }))
}

fn query(params: IncidentParams, workspace_id: String) -> Result<IncidentQuery, Reject> {
    let one_of = |code, field, names: &[&str]| {
        let message = format!("{field:?} must be one of {}.", names.join(", "));
        Reject::invalid(code, field, message)
    };
    if let Some(status) = &params.status {
        Status::named(status).ok_or_else(|| one_of("invalid_status", "status", &Status::NAMES))?;
    }
    let severity = match params.severity.as_deref().map(Severity::named) {
        None => None,
        Some(Some(severity)) => Some(severity.as_str()),
        Some(None) => return Err(one_of("invalid_severity", "severity", &Severity::NAMES)),
    };
    Ok(IncidentQuery {
        workspace_id,
        room_id: params.room_id,
        run_id: params.run_id,
        status: params.status,
        severity,
        before_position: params.cursor,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    })
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    incident: IncidentRow,
    /// Oldest first.
    learning: Vec<LearningRow>,
}

/// One incident, and what was learned from it.
#[utoipa::path(get, path = "/v1/incidents/{incident_id}", operation_id = "getIncident", tag = "incidents", params(("incident_id" = String, Path)),
    responses((status = 200, body = Incident), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(incident_id): Path<String>,
) -> Result<Json<Incident>, Problem> {
    let id = incident_id.clone();
    let found = server
        .app()
        .read(move |reader| {
            let learning = reader.learnings(&id)?;
            let incident = reader.incident(&origin.workspace_id, &id)?;
            Ok(incident.map(|incident| Incident { incident, learning }))
        })
        .await?;
    let found = Server::found(found, "incident_not_found", "incident", &incident_id)?;
    Ok(Json(found))
}

/// Why it happened. At least one of `summary` and `analysis` is there; both together replace what was
/// written before.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRca {
    summary: Option<String>,
    /// A text, or whatever structure the analyst uses.
    analysis: Option<Value>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

/// Writes down why an incident happened.
#[utoipa::path(post, path = "/v1/incidents/{incident_id}/rca", operation_id = "updateRca", tag = "incidents", params(("incident_id" = String, Path)),
    request_body = NewRca,
    responses((status = 200, body = Done), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn rca(
    State(server): State<Server>,
    origin: Origin,
    Path(incident_id): Path<String>,
    Body(body): Body<NewRca>,
) -> Result<Json<Done>, Problem> {
    let command = UpdateRca {
        incident_id,
        summary: body.summary,
        analysis: body.analysis,
        author: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    server
        .app()
        .submit(&origin, Command::UpdateRca(command))
        .await?;
    Ok(Done::json())
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewLearning {
    note: Option<String>,
    /// A list of short texts.
    #[schema(value_type = Option<Vec<String>>)]
    tags: Option<Value>,
    actor_type: Option<String>,
    actor_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedLearning {
    learning_id: String,
}

/// Adds what was learned from an incident.
#[utoipa::path(post, path = "/v1/incidents/{incident_id}/learning", operation_id = "logLearning", tag = "incidents", params(("incident_id" = String, Path)),
    request_body = NewLearning,
    responses((status = 201, body = LoggedLearning), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn learn(
    State(server): State<Server>,
    origin: Origin,
    Path(incident_id): Path<String>,
    Body(body): Body<NewLearning>,
) -> Result<(StatusCode, Json<LoggedLearning>), Problem> {
    let learning_id = clock::id("learn");
    let command = LogLearning {
        learning_id: learning_id.clone(),
        incident_id,
        note: body.note,
        tags: body.tags,
        author: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
    };
    server
        .app()
        .submit(&origin, Command::LogLearning(command))
        .await?;
    Ok((StatusCode::CREATED, Json(LoggedLearning { learning_id })))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct IncidentClosing {
    reason: Option<String>,
}

/// Closes an incident whose cause is written down and from which something was learned. Owner only.
#[utoipa::path(post, path = "/v1/incidents/{incident_id}/close", operation_id = "closeIncident", tag = "incidents", params(("incident_id" = String, Path)),
    request_body = IncidentClosing,
    responses((status = 200, body = Done), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn close(
    State(server): State<Server>,
    origin: Origin,
    Path(incident_id): Path<String>,
    Body(body): Body<IncidentClosing>,
) -> Result<Json<Done>, Problem> {
    let command = CloseIncident {
        incident_id,
        reason: body.reason,
    };
    server
        .app()
        .submit(&origin, Command::CloseIncident(command))
        .await?;
    Ok(Done::json())
}

//! Tasks: asked for by one, claimed by whoever is first.

use super::SentenceBody;
use super::refusal::Refusal;
use super::request::{Asker, Members, Query, Segment};
use super::wire::seconds;
use crate::api::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::store::table::task::{TaskQuery, TaskRow};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::board::{
    AbandonTask, ClaimTask, CompleteTask, CreateTask, ExtendTaskLease, InterruptTask, TaskStatus,
    UpdateTask,
};
use kernel::limits::{TASKS_DEFAULT, TASKS_MAX};
use kernel::{Answer, Command, Kind, Reject};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct NewTask {
    from: Option<String>,
    /// The same as `from`, which wins.
    created_by: Option<String>,
    title: Option<String>,
    /// What whoever does it needs to know.
    context: Option<Value>,
    /// Who it is meant for; anybody may claim it.
    #[serde(rename = "for")]
    assigned_to: Option<String>,
    /// The channel where it is told of; `tasks` by default.
    ch: Option<String>,
    /// A second request with the same key, on the same channel, is answered with the first one's task.
    idempotency_key: Option<String>,
}

/// What a verb may say beside who says it.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
pub struct TaskVerb {
    from: Option<String>,
    /// With `done`: any JSON.
    result: Option<Value>,
    /// With `done`: names of stored content.
    files: Option<Vec<String>>,
    /// With `interrupt`.
    reason: Option<Value>,
    /// With `claim`: seconds that the claim lasts without a heartbeat.
    lease_s: Option<u64>,
    /// The claim that this belongs to; an older one is refused.
    attempt: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskId {
    id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskStands {
    id: String,
    status: &'static str,
}

/// A claim that holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskHeld {
    id: String,
    status: &'static str,
    #[serde(rename = "claimed-by")]
    claimed_by: String,
    /// Which claim of the task it is: it fences off older ones.
    attempt: u32,
    /// Seconds since 1970; absent when it lasts until the task is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskSignalled {
    id: String,
    signalled: bool,
}

/// A task; times are seconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardTask {
    id: String,
    created_at: Option<f64>,
    updated_at: Option<f64>,
    created_by: String,
    assigned_to: Option<String>,
    claimed_by: Option<String>,
    claimed_at: Option<f64>,
    /// `open`, `claimed` or `done`.
    status: String,
    title: String,
    context: Value,
    /// The result as JSON text, once it is done.
    result: Option<String>,
    files: Value,
    ch: String,
    /// How often it has been claimed.
    attempt: u32,
    lease_expires_at: Option<f64>,
    /// What every event of the task carries: `/v1/events?correlation_id=` tells its history.
    correlation_id: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskParams {
    /// `open`, `claimed` or `done`.
    status: Option<String>,
    /// Meant for this agent, or held by it.
    #[serde(rename = "for")]
    of: Option<String>,
}

/// Asks for something to be done.
#[utoipa::path(post, path = "/tasks", operation_id = "createTask", tag = "workshop", request_body = NewTask, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = TaskId), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn create(
    State(server): State<Server>,
    Asker(origin): Asker,
    headers: HeaderMap,
    mut members: Members,
) -> Result<(StatusCode, Json<TaskId>), Refusal> {
    let blank = |from: &String| from.trim().is_empty();
    let from = members.text("from")?.filter(|from| !blank(from));
    let task_id = clock::ulid();
    let command = CreateTask {
        task_id: task_id.clone(),
        from: from.or(members.text("created_by")?),
        title: members.text("title")?,
        context: members.value("context"),
        assigned_to: members.text("for")?,
        channel: members.text("ch")?,
        idempotency_key: members.key(&headers)?,
    };
    let command = Command::CreateTask(command);
    let committed = server.app().submit(&origin, command).await?;
    let id = if let Answer::Created(id) = committed.answer {
        id
    } else {
        task_id
    };
    Ok((StatusCode::CREATED, Json(TaskId { id })))
}

/// Tasks, newest first; the newest hundred when nothing narrows them.
#[utoipa::path(get, path = "/tasks", operation_id = "listTasks", tag = "workshop", params(TaskParams),
    responses((status = 200, body = Vec<BoardTask>), (status = 400, body = SentenceBody)))]
pub async fn list(
    State(server): State<Server>,
    Asker(origin): Asker,
    Query(params): Query<TaskParams>,
) -> Result<Json<Vec<BoardTask>>, Refusal> {
    let of = params.of.filter(|agent| !agent.is_empty());
    let status = match params.status.as_deref() {
        None | Some("") => None,
        // A word of older documents; no task ever stays so.
        Some("abandoned") => return Ok(Json(Vec::new())),
        Some(status) => Some(TaskStatus::named(status).ok_or_else(|| {
            let message = "\"status\" must be open, claimed or done.";
            Reject::invalid("invalid_status", "status", message)
        })?),
    };
    let narrowed = status.is_some() || of.is_some();
    let query = TaskQuery {
        status,
        of,
        open_topics: server.app().open_topics(&origin),
        limit: if narrowed { TASKS_MAX } else { TASKS_DEFAULT },
        ..TaskQuery::default()
    };
    let rows = server.app().read(move |reader| reader.tasks(&query));
    Ok(Json(rows.await?.into_iter().map(BoardTask::from).collect()))
}

/// A task as it stands.
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "getTask", tag = "workshop", params(("id" = String, Path)),
    responses((status = 200, body = BoardTask), (status = 404, body = SentenceBody)))]
pub async fn get(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
) -> Result<Json<BoardTask>, Refusal> {
    let query = TaskQuery {
        task_id: Some(id),
        open_topics: server.app().open_topics(&origin),
        limit: 1,
        ..TaskQuery::default()
    };
    let rows = server.app().read(move |reader| reader.tasks(&query));
    let unknown = || Reject::new(Kind::NotFound, "task_not_found", "task not found");
    let row = rows.await?.pop().ok_or_else(unknown)?;
    Ok(Json(row.into()))
}

/// Takes an open task: whoever is first has it.
#[utoipa::path(post, path = "/tasks/{id}/claim", operation_id = "claimTask", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskHeld), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody), (status = 409, body = SentenceBody)))]
pub async fn claim(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskHeld>, Refusal> {
    let command = ClaimTask {
        task_id: id.clone(),
        from: members.text("from")?,
        lease_s: members.number("lease_s")?,
    };
    held(&server, &origin, id, Command::ClaimTask(command)).await
}

/// A sign of life of a holder whose claim has a lease: it lasts as long again.
#[utoipa::path(post, path = "/tasks/{id}/heartbeat", operation_id = "extendTaskLease", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskHeld), (status = 400, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody),
              (status = 409, body = SentenceBody)))]
pub async fn heartbeat(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskHeld>, Refusal> {
    let command = ExtendTaskLease {
        task_id: id.clone(),
        from: members.text("from")?,
        attempt: attempt(&mut members)?,
    };
    held(&server, &origin, id, Command::ExtendTaskLease(command)).await
}

/// Tells of progress: everything but `from` is shown on the task's channel.
#[utoipa::path(post, path = "/tasks/{id}/update", operation_id = "updateTask", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskId), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn update(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskId>, Refusal> {
    let from = members.text("from")?;
    let command = UpdateTask {
        task_id: id.clone(),
        from,
        update: members.0,
    };
    let command = Command::UpdateTask(command);
    server.app().submit(&origin, command).await?;
    Ok(Json(TaskId { id }))
}

/// Ends a task. Only its holder may.
#[utoipa::path(post, path = "/tasks/{id}/done", operation_id = "completeTask", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskStands), (status = 400, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody),
              (status = 409, body = SentenceBody)))]
pub async fn done(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskStands>, Refusal> {
    let command = CompleteTask {
        task_id: id.clone(),
        from: members.text("from")?,
        result: members.value("result"),
        files: members.texts("files")?,
        attempt: attempt(&mut members)?,
    };
    let command = Command::CompleteTask(command);
    server.app().submit(&origin, command).await?;
    let status = TaskStatus::Done.as_str();
    Ok(Json(TaskStands { id, status }))
}

/// Gives a task back: it is open again.
#[utoipa::path(post, path = "/tasks/{id}/abandon", operation_id = "abandonTask", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskStands), (status = 400, body = SentenceBody), (status = 403, body = SentenceBody), (status = 404, body = SentenceBody),
              (status = 409, body = SentenceBody)))]
pub async fn abandon(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskStands>, Refusal> {
    let command = AbandonTask {
        task_id: id.clone(),
        from: members.text("from")?,
        attempt: attempt(&mut members)?,
    };
    let command = Command::AbandonTask(command);
    server.app().submit(&origin, command).await?;
    let status = TaskStatus::Open.as_str();
    Ok(Json(TaskStands { id, status }))
}

/// Asks whoever works on a task to stop. Nothing else changes.
#[utoipa::path(post, path = "/tasks/{id}/interrupt", operation_id = "interruptTask", tag = "workshop", request_body = TaskVerb, params(("id" = String, Path)),
    responses((status = 200, body = TaskSignalled), (status = 400, body = SentenceBody), (status = 404, body = SentenceBody)))]
pub async fn interrupt(
    State(server): State<Server>,
    Asker(origin): Asker,
    Segment(id): Segment,
    mut members: Members,
) -> Result<Json<TaskSignalled>, Refusal> {
    let command = InterruptTask {
        task_id: id.clone(),
        from: members.text("from")?,
        reason: members.value("reason"),
    };
    let command = Command::InterruptTask(command);
    server.app().submit(&origin, command).await?;
    let signalled = true;
    Ok(Json(TaskSignalled { id, signalled }))
}

fn attempt(members: &mut Members) -> Result<Option<u32>, Refusal> {
    let asked = members.number("attempt")?;
    // No claim has a number that large: it is refused as any other that is over.
    Ok(asked.map(|attempt| u32::try_from(attempt).unwrap_or(u32::MAX)))
}

async fn held(
    server: &Server,
    origin: &Origin,
    id: String,
    command: Command,
) -> Result<Json<TaskHeld>, Refusal> {
    let committed = server.app().submit(origin, command).await?;
    let (claimed_by, attempt, expires_at) = if let Answer::TaskClaimed {
        by,
        attempt,
        expires_at,
    } = committed.answer
    {
        (by, attempt, expires_at)
    } else {
        (String::new(), 0, None)
    };
    Ok(Json(TaskHeld {
        id,
        status: TaskStatus::Claimed.as_str(),
        claimed_by,
        attempt,
        lease_expires_at: expires_at.map(seconds),
    }))
}

impl From<TaskRow> for BoardTask {
    fn from(row: TaskRow) -> Self {
        Self {
            id: row.task_id,
            created_at: row.created_at.map(seconds),
            updated_at: row.updated_at.map(seconds),
            created_by: row.created_by,
            assigned_to: row.assigned_to,
            claimed_by: row.claimed_by,
            claimed_at: row.claimed_at.map(seconds),
            status: row.status,
            title: row.title,
            context: row.context.unwrap_or_else(|| json!({})),
            result: row.result.map(|result| result.to_string()),
            files: row.files.unwrap_or_else(|| json!([])),
            ch: row.channel,
            attempt: row.attempt,
            lease_expires_at: row.lease_expires_at.map(seconds),
            correlation_id: row.correlation_id,
        }
    }
}

//! Messages over HTTP.

use super::body::{Body, Params, Path, limit, place};
use super::identity::text;
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::message::{Before, MessageRow};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::{Answer, Command, Reject, Timestamp, rooms};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Versions of the message schema that are understood; absent is the newest.
const SCHEMA_VERSIONS: [&str; 2] = ["2.0", "2.1"];

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewMessage {
    schema_version: Option<String>,
    sender_type: Option<String>,
    sender_id: Option<String>,
    content_md: Option<String>,
    lang: Option<String>,
    parent_message_id: Option<String>,
    labels: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedMessage {
    message_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    message_id: String,
    workspace_id: String,
    room_id: String,
    thread_id: String,
    sender_type: String,
    sender_id: String,
    content_md: String,
    lang: String,
    parent_message_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    labels: Value,
    created_at: String,
    updated_at: String,
    /// Place in the log; give it as `before` for the next page.
    position: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Messages {
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagePage {
    limit: Option<u32>,
    /// A position, or a time (RFC 3339): only messages before it.
    before: Option<String>,
}

/// Messages of a thread, newest first.
#[utoipa::path(get, path = "/v1/threads/{thread_id}/messages", operation_id = "listMessages", tag = "rooms", params(("thread_id" = String, Path), MessagePage),
    responses((status = 200, body = Messages), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Path(thread_id): Path<String>,
    Params(page): Params<MessagePage>,
) -> Result<Json<Messages>, Problem> {
    let before = before(page.before.as_deref())?;
    let limit = limit(page.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let (workspace, id) = (origin.workspace_id, thread_id.clone());
    let rows = server.app().read(move |reader| {
        let exists = reader.thread_exists(&workspace, &id)?;
        if exists {
            reader.messages(&workspace, &id, before, limit).map(Some)
        } else {
            Ok(None)
        }
    });
    let rows = Server::found(rows.await?, "thread_not_found", "thread", &thread_id)?;
    Ok(Json(Messages {
        messages: rows.into_iter().map(Message::from).collect(),
    }))
}

fn before(text: Option<&str>) -> Result<Before, Problem> {
    let Some(text) = text else {
        return Ok(Before::Newest);
    };
    match (text.parse(), Timestamp::parse(text)) {
        (Ok(position), _) => Ok(Before::Position(place(position))),
        (Err(_), Some(time)) => Ok(Before::Time(time)),
        (Err(_), None) => Err(Reject::invalid(
            "invalid_before",
            "before",
            "\"before\" must be a position or an RFC 3339 time.",
        )
        .into()),
    }
}

/// Posts a message. With an `Idempotency-Key` a repeated request is answered with the first one's id.
#[utoipa::path(post, path = "/v1/threads/{thread_id}/messages", operation_id = "createMessage", tag = "rooms", request_body = NewMessage,
    params(("thread_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedMessage), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Path(thread_id): Path<String>,
    headers: HeaderMap,
    Body(body): Body<NewMessage>,
) -> Result<(StatusCode, Json<CreatedMessage>), Problem> {
    if let Some(version) = body
        .schema_version
        .filter(|version| !SCHEMA_VERSIONS.contains(&version.as_str()))
    {
        let message =
            format!("The schema version {version:?} is not understood; {SCHEMA_VERSIONS:?} are.");
        return Err(Reject::invalid("invalid_schema_version", "schema_version", message).into());
    }
    let message_id = clock::id("msg");
    let command = rooms::PostMessage {
        message_id: message_id.clone(),
        thread_id,
        sender_type: body.sender_type,
        sender_id: body.sender_id,
        content_md: body.content_md,
        lang: body.lang,
        parent_message_id: body.parent_message_id,
        labels: body.labels,
        idempotency_key: text(&headers, "idempotency-key")?.map(str::to_owned),
    };
    let committed = server
        .app()
        .submit(&origin, Command::PostMessage(command))
        .await?;
    let message_id = if let Answer::Created(first) = committed.answer {
        first
    } else {
        message_id
    };
    Ok((StatusCode::CREATED, Json(CreatedMessage { message_id })))
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        let created_at = row.created_at.to_string();
        Self {
            message_id: row.data.message_id,
            workspace_id: row.workspace_id,
            room_id: row.room_id,
            thread_id: row.thread_id,
            sender_type: row.data.sender_type,
            sender_id: row.data.sender_id,
            content_md: row.data.content_md,
            lang: row.data.lang,
            parent_message_id: row.data.parent_message_id,
            run_id: None,
            step_id: None,
            labels: row.data.labels.unwrap_or_else(|| Value::Array(Vec::new())),
            updated_at: created_at.clone(),
            created_at,
            position: row.position,
        }
    }
}

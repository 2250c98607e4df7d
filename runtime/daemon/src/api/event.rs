//! The log over HTTP: pages of events, and one event with everything that is known of it.

use super::body::{Params, Path, limit, place};
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::Frame;
use crate::store::log::EventQuery;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::limits::{EVENT_LIMIT_DEFAULT, EVENT_TYPES_MAX, LIST_LIMIT_MAX};
use kernel::{Reject, StreamKey, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// One event, as every list and stream shows it.
#[derive(Debug, Serialize, ToSchema)]
#[allow(
    dead_code,
    reason = "the schema of what the store writes straight into the buffer"
)]
pub struct Event {
    event_id: String,
    event_type: String,
    event_version: u32,
    occurred_at: String,
    recorded_at: String,
    workspace_id: String,
    mission_id: Option<String>,
    room_id: Option<String>,
    thread_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    actor_type: String,
    actor_id: String,
    actor_principal_id: Option<String>,
    zone: String,
    stream_type: String,
    stream_id: String,
    stream_seq: u64,
    /// Place in the whole log.
    position: u64,
    correlation_id: String,
    causation_id: Option<String>,
    redaction_level: String,
    contains_secrets: bool,
    data: Value,
}

/// One event with its contexts and hashes.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "the schema of what the store returns")]
pub struct EventDetail {
    #[serde(flatten)]
    event: Event,
    policy_context: Value,
    model_context: Value,
    display: Value,
    idempotency_key: Option<String>,
    event_hash: Option<String>,
    prev_event_hash: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[allow(
    dead_code,
    reason = "the schema of what is written straight into the buffer"
)]
pub struct Events {
    events: Vec<Event>,
    /// Give it as `after_position` (oldest first) or `before_position` (newest first).
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OneEvent {
    #[schema(value_type = EventDetail)]
    event: Value,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventParams {
    stream_type: Option<String>,
    stream_id: Option<String>,
    /// Only with a stream: events after this sequence.
    from_seq: Option<u64>,
    /// `asc` is oldest first.
    #[param(inline)]
    order: Option<Order>,
    after_position: Option<u64>,
    before_position: Option<u64>,
    limit: Option<u32>,
    room_id: Option<String>,
    thread_id: Option<String>,
    run_id: Option<String>,
    step_id: Option<String>,
    correlation_id: Option<String>,
    /// What this event led to.
    causation_id: Option<String>,
    event_type: Option<String>,
    /// Repeated or separated by commas, 128 at most.
    #[serde(default)]
    event_types: Vec<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    /// Events about this agent: their data names it as `agent_id`.
    subject_agent_id: Option<String>,
    /// Events of this principal, or about it: their data names it as `principal_id` or
    /// `issued_to_principal_id`.
    subject_principal_id: Option<String>,
    /// Recorded before this time (RFC 3339).
    before_recorded_at: Option<String>,
    /// At or after this time (RFC 3339).
    from: Option<String>,
    /// Before this time (RFC 3339).
    to: Option<String>,
    /// Another name of `from`.
    since: Option<String>,
    /// Another name of `to`.
    until: Option<String>,
}

/// Events of the workspace. Every parameter narrows; pages are by position in the log.
#[utoipa::path(get, path = "/v1/events", operation_id = "listEvents", tag = "events", params(EventParams),
    responses((status = 200, body = Events), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<EventParams>,
) -> Result<Response, Problem> {
    if let Some(room_id) = &params.room_id {
        room::find(&server, &origin, room_id).await?;
    }
    let query = EventQuery {
        open_topics: server.app().open_topics(&origin),
        ..query(origin, params)?
    };
    let asked = query.limit as usize;
    let frames = server
        .app()
        .read(move |reader| reader.events(&query))
        .await?;
    Ok((
        [(header::CONTENT_TYPE, "application/json")],
        page(&frames, asked),
    )
        .into_response())
}

fn query(origin: Origin, params: EventParams) -> Result<EventQuery, Reject> {
    let stream = match (params.stream_type.as_deref(), params.stream_id) {
        (None, None) => None,
        (Some("room"), Some(id)) => Some(StreamKey::Room(id)),
        (Some("channel"), Some(id)) => Some(StreamKey::Channel(id)),
        (Some("workspace"), Some(id)) => Some(StreamKey::Workspace(id)),
        (Some(_), Some(_)) => {
            return Err(Reject::invalid(
                "invalid_stream_type",
                "stream_type",
                "\"stream_type\" must be room, channel or workspace.",
            ));
        }
        (Some(_), None) | (None, Some(_)) => {
            let message = "\"stream_type\" and \"stream_id\" go together.";
            return Err(Reject::invalid(
                "stream_type_and_stream_id_required_together",
                "stream_id",
                message,
            ));
        }
    };
    if params.from_seq.is_some() && stream.is_none() {
        return Err(Reject::invalid(
            "stream_required",
            "from_seq",
            "\"from_seq\" needs a stream; page by after_position without one.",
        ));
    }
    let mut event_types: Vec<String> = params
        .event_types
        .iter()
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    event_types.extend(params.event_type);
    event_types.retain(|name| !name.is_empty());
    if event_types.len() > EVENT_TYPES_MAX {
        return Err(Reject::invalid(
            "too_many_event_types",
            "event_types",
            format!("At most {EVENT_TYPES_MAX} event types."),
        ));
    }
    let before_recorded_at = params.before_recorded_at.map(|text| {
        let message = "\"before_recorded_at\" must be an RFC 3339 time.";
        Timestamp::parse(&text).ok_or_else(|| {
            Reject::invalid("invalid_before_recorded_at", "before_recorded_at", message)
        })
    });
    Ok(EventQuery {
        workspace_id: origin.workspace_id,
        stream,
        from_seq: params.from_seq.map(place),
        room_id: params.room_id,
        thread_id: params.thread_id,
        run_id: params.run_id,
        step_id: params.step_id,
        correlation_id: params.correlation_id,
        causation_id: params.causation_id,
        event_types,
        actor_type: params.actor_type,
        actor_id: params.actor_id,
        subject_agent_id: params.subject_agent_id,
        subject_principal_id: params.subject_principal_id,
        before_recorded_at: before_recorded_at.transpose()?,
        after_position: params.after_position.map(place),
        before_position: params.before_position.map(place),
        from: time(("from", params.from), ("since", params.since))?,
        to: time(("to", params.to), ("until", params.until))?,
        newest_first: params.order == Some(Order::Desc),
        limit: limit(params.limit, EVENT_LIMIT_DEFAULT, LIST_LIMIT_MAX),
        ..EventQuery::default()
    })
}

/// A time that goes by two names.
fn time(
    (name, text): (&str, Option<String>),
    (other, other_text): (&str, Option<String>),
) -> Result<Option<Timestamp>, Reject> {
    let (field, text) = match (text, other_text) {
        (Some(_), Some(_)) => {
            let message = format!("{other:?} is another name of {name:?}: send one of them.");
            return Err(Reject::invalid("invalid_parameter", other, message));
        }
        (Some(text), None) => (name, text),
        (None, Some(text)) => (other, text),
        (None, None) => return Ok(None),
    };
    let message = format!("{field:?} must be an RFC 3339 time.");
    Timestamp::parse(&text)
        .map(Some)
        .ok_or_else(|| Reject::invalid("invalid_time", field, message))
}

fn page(frames: &[Frame], asked: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(
        frames
            .iter()
            .map(|frame| frame.json.len() + 1)
            .sum::<usize>()
            + 64,
    );
    out.extend_from_slice(b"{\"events\":[");
    for (index, frame) in frames.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&frame.json);
    }
    out.extend_from_slice(b"],\"next_cursor\":");
    match frames.last().filter(|_| frames.len() == asked) {
        Some(last) => out.extend_from_slice(format!("\"{}\"", last.position).as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    out
}

/// One event with its contexts and hashes.
#[utoipa::path(get, path = "/v1/events/{event_id}", operation_id = "getEvent", tag = "events", params(("event_id" = String, Path)),
    responses((status = 200, body = OneEvent), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(event_id): Path<String>,
) -> Result<Json<OneEvent>, Problem> {
    let id = event_id.clone();
    let open_topics = server.app().open_topics(&origin);
    let event = server
        .app()
        .read(move |reader| reader.event_detail(&origin.workspace_id, &id, open_topics))
        .await?;
    Ok(Json(OneEvent {
        event: Server::found(event, "event_not_found", "event", &event_id)?,
    }))
}

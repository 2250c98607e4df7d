//! The proof of the log over HTTP.

use super::body::{Params, limit, place};
use super::room;
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::redaction::{ACTIONS, RedactionQuery, RedactionRow};
use crate::store::verify::StreamReport;
use axum::Json;
use axum::extract::State;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, VERIFY_LIMIT_DEFAULT, VERIFY_LIMIT_MAX};
use kernel::{Reject, StreamKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerifyParams {
    /// `room`, `channel` or `workspace`, the default.
    stream_type: Option<String>,
    /// The workspace's own stream by default.
    stream_id: Option<String>,
    from_seq: Option<u64>,
    limit: Option<u32>,
}

/// Recomputes the hashes of a stream from a sequence on; `next_from_seq` says where to go on.
#[utoipa::path(get, path = "/v1/audit/hash-chain/verify", operation_id = "verifyHashChain", tag = "events", params(VerifyParams),
    responses((status = 200, body = StreamReport), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn verify(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<VerifyParams>,
) -> Result<Json<StreamReport>, Problem> {
    let key = match (
        params.stream_type.as_deref().unwrap_or("workspace"),
        params.stream_id,
    ) {
        ("room", Some(room_id)) => {
            room::find(&server, &origin, &room_id).await?;
            StreamKey::Room(room_id)
        }
        ("channel", Some(channel)) if origin.workspace_id == DEFAULT_WORKSPACE_ID => {
            StreamKey::Channel(channel)
        }
        ("channel", Some(channel)) => {
            return Err(Reject::not_found("stream_not_found", "stream", &channel).into());
        }
        ("workspace", None) => StreamKey::Workspace(origin.workspace_id),
        ("workspace", Some(id)) if id == origin.workspace_id => StreamKey::Workspace(id),
        ("workspace", Some(id)) => {
            return Err(Reject::not_found("stream_not_found", "stream", &id).into());
        }
        ("room" | "channel", None) => {
            return Err(Reject::invalid(
                "missing_stream_id",
                "stream_id",
                "\"stream_id\" is required.",
            )
            .into());
        }
        (_, _) => {
            let message = "\"stream_type\" must be room, channel or workspace.";
            return Err(Reject::invalid("invalid_stream_type", "stream_type", message).into());
        }
    };
    let limit = limit(params.limit, VERIFY_LIMIT_DEFAULT, VERIFY_LIMIT_MAX);
    let from_seq = params.from_seq.map_or(0, place);
    Ok(Json(
        server
            .app()
            .read(move |reader| reader.verify_stream(&key, from_seq, limit))
            .await?,
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RedactionParams {
    event_id: Option<String>,
    rule_id: Option<String>,
    /// `shadow_flagged` or `event_emitted`.
    action: Option<String>,
    /// `room`, `channel` or `workspace`.
    stream_type: Option<String>,
    stream_id: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Redactions {
    redactions: Vec<RedactionRow>,
}

/// Which secrets were masked where, newest first.
#[utoipa::path(get, path = "/v1/audit/redactions", operation_id = "listRedactions", tag = "events", params(RedactionParams),
    responses((status = 200, body = Redactions), (status = 400, body = ProblemBody)))]
pub async fn redactions(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<RedactionParams>,
) -> Result<Json<Redactions>, Problem> {
    one_of("action", "invalid_action", &params.action, &ACTIONS)?;
    one_of(
        "stream_type",
        "invalid_stream_type",
        &params.stream_type,
        &["room", "workspace"],
    )?;
    let query = RedactionQuery {
        open_topics: server.app().open_topics(&origin),
        workspace_id: origin.workspace_id,
        event_id: params.event_id,
        rule_id: params.rule_id,
        action: params.action,
        stream_type: params.stream_type,
        stream_id: params.stream_id,
        limit: limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX),
    };
    let read = server.app().read(move |reader| reader.redactions(&query));
    Ok(Json(Redactions {
        redactions: read.await?,
    }))
}

fn one_of(
    field: &str,
    code: &'static str,
    word: &Option<String>,
    known: &[&str],
) -> Result<(), Reject> {
    match word {
        Some(word) if !known.contains(&word.as_str()) => {
            let message = format!("{field:?} must be {}.", known.join(" or "));
            Err(Reject::invalid(code, field, message))
        }
        Some(_) | None => Ok(()),
    }
}

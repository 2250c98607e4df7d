//! Search over HTTP.

use super::body::{Params, limit};
use super::server::Server;
use crate::app::Origin;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::search::{DocType, Document, SearchQuery};
use axum::Json;
use axum::extract::State;
use kernel::Reject;
use kernel::limits::{SEARCH_CHARS_MAX, SEARCH_CHARS_MIN, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words; each matches the beginning of a word, all must match.
    q: Option<String>,
    room_id: Option<String>,
    thread_id: Option<String>,
    /// `message`, `run`, `tool_call`, `output`, `artifact` or `incident`.
    doc_type: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchDocument {
    doc_id: String,
    doc_type: &'static str,
    workspace_id: String,
    room_id: Option<String>,
    thread_id: Option<String>,
    run_id: Option<String>,
    /// The channel that it was said on, if that is no room.
    channel: Option<String>,
    /// The first characters of what was found.
    content_text: String,
    lang: Option<String>,
    updated_at: String,
    event_id: String,
    position: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchDocuments {
    docs: Vec<SearchDocument>,
}

/// Searches messages of rooms and channels, runs, tool calls, output, artifacts, incidents and tasks, newest
/// first.
#[utoipa::path(get, path = "/v1/search", operation_id = "searchDocuments", tag = "rooms", params(SearchParams),
    responses((status = 200, body = SearchDocuments), (status = 400, body = ProblemBody)))]
pub async fn search(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<SearchParams>,
) -> Result<Json<SearchDocuments>, Problem> {
    let query = SearchQuery {
        open_topics: server.app().open_topics(&origin),
        workspace_id: origin.workspace_id,
        text: text(params.q)?,
        room_id: params.room_id,
        thread_id: params.thread_id,
        doc_type: params.doc_type.map(doc_type).transpose()?,
        limit: limit(params.limit, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX),
        ..SearchQuery::default()
    };
    let found = server.app().search(query).await?;
    Ok(Json(SearchDocuments {
        docs: found.into_iter().map(SearchDocument::from).collect(),
    }))
}

fn text(q: Option<String>) -> Result<String, Problem> {
    let text = q.unwrap_or_default().trim().to_owned();
    let chars = text.chars().count();
    if chars < SEARCH_CHARS_MIN {
        return Err(Reject::invalid(
            "q_too_short",
            "q",
            format!("\"q\" needs at least {SEARCH_CHARS_MIN} characters."),
        )
        .into());
    }
    if chars > SEARCH_CHARS_MAX {
        return Err(Reject::invalid(
            "q_too_long",
            "q",
            format!("\"q\" may have {SEARCH_CHARS_MAX} characters."),
        )
        .into());
    }
    Ok(text)
}

fn doc_type(text: String) -> Result<DocType, Problem> {
    let known = DocType::ALL.map(DocType::as_str).join(", ");
    DocType::parse(&text).ok_or_else(|| {
        Reject::invalid(
            "invalid_doc_type",
            "doc_type",
            format!("\"doc_type\" must be one of: {known}."),
        )
        .into()
    })
}

impl From<Document> for SearchDocument {
    fn from(found: Document) -> Self {
        Self {
            doc_id: found.doc_id,
            doc_type: found.doc_type,
            workspace_id: found.workspace_id,
            room_id: found.room_id,
            thread_id: found.thread_id,
            run_id: found.run_id,
            channel: found.channel,
            content_text: found.content_text,
            lang: found.lang,
            updated_at: found.occurred_at.to_string(),
            event_id: found.event_id,
            position: found.position,
        }
    }
}

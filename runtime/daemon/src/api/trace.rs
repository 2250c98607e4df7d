//! The headers by which a request is followed: its id, its correlation and its workspace. Every
//! answer carries them, refusals included.

use super::identity::text;
use crate::clock;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::redaction::redact_text;
use std::sync::{Arc, OnceLock};

/// Shortest and longest request id, characters.
const REQUEST_ID_CHARS: std::ops::RangeInclusive<usize> = 8..=128;
/// Longest correlation, and longest name of a workspace, characters.
pub const NAME_CHARS_MAX: usize = 128;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
static X_WORKSPACE_ID: HeaderName = HeaderName::from_static("x-workspace-id");

/// Headers that a page may read of an answer: how it is followed, and of a file its kind and its size.
pub const EXPOSED: &str =
    "x-request-id, x-correlation-id, x-workspace-id, x-file-type, content-range";

/// How a request is followed.
#[derive(Clone, Debug)]
pub struct Trace {
    request_id: String,
    /// The correlation that its header names; events name it with `ext_` before it.
    correlation_id: Option<String>,
    /// Where it turned out to happen: a session is for one workspace, whatever the header says.
    workspace_id: Arc<OnceLock<String>>,
}

impl Trace {
    fn of(headers: &HeaderMap) -> Self {
        let named = |name: &HeaderName| text(headers, name.as_str()).ok().flatten();
        let request_id = named(&X_REQUEST_ID)
            .filter(|id| REQUEST_ID_CHARS.contains(&id.len()) && is_name(id))
            .map_or_else(|| format!("req_{}", clock::event_id()), str::to_owned);
        let correlation_id = named(&X_CORRELATION_ID)
            .filter(|id| is_name(id))
            .map(|id| format!("ext_{id}"));
        Self {
            request_id,
            correlation_id,
            workspace_id: Arc::default(),
        }
    }

    /// Notes the workspace of the caller.
    pub fn happens_in(&self, workspace_id: &str) {
        // A request has one caller, so the first is as good as the last.
        let _ = self.workspace_id.set(workspace_id.to_owned());
    }

    /// The correlation of the events that the request leads to, unless its body names another.
    pub fn correlation_id(&self) -> &str {
        self.correlation_id.as_deref().unwrap_or(&self.request_id)
    }
}

/// The correlation that a body names: an extension of the answer.
#[derive(Clone, Debug)]
pub struct Correlated(pub String);

/// The workspace of the credentials in a body: an extension of the answer.
#[derive(Clone, Debug)]
pub struct InWorkspace(pub String);

/// What may stand in a header and, as it is, in the log: no white space, and nothing that looks like
/// a secret.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_CHARS_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
        && redact_text(text).is_none()
}

/// Follows a request from its first header to its answer.
pub async fn follow(mut request: Request, next: Next) -> Response {
    let trace = Trace::of(request.headers());
    let asked = text(request.headers(), X_WORKSPACE_ID.as_str());
    let asked = asked.ok().flatten().filter(|name| is_name(name));
    let asked = asked.unwrap_or(DEFAULT_WORKSPACE_ID).to_owned();
    request.extensions_mut().insert(trace.clone());
    let mut response = next.run(request).await;
    let extensions = response.extensions();
    let named = extensions
        .get::<Correlated>()
        .map(|named| named.0.as_str())
        .filter(|named| trace.correlation_id.is_none() && is_name(named));
    let workspace = extensions.get::<InWorkspace>().map(|named| &named.0);
    let workspace = workspace.or(trace.workspace_id.get());
    let values = [
        (&X_REQUEST_ID, trace.request_id.as_str()),
        (&X_CORRELATION_ID, named.unwrap_or(trace.correlation_id())),
        (&X_WORKSPACE_ID, workspace.unwrap_or(&asked)),
    ]
    .map(|(name, value)| (name.clone(), HeaderValue::from_str(value)));
    for (name, value) in values {
        // Each is a name, and names are values of headers.
        if let Ok(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

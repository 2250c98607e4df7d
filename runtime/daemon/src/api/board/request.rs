//! Reading requests of this face.

use super::refusal::Refusal;
use crate::api::body;
use crate::api::server::Server;
use crate::app::Origin;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use kernel::Reject;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

/// Who asks; always in the default workspace, which alone has a board.
pub struct Asker(pub Origin);

impl FromRequestParts<Server> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refusal> {
        let origin = Origin::from_request_parts(parts, server).await?;
        if origin.workspace_id == DEFAULT_WORKSPACE_ID {
            return Ok(Self(origin));
        }
        let message =
            format!("Channels and tasks are in the workspace {DEFAULT_WORKSPACE_ID:?} only.");
        let reject = Reject::invalid("channels_elsewhere", "x-workspace-id", message);
        Err(reject.hint("Leave out x-workspace-id.").into())
    }
}

/// The one parameter of an address.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let body::Path(segment) = body::Path::from_request_parts(parts, state).await?;
        Ok(Self(segment))
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let body::Params(query) = body::Params::from_request_parts(parts, state).await?;
        Ok(Self(query))
    }
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryParams {
    /// Only messages after this one; then the oldest of them, otherwise the newest.
    pub since: Option<String>,
    /// At most so many, 200 at most; what is no number is as if it were not there.
    pub n: Option<String>,
    /// Only messages of this type; `task.*` is all that begin with `task.`.
    #[serde(rename = "type")]
    pub message_type: Option<String>,
}

impl HistoryParams {
    pub fn limit(&self, default: u32, max: u32) -> u32 {
        let asked = self.n.as_deref().and_then(|n| n.trim().parse::<i64>().ok());
        let asked = asked.unwrap_or(i64::from(default)).clamp(1, i64::from(max));
        u32::try_from(asked).unwrap_or(max)
    }
}

/// A JSON object. Without a body it has no members, and neither has a list; the content type is not
/// looked at.
pub struct Members(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Members {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let bytes = body::read(request.into_body()).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(Value::Array(_)) => Ok(Self(Map::new())),
            Ok(_) => Err(Refusal::of_member("body", "a JSON object")),
            Err(_) => Err(Reject::invalid("invalid_body", "body", "invalid JSON body").into()),
        }
    }
}

impl Members {
    /// Takes a text out; null is none.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::of_member(name, "a text")),
        }
    }

    /// Takes any value out; null is none.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a list of texts out; null is an empty one.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(value) => serde_json::from_value(value)
                .map_err(|_| Refusal::of_member(name, "a list of texts")),
        }
    }

    /// Takes a whole number out that is not negative; null is none.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(Refusal::of_member(name, "a whole number")),
            },
        }
    }

    /// The key by which a request that comes twice is known: the header, else a member.
    pub fn key(&mut self, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
        let member = self.text("idempotency_key")?;
        let header = crate::api::identity::text(headers, "idempotency-key")?;
        Ok(header.map(str::to_owned).or(member))
    }
}

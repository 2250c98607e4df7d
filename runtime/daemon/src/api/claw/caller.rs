//! Who asks on this face, and what they send.

use super::refusal::Refusal;
use crate::api::body;
use crate::api::identity::{self, bearer};
use crate::api::server::Server;
use crate::api::shown;
use crate::app::Origin;
use crate::claw;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use kernel::Caller;
use serde_json::{Map, Value};

/// Somebody with a key of the event bus, or the owner.
pub struct Asker(pub Origin);

impl FromRequestParts<Server> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refusal> {
        let missing = || Refusal::unauthorized("Missing bearer token");
        let Ok(Some(token)) = bearer(&parts.headers) else {
            return Err(missing());
        };
        let caller = if server.identity().is_owner(token) {
            Caller::Owner
        } else if shown::is_access_token(token) {
            shown::by_access_token(server, token).await?;
            Caller::Owner
        } else {
            Caller::Agent(server.bus().agent(token).await?)
        };
        Ok(Self(claw::origin(caller)))
    }
}

/// The owner, by the token or a session of any kind.
pub struct Owner(pub Origin);

impl FromRequestParts<Server> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refusal> {
        let origin = Origin::from_request_parts(parts, server).await?;
        identity::require_owner(&origin)?;
        Ok(Self(claw::origin(origin.caller)))
    }
}

/// Somebody who reads what everybody may; beyond this machine with a token.
pub struct Anybody;

impl FromRequestParts<Server> for Anybody {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refusal> {
        if server.access().token_required {
            Asker::from_request_parts(parts, server).await?;
        }
        Ok(Self)
    }
}

/// The members of a JSON object; the content type is not looked at.
pub struct Members(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Members {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let bytes = body::read(request.into_body()).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Refusal::invalid("body", "the body must be a JSON object")),
            Err(_) => Err(Refusal::invalid("body", "invalid JSON body")),
        }
    }
}

impl Members {
    /// A text that is not empty, or this sentence.
    pub fn required(&mut self, name: &str, or: &str) -> Result<String, Refusal> {
        match self.optional(name) {
            Ok(Some(text)) => Ok(text),
            Ok(None) | Err(_) => Err(Refusal::invalid(name, or)),
        }
    }

    /// A text; empty and null are none.
    pub fn optional(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let text = text.trim();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            Some(_) => Err(Refusal::invalid(name, &format!("{name} must be a text"))),
        }
    }

    /// Any value, null too.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }
}

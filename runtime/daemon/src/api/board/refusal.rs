//! Problems as this face tells them: one sentence.

use crate::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use kernel::Reject;
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every error of this face.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentenceBody {
    /// What happened, and the way out where there is one.
    error: String,
}

impl SentenceBody {
    pub fn of(error: String) -> Self {
        Self { error }
    }
}

/// A problem that is told in one sentence.
pub struct Refusal(Problem);

impl<P: Into<Problem>> From<P> for Refusal {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl Refusal {
    /// A member of the request that is of another kind than it should be.
    pub fn of_member(member: &str, what: &str) -> Self {
        let message = format!("{member:?} must be {what}.");
        Reject::invalid("invalid_type", member, message).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = self.0.body();
        let error = match body.hint {
            Some(hint) => format!("{} {hint}", body.message),
            None => body.message,
        };
        // Status, and how long to wait, are those of every face.
        let mut response = self.0.into_response();
        let (parts, body) = Json(SentenceBody { error }).into_response().into_parts();
        response.headers_mut().extend(parts.headers);
        *response.body_mut() = body;
        response
    }
}

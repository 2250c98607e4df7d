//! Problems as this face tells them: one sentence, which clients show as it is.

use crate::api::board::SentenceBody;
use crate::claw::Denied;
use crate::clock;
use crate::problem::Problem;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::limits::TOPIC_RATE_MAX;
use kernel::{Kind, Reject};
use serde_json::json;

pub struct Refusal(Denied);

impl<D: Into<Denied>> From<D> for Refusal {
    fn from(denied: D) -> Self {
        Self(denied.into())
    }
}

impl Refusal {
    pub fn invalid(field: &str, message: &str) -> Self {
        Reject::invalid("invalid_request", field, message).into()
    }

    pub fn unauthorized(message: &str) -> Self {
        Reject::new(Kind::Unauthorized, "missing_token", message).into()
    }

    /// As if there were nothing at this address.
    pub fn not_available() -> Self {
        Reject::new(Kind::NotFound, "not_available", "not available").into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.0 {
            Denied::Problem(problem) => told(problem),
            Denied::Unlike(errors) => {
                let errors = errors.iter();
                let errors =
                    errors.map(|error| json!({"path": error.path, "message": error.message}));
                let body = json!({"error": "Schema validation failed", "validation_errors": errors.collect::<Vec<_>>()});
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Denied::TooOften(until) => {
                let wait_ms = (until.millis() - clock::now().millis()).max(0);
                let body = json!({
                    "error": format!("rate limit exceeded ({TOPIC_RATE_MAX} requests per second)"),
                    "retry_after": (wait_ms as u64).div_ceil(1_000), "retry_timestamp": until.millis(),
                });
                (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
            }
        }
    }
}

fn told(problem: Problem) -> Response {
    let body = SentenceBody::of(problem.body().message);
    // Status, and how long to wait, are those of every face.
    let mut response = problem.into_response();
    let (parts, body) = Json(body).into_response().into_parts();
    response.headers_mut().extend(parts.headers);
    *response.body_mut() = body;
    response
}

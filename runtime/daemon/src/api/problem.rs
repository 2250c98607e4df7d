//! Problems as HTTP answers.

use crate::problem::{Problem, ProblemBody, brief};
use axum::Json;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use kernel::{Kind, Reject};

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(problem = %self, "a request failed");
        }
        let retry_after = match &self {
            Problem::TooMany {
                retry_after_seconds,
            } => Some(*retry_after_seconds),
            Problem::Rejected(_) | Problem::Storage(_) | Problem::Busy => {
                (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1)
            }
        };
        let mut response = (status, Json(self.body())).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        response
    }
}

/// Unknown paths, on every face.
pub async fn not_found(uri: Uri) -> Response {
    let body = ProblemBody {
        error: "not found".to_owned(),
        message: brief(&format!("There is nothing at {}.", uri.path())),
        hint: Some("GET /openapi.json lists every path.".to_owned()),
        field: None,
        reason_code: None,
    };
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

pub async fn method_not_allowed(uri: Uri) -> Response {
    // The contract of the board knows no other answer.
    if super::board::is_address(uri.path()) {
        return not_found(uri).await;
    }
    let body = ProblemBody {
        error: "method_not_allowed".to_owned(),
        message: "This path does not answer that method.".to_owned(),
        hint: Some("GET /openapi.json lists every path with its methods.".to_owned()),
        field: None,
        reason_code: None,
    };
    (StatusCode::METHOD_NOT_ALLOWED, Json(body)).into_response()
}

/// A refusal made at the edge, before any command.
pub fn refuse(
    kind: Kind,
    code: &'static str,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Problem {
    Reject::new(kind, code, message).hint(hint).into()
}

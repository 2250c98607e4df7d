//! Reading requests: JSON bodies and query parameters, with errors that name the member.

use crate::problem::Problem;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use kernel::limits::BODY_BYTES_MAX;
use kernel::{Kind, Reject};
use serde::de::DeserializeOwned;

/// A JSON object of at most [`BODY_BYTES_MAX`] bytes; an empty body is an empty object. The
/// content type is not looked at: `curl -d` sends another, and pages of other sites are refused
/// by their origin.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX)
            .await
            .map_err(|_| {
                let message =
                    format!("The body is larger than {BODY_BYTES_MAX} bytes, or it ended early.");
                Reject::new(Kind::TooLarge, "payload_too_large", message)
                    .hint("Store large content as a blob: PUT /v1/blobs.")
            })?;
        parse(if bytes.is_empty() { b"{}" } else { &bytes }).map(Body)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would fill a struct by position; only objects are meant.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(
            Reject::invalid("invalid_body", "body", "The body must be a JSON object.").into(),
        );
    }
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." {
            "body".to_owned()
        } else {
            field
        };
        Reject::invalid(
            "invalid_body",
            &field,
            format!("{field:?} cannot be read: {}.", error.inner()),
        )
    })?;
    source.end().map_err(|error| {
        Reject::invalid(
            "invalid_body",
            "body",
            format!("The body is not one JSON object: {error}."),
        )
    })?;
    Ok(value)
}

/// Query parameters; one that cannot be read is a 400 with its name.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let source = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(source)
            .map(Params)
            .map_err(|error| {
                let field = error.path().to_string();
                Reject::invalid(
                    "invalid_parameter",
                    &field,
                    format!("The parameter {field:?} cannot be read: {}.", error.inner()),
                )
                .into()
            })
    }
}

/// A list limit: absent is `default`, more than `max` is `max`, 0 is 1.
pub fn limit(asked: Option<u32>, default: u32, max: u32) -> u32 {
    asked.unwrap_or(default).clamp(1, max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        limit: Option<u32>,
        #[serde(default)]
        names: Vec<String>,
    }

    #[test]
    fn bodies_name_the_member_at_fault() {
        assert_eq!(
            parse::<Sample>(b" {\"limit\": 1, \"other\": [] }")
                .map(|s| s.limit)
                .ok(),
            Some(Some(1))
        );
        for (body, field) in [
            (&b"[1]"[..], "body"),
            (b"", "body"),
            (b"{\"limit\": \"a\"}", "limit"),
            (b"{\"limit\": 1.5}", "limit"),
            (b"{\"names\": [\"a\", 2]}", "names[1]"),
            (b"{\"names\": [\"\\ud800\"]}", "names[0]"),
            (b"{} {}", "body"),
            (b"{\"limit\": ", "limit"),
        ] {
            let problem = parse::<Sample>(body).expect_err("refused");
            assert_eq!(
                (problem.status(), problem.body().field.as_deref()),
                (400, Some(field))
            );
        }
    }

    #[test]
    fn limits_are_clamped() {
        assert_eq!(
            (
                limit(None, 50, 200),
                limit(Some(0), 50, 200),
                limit(Some(999), 50, 200)
            ),
            (50, 1, 200)
        );
    }
}

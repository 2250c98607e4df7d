//! Reading requests: JSON bodies, query parameters and addresses, with errors that name the member.

use crate::problem::Problem;
use axum::body::Body as Stream;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use futures_util::StreamExt;
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
        let bytes = read(request.into_body()).await?;
        parse(if bytes.is_empty() { b"{}" } else { &bytes }).map(Body)
    }
}

/// Reads a body of at most [`BODY_BYTES_MAX`] bytes.
pub async fn read(body: Stream) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ended_early())?;
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            let message = format!("The body is larger than {BODY_BYTES_MAX} bytes.");
            return Err(Reject::new(Kind::TooLarge, "payload_too_large", message)
                .hint("Store large content as a blob: PUT /v1/blobs.")
                .into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The refusal of a body whose sender went away.
pub fn ended_early() -> Reject {
    Reject::invalid(
        "body_ended_early",
        "body",
        "The body ended before it was whole.",
    )
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
        // "." is the whole, "?" a place that has no name yet.
        let field = match error.path().to_string().as_str() {
            "." | "?" => "body".to_owned(),
            member => member.to_owned(),
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

/// Query parameters; one that cannot be read is a 400 with its name. A number that is left empty, as
/// forms do, is not there.
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

/// The parameters of the address; one that cannot be read is a 400 with its name.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = extract::Path::from_request_parts(parts, state).await;
        read.map(|extract::Path(value)| Path(value))
            .map_err(|rejection| unreadable(&rejection).into())
    }
}

fn unreadable(rejection: &PathRejection) -> Reject {
    let field = if let PathRejection::FailedToDeserializePathParams(error) = rejection
        && let ErrorKind::InvalidUtf8InPathParam { key } = error.kind()
    {
        key.as_str()
    } else {
        "path"
    };
    let message = format!("The parameter {field:?} of the address cannot be read.");
    Reject::invalid("invalid_parameter", field, message).hint("Write it in UTF-8, percent-encoded.")
}

/// A list limit: absent is `default`, more than `max` is `max`, 0 is 1.
pub fn limit(asked: Option<u32>, default: u32, max: u32) -> u32 {
    asked.unwrap_or(default).clamp(1, max)
}

/// A sequence or a position of the log. They are counted in 63 bits: what is past those is past the
/// end, as any other number that is too large.
pub fn place(asked: u64) -> u64 {
    asked.min(i64::MAX.unsigned_abs())
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

//! Headers of a request that is to be performed. Secrets are named in them, never written out:
//! `Bearer {{secret:NAME}}`. So what the owner sees on the card, what the digest covers and what
//! the log keeps is the reference.

use crate::limits;
use crate::redaction;
use crate::reject::Reject;
use serde_json::Value;
use std::collections::BTreeMap;

/// Headers by name, in lower case.
pub type Headers = BTreeMap<String, String>;

const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";

/// Headers that the transport sets, or that say something to the machines in between.
const RESERVED: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers whose value is a secret by what they are for.
const SECRET: [&str; 7] = [
    "api-key",
    "authorization",
    "cookie",
    "x-access-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// A piece of a header's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// The secret of this name is to stand here.
    Secret(&'a str),
}

/// Whether a secret may have this name: 1 to 64 of `A-Z a-z 0-9 _ . -`.
pub fn is_secret_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=limits::SECRET_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// Takes a value apart; `None` when a reference in it cannot be read.
pub fn pieces(value: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("{{") {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let reference = after.strip_prefix(&OPEN[2..])?;
        let (name, after) = reference.split_once(CLOSE)?;
        if !is_secret_name(name) {
            return None;
        }
        pieces.push(Piece::Secret(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Some(pieces)
}

/// Reads the headers of a request.
///
/// # Errors
/// `invalid_headers`, and `secret_in_request` for what looks like a secret.
pub fn read(value: Option<&Value>) -> Result<Headers, Reject> {
    let value = match value {
        None | Some(Value::Null) => return Ok(Headers::new()),
        Some(value) => value,
    };
    let members = value.as_object().ok_or_else(|| {
        let message = "\"headers\" must be an object of names and texts.";
        Reject::invalid("invalid_headers", "headers", message)
    })?;
    if members.len() > limits::EGRESS_HEADERS_MAX {
        let message = format!(
            "\"headers\" may have {} entries.",
            limits::EGRESS_HEADERS_MAX
        );
        return Err(Reject::invalid("invalid_headers", "headers", message));
    }
    let mut headers = Headers::new();
    let mut bytes = 0;
    for (name, value) in members {
        let name = name.to_ascii_lowercase();
        let field = format!("headers.{name}");
        let invalid = |why: &str| {
            let message = format!("\"{field}\" {why}.");
            Reject::invalid("invalid_headers", &field, message)
        };
        if !is_token(&name) {
            return Err(invalid("is no name of a header"));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(invalid("is set by Signalbox and cannot be chosen"));
        }
        let Some(value) = value.as_str() else {
            return Err(invalid("must be a text"));
        };
        let visible = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\t';
        if value.trim() != value || !value.bytes().all(visible) {
            return Err(invalid("must be visible ASCII, without blanks at its ends"));
        }
        let pieces = pieces(value)
            .ok_or_else(|| invalid("has a reference that cannot be read: write {{secret:NAME}}"))?;
        let is_reference = pieces.iter().any(|it| matches!(it, Piece::Secret(_)));
        let shows_secret = redaction::redact_text(value).is_some();
        if shows_secret || (SECRET.contains(&name.as_str()) && !is_reference) {
            return Err(secret_in_request(&field));
        }
        bytes += name.len() + value.len();
        if headers.insert(name, value.to_owned()).is_some() {
            return Err(invalid("is there twice"));
        }
    }
    if bytes > limits::EGRESS_HEADER_BYTES_MAX {
        let message = format!(
            "\"headers\" may have {} bytes together.",
            limits::EGRESS_HEADER_BYTES_MAX
        );
        return Err(Reject::invalid("invalid_headers", "headers", message));
    }
    Ok(headers)
}

/// What is sent must be what is shown and kept, and secrets are neither.
pub(super) fn secret_in_request(field: &str) -> Reject {
    let message = format!("\"{field}\" holds a secret, or is for one.");
    Reject::invalid("secret_in_request", field, message).hint(
        "Have the owner keep it with `signalbox secret set NAME --host HOST`, and write \
         {{secret:NAME}} into the header.",
    )
}

fn is_token(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=limits::NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references() {
        use Piece::{Secret, Text};
        for (value, expected) in [
            ("plain", Some(vec![Text("plain")])),
            ("", Some(vec![])),
            (
                "Bearer {{secret:API_KEY}}",
                Some(vec![Text("Bearer "), Secret("API_KEY")]),
            ),
            (
                "{{secret:a}}:{{secret:b.c-d}}",
                Some(vec![Secret("a"), Text(":"), Secret("b.c-d")]),
            ),
            ("{{secret:}}", None),
            ("{{secret:a b}}", None),
            ("{{secret:../x}}", None),
            ("{{secret:a", None),
            ("{{other}}", None),
            ("a }} b", Some(vec![Text("a }} b")])),
        ] {
            assert_eq!(pieces(value), expected, "{value}");
        }
        assert!(!is_secret_name(&"x".repeat(65)));
    }

    #[test]
    fn what_headers_may_be() {
        let good =
            json!({"Authorization": "Bearer {{secret:KEY}}", "X-Trace": "a b", "accept": "*/*"});
        let headers = read(Some(&good)).expect("they are fine");
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        assert_eq!(names, ["accept", "authorization", "x-trace"]);
        assert_eq!(read(None), Ok(Headers::new()));
        assert_eq!(read(Some(&Value::Null)), Ok(Headers::new()));
        let key = format!("sk-{}", "a1".repeat(20));
        for (headers, code, field) in [
            (json!([]), "invalid_headers", "headers"),
            (json!({"a b": "c"}), "invalid_headers", "headers.a b"),
            (json!({"": "c"}), "invalid_headers", "headers."),
            (json!({"Host": "b.test"}), "invalid_headers", "headers.host"),
            (
                json!({"transfer-encoding": "chunked"}),
                "invalid_headers",
                "headers.transfer-encoding",
            ),
            (json!({"a": 1}), "invalid_headers", "headers.a"),
            (json!({"a": "b\r\nevil: 1"}), "invalid_headers", "headers.a"),
            (json!({"a": "é"}), "invalid_headers", "headers.a"),
            (json!({"a": " b"}), "invalid_headers", "headers.a"),
            (json!({"a": "{{secret:"}), "invalid_headers", "headers.a"),
            (json!({"a": "1", "A": "2"}), "invalid_headers", "headers.a"),
            (
                json!({"authorization": "Basic abc"}),
                "secret_in_request",
                "headers.authorization",
            ),
            (
                json!({"cookie": "a=b"}),
                "secret_in_request",
                "headers.cookie",
            ),
            (
                json!({"x-note": key}),
                "secret_in_request",
                "headers.x-note",
            ),
            (
                json!({"a": "b".repeat(limits::EGRESS_HEADER_BYTES_MAX)}),
                "invalid_headers",
                "headers",
            ),
        ] {
            let reject = read(Some(&headers)).expect_err(code);
            assert_eq!(
                (reject.code, reject.field.as_deref()),
                (code, Some(field)),
                "{headers}"
            );
        }
    }
}

//! Checks on what callers send: lengths, NUL, depth. Each names the field at fault.

use crate::limits;
use crate::redaction;
use crate::reject::Reject;
use serde_json::Value;

/// A required text of at least one visible character and at most `max_chars`, trimmed.
pub fn required(
    code: &'static str,
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> Result<String, Reject> {
    let trimmed = text.map(str::trim).unwrap_or_default();
    if trimmed.is_empty() {
        return Err(Reject::invalid(
            code,
            field,
            format!("{field:?} is required and may not be empty."),
        ));
    }
    bounded(field, trimmed, max_chars)?;
    Ok(trimmed.to_owned())
}

/// An optional text of at most `max_chars`; empty is absent.
pub fn optional(
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> Result<Option<String>, Reject> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => bounded(field, text, max_chars).map(|()| Some(text.to_owned())),
    }
}

/// An optional identifier that is kept beside the data: it is compared, stored and shown as it
/// is, so what looks like a secret is refused instead of masked.
pub fn identifier(
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> Result<Option<String>, Reject> {
    let text = optional(field, text, max_chars)?;
    if text
        .as_deref()
        .is_some_and(|text| redaction::redact_text(text).is_some())
    {
        let message = format!("{field:?} looks like a secret, and identifiers are not masked.");
        return Err(Reject::invalid("secret_in_identifier", field, message)
            .hint("Choose another identifier, and treat the secret as leaked."));
    }
    Ok(text)
}

fn bounded(field: &str, text: &str, max_chars: usize) -> Result<(), Reject> {
    no_nul(field, text)?;
    if text.chars().count() > max_chars {
        let message = format!("{field:?} is longer than {max_chars} characters.");
        return Err(Reject::invalid("field_too_long", field, message));
    }
    Ok(())
}

/// Refuses NUL: it cannot be shown, and much that reads a text ends at it.
pub fn no_nul(field: &str, text: &str) -> Result<(), Reject> {
    if text.contains('\0') {
        let message = format!("{field:?} contains a NUL character.");
        return Err(
            Reject::invalid("invalid_text", field, message).hint("Remove the NUL character.")
        );
    }
    Ok(())
}

/// A size or an offset that a caller claims, in bytes.
pub fn claimed_bytes(field: &str, bytes: Option<u64>) -> Result<(), Reject> {
    if bytes.is_none_or(|bytes| bytes <= limits::CLAIMED_BYTES_MAX) {
        return Ok(());
    }
    let message = format!("{field:?} may be {} at most.", limits::CLAIMED_BYTES_MAX);
    Err(Reject::invalid("number_too_large", field, message))
}

/// An open JSON value: no NUL in any text or key, and no deeper than [`limits::JSON_DEPTH_MAX`].
pub fn open_value(field: &str, value: &Value) -> Result<(), Reject> {
    walk(field, value, 1)
}

fn walk(field: &str, value: &Value, depth: usize) -> Result<(), Reject> {
    if depth > limits::JSON_DEPTH_MAX {
        let message = format!(
            "{field:?} is nested deeper than {} levels.",
            limits::JSON_DEPTH_MAX
        );
        return Err(Reject::invalid("json_too_deep", field, message));
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => no_nul(field, text),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| walk(field, item, depth + 1)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            no_nul(field, key)?;
            walk(field, member, depth + 1)
        }),
    }
}

/// An optional list of short texts (labels, tags).
pub fn labels(field: &str, value: Option<&Value>) -> Result<(), Reject> {
    let Some(value) = value else { return Ok(()) };
    let texts = value
        .as_array()
        .filter(|items| items.iter().all(Value::is_string));
    match texts {
        Some(items) if items.len() <= limits::LABELS_MAX => open_value(field, value),
        Some(_) => {
            let message = format!("{field:?} has more than {} entries.", limits::LABELS_MAX);
            Err(Reject::invalid("too_many_entries", field, message))
        }
        None => Err(Reject::invalid(
            "invalid_type",
            field,
            format!("{field:?} must be a list of texts."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn required_text() {
        assert_eq!(
            required("missing_title", "title", Some("  a "), 5),
            Ok("a".into())
        );
        for (text, code) in [
            (None, "missing_title"),
            (Some(" "), "missing_title"),
            (Some("abcdef"), "field_too_long"),
            (Some("a\0"), "invalid_text"),
        ] {
            let reject = required("missing_title", "title", text, 5).expect_err("refused");
            assert_eq!(
                (reject.code, reject.field.as_deref()),
                (code, Some("title"))
            );
        }
    }

    #[test]
    fn open_values_are_bounded() {
        let mut deep = json!(1);
        for _ in 0..limits::JSON_DEPTH_MAX {
            deep = json!([deep]);
        }
        assert_eq!(
            open_value("input", &deep).map_err(|r| r.code),
            Err("json_too_deep")
        );
        assert_eq!(open_value("input", &deep[0]), Ok(()));
        assert_eq!(
            open_value("input", &json!({"k\0": 1})).map_err(|r| r.code),
            Err("invalid_text")
        );
        assert_eq!(
            labels("labels", Some(&json!(["a", 1]))).map_err(|r| r.code),
            Err("invalid_type")
        );
    }
}

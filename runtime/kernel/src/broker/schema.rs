//! The part of JSON Schema that topics go by: type, properties, required, items, enum, bounds of numbers and
//! lengths of texts. Clients check the same before they send. What else a schema says is not looked at.

use crate::limits;
use serde_json::Value;

/// What is wrong with a payload, and where: `a.b`, `[0].x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    pub path: String,
    pub message: String,
}

/// Everything that is wrong, at most [`limits::SCHEMA_ERRORS_MAX`].
pub fn validate(schema: &Value, payload: &Value) -> Vec<SchemaError> {
    let mut errors = Vec::new();
    check(schema, payload, "", 0, &mut errors);
    errors
}

fn check(schema: &Value, value: &Value, path: &str, depth: usize, errors: &mut Vec<SchemaError>) {
    // A schema is bounded as every JSON of ours is.
    if depth > limits::JSON_DEPTH_MAX || errors.len() >= limits::SCHEMA_ERRORS_MAX {
        return;
    }
    let mut wrong = |message: String| {
        let path = path.to_owned();
        errors.push(SchemaError { path, message });
    };
    let kind = schema.get("type").and_then(Value::as_str);
    if let Some(kind) = kind
        && !is_of(kind, value)
    {
        wrong(format!(
            "Expected {}, got {}",
            expected(kind),
            kind_of(value)
        ));
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(shown).collect();
        wrong(format!("Value must be one of: {}", allowed.join(", ")));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            wrong(format!("Value must be >= {least}"));
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            wrong(format!("Value must be <= {most}"));
        }
    }
    if let Some(text) = value.as_str() {
        // As clients count.
        let units = text.encode_utf16().count() as f64;
        if let Some(least) = bound("minLength").filter(|least| units < *least) {
            wrong(format!("String must be at least {least} characters"));
        }
        if let Some(most) = bound("maxLength").filter(|most| units > *most) {
            wrong(format!("String must be at most {most} characters"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if let (Some("object"), Some(properties), Some(members)) = (kind, properties, value.as_object())
    {
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !members.contains_key(*name)) {
            let path = below(path, name);
            let message = format!("Missing required field: {name}");
            errors.push(SchemaError { path, message });
        }
        for (name, schema) in properties {
            if let Some(member) = members.get(name) {
                check(schema, member, &below(path, name), depth + 1, errors);
            }
        }
    }
    if let (Some("array"), Some(schema), Some(items)) =
        (kind, schema.get("items"), value.as_array())
    {
        for (index, item) in items.iter().enumerate() {
            check(schema, item, &format!("{path}[{index}]"), depth + 1, errors);
        }
    }
    errors.truncate(limits::SCHEMA_ERRORS_MAX);
}

fn below(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => kind_of(value) == other,
    }
}

fn expected(kind: &str) -> String {
    match kind {
        "integer" | "number" => kind.to_owned(),
        other => format!("type {other}"),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let person = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 2, "maxLength": 4},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "mood": {"enum": ["fine", 7]},
            "tags": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "boolean"}}}},
        }});
        for (payload, expected) in [
            (
                json!({"name": "Ann", "age": 7.0, "mood": 7, "tags": [], "more": 1}),
                vec![],
            ),
            (json!({}), vec![("name", "Missing required field: name")]),
            (json!([]), vec![("", "Expected type object, got array")]),
            (json!(null), vec![("", "Expected type object, got null")]),
            (
                json!({"name": "A"}),
                vec![("name", "String must be at least 2 characters")],
            ),
            (
                json!({"name": "Annie"}),
                vec![("name", "String must be at most 4 characters")],
            ),
            (
                json!({"name": 1}),
                vec![("name", "Expected type string, got number")],
            ),
            (
                json!({"name": "Ann", "age": 1.5}),
                vec![("age", "Expected integer, got number")],
            ),
            (
                json!({"name": "Ann", "age": -1}),
                vec![("age", "Value must be >= 0")],
            ),
            (
                json!({"name": "Ann", "age": 151}),
                vec![("age", "Value must be <= 150")],
            ),
            (
                json!({"name": "Ann", "mood": "bad"}),
                vec![("mood", "Value must be one of: fine, 7")],
            ),
            (
                json!({"name": "Ann", "tags": [{"x": true}, {"x": 1}, 2]}),
                vec![
                    ("tags[1].x", "Expected type boolean, got number"),
                    ("tags[2]", "Expected type object, got number"),
                ],
            ),
        ] {
            let found = validate(&person, &payload);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|error| (error.path.as_str(), error.message.as_str()))
                .collect();
            assert_eq!(found, expected, "{payload}");
        }
        assert_eq!(
            validate(&json!({"type": "number"}), &json!("x"))[0].message,
            "Expected number, got string"
        );
        for nothing in [
            json!(null),
            json!(true),
            json!({"type": 7}),
            json!({"minimum": "x"}),
        ] {
            assert_eq!(validate(&nothing, &json!({"a": 1})), []);
        }
        let items = json!({"type": "array", "items": {"type": "null"}});
        let many = json!(vec![1; limits::SCHEMA_ERRORS_MAX + 5]);
        assert_eq!(validate(&items, &many).len(), limits::SCHEMA_ERRORS_MAX);
    }
}

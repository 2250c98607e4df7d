//! Canonical JSON as JavaScript would print it: the input of every hash in the log.
//!
//! No white space; object keys sorted by UTF-16 code units, except that array-index-like keys
//! (`"0"`, `"10"`) come first in numeric order, as they do in a JavaScript object; numbers print
//! as ECMAScript prints them. Integers that a JSON text gives exactly are printed exactly, also
//! past 2^53, where JavaScript could not have read them.

use serde_json::Value;
use std::cmp::Ordering;

/// The canonical text of `value`.
pub fn to_string(value: &Value) -> String {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends the canonical text of `value` to `out`.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_str(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by(|a, b| key_order(a.0, b.0));
            out.push(b'{');
            for (index, (key, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_str(key, out);
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends a JSON string literal: serde_json escapes exactly what `JSON.stringify` does.
pub fn write_str(text: &str, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = serde_json::to_writer(out, text);
}

fn write_number(number: &serde_json::Number, out: &mut Vec<u8>) {
    if number.is_i64() || number.is_u64() {
        out.extend_from_slice(number.to_string().as_bytes());
    } else {
        let float = number.as_f64().unwrap_or(0.0);
        out.extend_from_slice(ryu_js::Buffer::new().format(float).as_bytes());
    }
}

fn key_order(a: &str, b: &str) -> Ordering {
    match (array_index(a), array_index(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) if a.is_ascii() && b.is_ascii() => a.cmp(b),
        (None, None) => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

/// The numeric value of a key that JavaScript treats as an array index: canonical decimal,
/// below 2^32 − 1.
fn array_index(key: &str) -> Option<u32> {
    let canonical = key == "0" || (!key.starts_with('0') && !key.is_empty());
    if !canonical || !key.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|index| *index != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let value: Value = serde_json::from_str(source).expect("test JSON");
        assert_eq!(to_string(&value), expected);
    }

    #[test]
    fn prints_as_javascript_does() {
        check("1.0", "1");
        check("1e21", "1e+21");
        check("-0", "0");
        check("-0.0", "0");
        check("0.1", "0.1");
        check("1e-7", "1e-7");
        check("123456789012345680000", "123456789012345680000");
        check(
            "\"\\u0007\\u2028\\u00e9/\\\"\"",
            "\"\\u0007\u{2028}é/\\\"\"",
        );
        check("[null, true,{ } ]", "[null,true,{}]");
    }

    #[test]
    fn sorts_index_like_keys_first_and_the_rest_by_code_unit() {
        check(
            r#"{"b":1,"a":2,"10":1,"2":2,"A":null,"01":0,"4294967295":0,"4294967294":9}"#,
            r#"{"2":2,"10":1,"4294967294":9,"01":0,"4294967295":0,"A":null,"a":2,"b":1}"#,
        );
        // U+FF5E sorts after the surrogates of U+1F600 by code unit, before it by code point.
        check(
            "{\"\u{ff5e}\":1,\"\u{1f600}\":2}",
            "{\"\u{1f600}\":2,\"\u{ff5e}\":1}",
        );
    }
}

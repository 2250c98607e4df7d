//! Odd requests: what people mistype, what programs get wrong, and what somebody sends on purpose.

use super::dice::Dice;
use super::operation::Operation;
use crate::support::{Http, OWNER_TOKEN, Scene};
use serde_json::{Value, json};

/// Identifiers of things that are there, by the name of their parameter.
pub fn ids(scene: &Scene) -> Vec<(&'static str, String)> {
    vec![
        ("room_id", scene.room.clone()),
        ("thread_id", scene.thread.clone()),
        ("run_id", scene.run.clone()),
        ("step_id", scene.step.clone()),
        ("tool_call_id", scene.call.clone()),
    ]
}

/// The same of the board.
pub async fn on_the_board(http: &Http) -> Vec<(&'static str, String)> {
    let asked = http
        .post("/tasks", json!({"from": "agent.odd", "title": "odd"}))
        .await;
    let task = asked.expect(201)["id"].as_str().unwrap().to_owned();
    vec![("ch", "general".to_owned()), ("id", task)]
}

/// Percent-encoded pieces for paths and queries.
const PIECES: [&str; 22] = [
    "0",
    "-1",
    "1.5",
    "1e3",
    "7",
    "99999999999999999999",
    "18446744073709551615",
    "9223372036854775808",
    "true",
    "null",
    "desc",
    "room",
    "workspace",
    "ws_dev",
    "2026-11-21T15%3A00%3A00Z",
    "9999-12-31T23%3A59%3A60.999Z",
    "%00",
    "%F0%9F%98%80",
    "%ff%fe",
    "..%2F..%2Fetc%2Fpasswd",
    "%27%3B%20DROP%20TABLE%20event%3B--",
    "%22%2A%20OR%20%28",
];

fn piece(dice: &mut Dice, ids: &[(&'static str, String)]) -> String {
    match dice.below(8) {
        0 => dice.pick(ids).1.clone(),
        1 => "x".repeat(1 + dice.below(9_000)),
        _ => (*dice.pick(&PIECES)).to_owned(),
    }
}

/// The address of a request: mostly about things that are there, so that it gets past the first check.
pub fn address(dice: &mut Dice, operation: &Operation, ids: &[(&'static str, String)]) -> String {
    let mut path = String::new();
    for part in operation.path.split('/').skip(1) {
        path.push('/');
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        let known = name.and_then(|name| ids.iter().find(|(known, _)| *known == name));
        match (name, known) {
            (None, _) => path.push_str(part),
            (Some(_), Some((_, id))) if !dice.once_in(4) => path.push_str(id),
            (Some(_), _) => path.push_str(&piece(dice, ids)),
        }
    }
    let mut separator = '?';
    for name in &operation.query {
        while dice.once_in(3) {
            let known = ids.iter().find(|(known, _)| known == name);
            let value = match known {
                Some((_, id)) if !dice.once_in(3) => id.clone(),
                Some(_) | None => piece(dice, ids),
            };
            path.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
    }
    path
}

/// The caller of a request, with whatever headers it sends.
pub fn caller(dice: &mut Dice, http: &Http, engine_token: &str) -> Http {
    let mut http = match dice.below(6) {
        0 | 1 => http.clone(),
        2 => http.clone().bearer(engine_token),
        3 if dice.once_in(3) => http.clone().bearer("no-such-token"),
        _ => http.clone().bearer(OWNER_TOKEN),
    };
    let long = "x".repeat(5_000);
    for (name, values) in [
        ("x-workspace-id", ["ws_b", "a b", &long, ""]),
        ("idempotency-key", ["k", "k k", &long, ""]),
        ("x-claim-token", ["no-such-token", "\t", &long, ""]),
        ("x-request-id", ["request-1", "short", &long, ""]),
        ("x-correlation-id", ["task-1", "a b", &long, ""]),
        ("last-event-id", ["3", "-1", "abc", "99999999999999999999"]),
        (
            "content-type",
            ["text/plain", "application/xml", "multipart/form-data", "x"],
        ),
        ("accept", ["text/html", "image/png", "*/*;q=x", ""]),
    ] {
        if dice.once_in(12) {
            http = http.header(name, values[dice.below(values.len())]);
        }
    }
    http
}

/// What a member of this name mostly is.
fn plausible(dice: &mut Dice, name: &str, ids: &[(&'static str, String)]) -> Value {
    if let Some((_, id)) = ids.iter().find(|(known, _)| *known == name) {
        return json!(id);
    }
    match name {
        "claim_token" | "sha256" | "engine_id" | "engine_token" => Value::Null,
        "observed" | "rotate" => json!(true),
        "offset_bytes" | "size_bytes" => json!(dice.pick(&[0, 7, 1 << 53, 1 << 63, u64::MAX])),
        "labels" | "tags" | "rooms" => json!(["a", "b"]),
        "content" => dice
            .pick(&[
                json!({"type": "json", "json": {"a": [1.5]}}),
                json!({"type": "uri", "uri": "file:///tmp/x"}),
                json!({"type": "blob", "blob": "sha256:00"}),
            ])
            .clone(),
        "input" => json!({"command": {"argv": ["true"]}}),
        "error" | "metadata" | "model_context" | "output" => json!({"a": {"b": [1]}}),
        "schema_version" => json!("2.1"),
        "stream" => json!("stdout"),
        "valid_until" => json!("2099-01-01T00:00:00Z"),
        "kind" => json!("restart"),
        "component" => json!("worker"),
        _ => json!("walrus"),
    }
}

/// A JSON value, right or wrong.
fn value(dice: &mut Dice) -> Value {
    match dice.below(20) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1.5),
        4 => json!(u64::MAX),
        5 => json!(1e300),
        6 => json!([]),
        7 => json!({}),
        8 => json!(["a", 1, null, {"b": []}]),
        9 => json!({"type": "text", "text": "t"}),
        10 => json!({"argv": ["true"], "env": {"A": "b"}}),
        11 => json!({"command": {"argv": ["x", 3]}}),
        12 => json!("a\u{0}b"),
        13 => json!("\u{1f600}\u{202e}\u{feff}"),
        14 => json!("x".repeat(1 + dice.below(300_000))),
        15 => json!(format!("sk-{}", "Ab1".repeat(9))),
        16 => (0..dice.below(90)).fold(json!("deep"), |inner, _| json!([inner])),
        17 => json!(""),
        18 => json!("stdout"),
        _ => json!("walrus"),
    }
}

/// A body: mostly an object with the members that are asked for, some of them wrong.
pub fn body(
    dice: &mut Dice,
    operation: &Operation,
    ids: &[(&'static str, String)],
) -> Option<Vec<u8>> {
    let Some(members) = &operation.members else {
        return (!operation.method.is_safe()).then(|| vec![7; dice.below(2_000)]);
    };
    let mut body = json!({});
    // Mostly one member is wrong: with more, the first of them hides the others.
    let wrong_one = dice.below(members.len().max(1));
    let all_wrong = dice.once_in(4);
    for (index, name) in members.iter().enumerate() {
        if dice.once_in(4) {
            continue;
        }
        body[name] = if all_wrong || index == wrong_one {
            value(dice)
        } else {
            plausible(dice, name, ids)
        };
    }
    if dice.once_in(8) {
        body["no_such_member"] = value(dice);
    }
    let text = body.to_string();
    Some(match dice.below(50) {
        0 => Vec::new(),
        1 => b"[]".to_vec(),
        2 => b"null".to_vec(),
        3 => b"{\"a\":".repeat(10_000),
        4 => b"{\"title\": NaN, \"limit\": 1e9999}".to_vec(),
        5 => b"{\"title\": \"\\ud800\", \"title\": 1}".to_vec(),
        6 => text.as_bytes()[..text.len() / 2].to_vec(),
        7 => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        8 => text.bytes().map(|byte| byte ^ 0x80).collect(),
        9 if dice.once_in(4) => vec![b' '; 1_100_000],
        _ => text.into_bytes(),
    })
}

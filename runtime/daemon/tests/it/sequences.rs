//! Any sequence of requests: whatever came of each of them, the log proves itself and the tables hold
//! what a replay of it gives.

use crate::support::{Api, Http, assert_sound};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeMap;
use tokio::runtime::Runtime;

const SEQUENCES: u32 = 24;
const REQUESTS_MAX: usize = 240;

/// Who may ask, where, and with what. `{room_id}` is one of the rooms that an earlier answer named.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("any", "/v1/rooms", r#"{"title": "room"}"#),
    (
        "any",
        "/v1/rooms/{room_id}/threads",
        r#"{"title": "thread"}"#,
    ),
    (
        "any",
        "/v1/threads/{thread_id}/messages",
        r#"{"content_md": "text"}"#,
    ),
    (
        "any",
        "/v1/threads/{thread_id}/messages",
        r#"{"content_md": "text", "idempotency_key": "k{room_id}"}"#,
    ),
    ("any", "/v1/runs", r#"{"room_id": "{room_id}"}"#),
    (
        "any",
        "/v1/runs",
        r#"{"room_id": "{room_id}", "observed": true}"#,
    ),
    (
        "any",
        "/v1/runs",
        r#"{"room_id": "{room_id}", "input": {"command": {"argv": ["true"]}}}"#,
    ),
    (
        "any",
        "/v1/runs",
        r#"{"room_id": "{room_id}", "experiment_id": "{experiment_id}"}"#,
    ),
    ("any", "/v1/runs/{run_id}/start", "{}"),
    ("any", "/v1/runs/{run_id}/cancel", "{}"),
    ("engine", "/v1/runs/claim", "{}"),
    ("engine", "/v1/runs/claim", r#"{"room_id": "{room_id}"}"#),
    ("engine", "/v1/runs/{run_id}/lease/release", "{}"),
    (
        "engine",
        "/v1/runs/{run_id}/lease/release",
        r#"{"waiting_approval_id": "{approval_id}"}"#,
    ),
    (
        "any",
        "/v1/runs/{run_id}/complete",
        r#"{"summary": "s", "output": {"n": 1}}"#,
    ),
    (
        "any",
        "/v1/runs/{run_id}/fail",
        r#"{"message": "m", "error": {"code": "c"}}"#,
    ),
    ("any", "/v1/runs/{run_id}/steps", r#"{"kind": "step"}"#),
    (
        "any",
        "/v1/steps/{step_id}/toolcalls",
        r#"{"tool_name": "runtime.noop"}"#,
    ),
    (
        "any",
        "/v1/steps/{step_id}/toolcalls",
        r#"{"tool_name": "email.send"}"#,
    ),
    (
        "any",
        "/v1/toolcalls/{tool_call_id}/output",
        r#"{"stream": "stdout", "offset_bytes": 0, "text": "x"}"#,
    ),
    (
        "any",
        "/v1/toolcalls/{tool_call_id}/succeed",
        r#"{"output": {"n": 1}}"#,
    ),
    (
        "any",
        "/v1/toolcalls/{tool_call_id}/fail",
        r#"{"message": "m"}"#,
    ),
    (
        "any",
        "/v1/steps/{step_id}/artifacts",
        r#"{"kind": "k", "content": {"type": "text", "text": "x"}}"#,
    ),
    (
        "any",
        "/v1/approvals",
        r#"{"action": "external.write", "target": "a", "room_id": "{room_id}"}"#,
    ),
    (
        "any",
        "/v1/approvals",
        r#"{"action": "external.write", "target": "a", "run_id": "{run_id}"}"#,
    ),
    (
        "owner",
        "/v1/approvals/{approval_id}/decide",
        r#"{"decision": "approve"}"#,
    ),
    (
        "owner",
        "/v1/approvals/{approval_id}/decide",
        r#"{"decision": "approve", "scope": {"type": "workspace"}}"#,
    ),
    (
        "owner",
        "/v1/approvals/{approval_id}/decide",
        r#"{"decision": "deny"}"#,
    ),
    (
        "owner",
        "/v1/approvals/{approval_id}/decide",
        r#"{"decision": "hold"}"#,
    ),
    ("owner", "/v1/approvals/{approval_id}/revoke", "{}"),
    (
        "any",
        "/v1/policy/evaluate",
        r#"{"action": "external.write", "target": "a", "room_id": "{room_id}"}"#,
    ),
    (
        "any",
        "/v1/egress/requests",
        r#"{"target_url": "https://a.test/", "run_id": "{run_id}"}"#,
    ),
    ("owner", "/v1/policy/kill-switch", r#"{"enabled": true}"#),
    ("owner", "/v1/policy/kill-switch", r#"{"enabled": false}"#),
    ("owner", "/v1/policy/mode", r#"{"mode": "shadow"}"#),
    ("owner", "/v1/policy/mode", r#"{"mode": "enforce"}"#),
    (
        "owner",
        "/v1/engines/register",
        r#"{"actor_id": "another"}"#,
    ),
    ("owner", "/v1/engines/{engine_id}/deactivate", "{}"),
    ("any", "/v1/agents", r#"{"display_name": "agent"}"#),
    ("owner", "/v1/agents/{agent_id}/quarantine", "{}"),
    ("owner", "/v1/agents/{agent_id}/unquarantine", "{}"),
    (
        "owner",
        "/v1/capabilities/grant",
        r#"{"issued_to_principal_id": "{principal_id}", "granted_by_principal_id": "{principal_id}", "scopes": {"tools": ["*"]}}"#,
    ),
    (
        "owner",
        "/v1/capabilities/revoke",
        r#"{"token_id": "{token_id}"}"#,
    ),
    (
        "owner",
        "/v1/resources/labels",
        r#"{"resource_type": "doc", "resource_id": "a", "label": "restricted", "room_id": "{room_id}"}"#,
    ),
    (
        "any",
        "/v1/data/access/requests",
        r#"{"action": "data.read", "resource_type": "doc", "resource_id": "a", "room_id": "{room_id}"}"#,
    ),
    (
        "any",
        "/v1/incidents",
        r#"{"title": "incident", "run_id": "{run_id}"}"#,
    ),
    (
        "any",
        "/v1/incidents/{incident_id}/rca",
        r#"{"summary": "s"}"#,
    ),
    (
        "any",
        "/v1/incidents/{incident_id}/learning",
        r#"{"note": "n"}"#,
    ),
    ("owner", "/v1/incidents/{incident_id}/close", "{}"),
    (
        "any",
        "/v1/experiments",
        r#"{"title": "e", "hypothesis": "h", "risk_tier": "low", "budget_cap_units": 1}"#,
    ),
    (
        "any",
        "/v1/experiments/{experiment_id}/close",
        r#"{"force": true}"#,
    ),
    (
        "any",
        "/v1/scorecards",
        r#"{"template_key": "t", "template_version": "1", "run_id": "{run_id}", "metrics": [{"key": "a", "value": 0.5}]}"#,
    ),
];

/// One request: which, by whom, and which of the things that are known it is about.
#[derive(Clone, Debug)]
struct Turn {
    request: Index,
    who: Index,
    about: Index,
}

fn turn() -> impl Strategy<Value = Turn> {
    (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(request, who, about)| Turn {
        request,
        who,
        about,
    })
}

/// What answers have named, by the member that named it.
#[derive(Default)]
struct Known(BTreeMap<String, Vec<String>>);

impl Known {
    fn learn(&mut self, reply: &Value) {
        match reply {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Value::String(id)) = (name.ends_with("_id"), value) {
                        let ids = self.0.entry(name.clone()).or_default();
                        if !ids.contains(id) {
                            ids.push(id.clone());
                        }
                    }
                    self.learn(value);
                }
            }
            Value::Array(entries) => entries.iter().for_each(|entry| self.learn(entry)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The template with something known for each `{name}`; `None` while nothing is.
    fn fill(&self, template: &str, about: &Index) -> Option<String> {
        let mut text = template.to_owned();
        for (name, ids) in &self.0 {
            let id: &String = about.get(ids);
            text = text.replace(&format!("{{{name}}}"), id);
        }
        let missing = text.contains("_id}");
        (!missing).then_some(text)
    }
}

/// Plays the turns; says how many did something.
async fn play(api: &Api, turns: &[Turn]) -> usize {
    let (owner, local, engine) = (api.owner(), api.local(), api.engine("engine").await);
    let mut known = Known::default();
    let mut taken = 0;
    for turn in turns {
        let (who, path, body) = turn.request.get(REQUESTS);
        let anybody: [&Http; 3] = [&owner, &local, &engine];
        let http = match *who {
            "owner" => &owner,
            "engine" => &engine,
            _ => turn.who.get(&anybody),
        };
        let filled = (known.fill(path, &turn.about), known.fill(body, &turn.about));
        let (Some(path), Some(body)) = filled else {
            continue;
        };
        let reply = http.post_text(&path, body.clone()).await;
        assert!(
            reply.status < 500,
            "{path} {body}\n{} {}",
            reply.status,
            reply.text
        );
        if reply.status < 400 {
            taken += 1;
            known.learn(&serde_json::from_str(&reply.text).unwrap());
        }
    }
    taken
}

#[test]
fn a_rebuild_equals_what_any_sequence_of_requests_made() {
    let (asked, taken) = (Cell::new(0), Cell::new(0));
    let config = Config {
        cases: SEQUENCES,
        // Each try starts an api of its own.
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let turns = prop::collection::vec(turn(), REQUESTS_MAX / 2..REQUESTS_MAX);
    TestRunner::new(config)
        .run(&turns, |turns| {
            let stopped = Runtime::new().unwrap().block_on(async {
                let api = Api::start();
                taken.set(taken.get() + play(&api, &turns).await);
                asked.set(asked.get() + turns.len());
                api.stop().await
            });
            assert_sound(&stopped.data_dir);
            Ok(())
        })
        .unwrap();
    // Otherwise nearly nothing happened, and that is easily rebuilt.
    let (asked, taken) = (asked.get(), taken.get());
    assert!(
        taken * 3 > asked,
        "{taken} of {asked} requests did something"
    );
}

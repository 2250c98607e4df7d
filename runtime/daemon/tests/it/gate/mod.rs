//! The gate from outside: asking, deciding, and what is not let through.

mod approvals;
mod data_access;
mod egress;
mod lending;
mod moments;
mod performing;
mod policy;
mod quota;
mod races;
mod stopped;
mod terminal;
mod waiting;

use crate::support::{Api, Http};
use serde_json::{Value, json};

/// A member of an answer as text.
pub fn text(value: &Value, member: &str) -> String {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {value}"))
        .to_owned()
}

/// Asks for an approval and returns its id.
pub async fn ask(http: &Http, body: Value) -> String {
    let reply = http.post("/v1/approvals", body).await;
    text(&reply.expect(201), "approval_id")
}

/// Lets the owner decide.
pub async fn decide(api: &Api, approval_id: &str, body: Value) {
    let path = format!("/v1/approvals/{approval_id}/decide");
    let reply = api.owner().post(&path, body).await;
    assert_eq!(reply.expect(200), json!({"ok": true}));
}

/// An approval as it stands.
pub async fn approval(http: &Http, approval_id: &str) -> Value {
    let path = format!("/v1/approvals/{approval_id}");
    http.get(&path).await.expect(200)["approval"].take()
}

/// What the gate says: decision and reason code.
pub async fn evaluate(http: &Http, body: Value) -> (String, String) {
    let reply = http.post("/v1/policy/evaluate", body).await.expect(200);
    (text(&reply, "decision"), text(&reply, "reason_code"))
}

/// The same, in words.
pub fn says(decision: &str, reason_code: &str) -> (String, String) {
    (decision.to_owned(), reason_code.to_owned())
}

/// Turns the kill switch.
pub async fn switch(api: &Api, enabled: bool) -> Value {
    let body = json!({"enabled": enabled, "reason": "a test"});
    let reply = api.owner().post("/v1/policy/kill-switch", body).await;
    reply.expect(200)
}

/// The events of these types, oldest first.
pub async fn events(api: &Api, types: &str) -> Vec<Value> {
    let path = format!("/v1/events?limit=200&event_types={types}");
    let page = api.owner().get(&path).await.expect(200);
    page["events"].as_array().unwrap().clone()
}

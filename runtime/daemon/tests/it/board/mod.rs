//! The board over HTTP: channels, tasks, files and presence, as their contract has them.

mod channels;
mod files;
mod history;
mod one_log;
mod presence;
mod retention;
mod streams;
mod tasks;
pub mod watch;

use crate::support::{Http, Reply};
use serde_json::{Value, json};

/// Publishes to a channel and returns the id of the message.
pub async fn publish(http: &Http, channel: &str, kind: &str, body: Value) -> String {
    let message = json!({"from": "agent.ann", "type": kind, "body": body});
    let published = http.post(&format!("/ch/{channel}"), message).await;
    id(&published.expect(201))
}

/// Asks for a task and returns its id.
pub async fn task(http: &Http, more: Value) -> String {
    let mut asked = json!({"from": "agent.ann", "title": "Sweep"});
    let members = asked.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    id(&http.post("/tasks", asked).await.expect(201))
}

pub fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// Asserts a refusal in the one sentence of this face.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, sentence: &str) {
    assert_eq!(reply.expect(status), json!({"error": sentence}));
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
}

/// The messages of a history, which is lines without one after the last.
#[track_caller]
pub fn messages(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/x-ndjson");
    assert!(!reply.text.ends_with('\n'));
    let lines = reply.text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The bodies' `n` of a history.
pub fn numbers(reply: &Reply) -> Vec<i64> {
    let messages = messages(reply);
    messages
        .iter()
        .map(|message| message["body"]["n"].as_i64().unwrap())
        .collect()
}

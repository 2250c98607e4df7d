//! Something for every route to act on.

use super::http::Http;
use serde_json::{Value, json};

/// A run with a step and a tool call, started without a lease: every route has something to act on.
pub struct Scene {
    pub room: String,
    pub thread: String,
    pub run: String,
    pub step: String,
    pub call: String,
}

impl Scene {
    pub async fn set(http: &Http) -> Self {
        let id = |reply: Value, member: &str| reply[member].as_str().unwrap().to_owned();
        let room = http.room("room").await;
        let thread = http.thread(&room).await;
        let run = http.run(&room).await;
        http.post(&format!("/v1/runs/{run}/start"), json!({}))
            .await
            .expect(200);
        let step = http
            .post(&format!("/v1/runs/{run}/steps"), json!({"kind": "task"}))
            .await;
        let step = id(step.expect(201), "step_id");
        let path = format!("/v1/steps/{step}/toolcalls");
        let call = id(
            http.post(&path, json!({"tool_name": "t"}))
                .await
                .expect(201),
            "tool_call_id",
        );
        Self {
            room,
            thread,
            run,
            step,
            call,
        }
    }
}

//! The reports of a holder. Each has its effect once, also when the answer to it was lost.

use super::hold::{Hold, ReportError};
use super::limits::EGRESS_LOOK_EVERY;
use super::output::{Chunk, Recording};
use crate::client::{ClientError, wire};
use serde_json::{Value, json};

/// Events looked back on for a report whose answer was lost: it would be among the newest.
const LOOK_BACK_EVENTS: usize = 50;

impl Hold {
    /// # Errors
    /// When the report is not taken.
    pub async fn create_step(
        &self,
        kind: &str,
        title: &str,
        input: Value,
    ) -> Result<String, ReportError> {
        let path = format!("/v1/runs/{}/steps", self.run_id());
        let body = json!({"kind": kind, "title": title, "input": input});
        let step = self.persist(
            || self.client().post(&path, &body),
            || {
                self.find(|event| {
                    let is_it = event.event_type == "step.created" && event.data["kind"] == kind;
                    let step_id = event.data["step_id"].as_str()?.to_owned();
                    is_it.then_some(wire::CreatedStep { step_id })
                })
            },
        );
        Ok(step.await?.step_id)
    }

    /// # Errors
    /// When the report is not taken, and when the gate does not allow the call.
    pub async fn invoke_tool(
        &self,
        step_id: &str,
        tool_name: &str,
        title: &str,
        input: Value,
    ) -> Result<String, ReportError> {
        let path = format!("/v1/steps/{step_id}/toolcalls");
        let body = json!({"tool_name": tool_name, "title": title, "input": input});
        let call = self.persist(
            || self.client().post(&path, &body),
            || {
                self.find(|event| {
                    let is_it =
                        event.event_type == "tool.invoked" && event.data["tool_name"] == tool_name;
                    let tool_call_id = event.data["tool_call_id"].as_str()?.to_owned();
                    is_it.then_some(wire::Invocation::Made(wire::CreatedToolCall {
                        tool_call_id,
                    }))
                })
            },
        );
        match call.await? {
            wire::Invocation::Made(call) => Ok(call.tool_call_id),
            wire::Invocation::Ruled(ruling) => Err(ReportError::Denied(ruling)),
        }
    }

    /// Asks the gate for a request that would leave this machine.
    ///
    /// # Errors
    /// When the question is not taken.
    pub async fn request_egress(&self, request: &Value) -> Result<wire::EgressAnswer, ReportError> {
        let mut body = request.clone();
        body["run_id"] = json!(self.run_id());
        let asked = self.persist(
            || self.client().post("/v1/egress/requests", &body),
            || {
                self.find(|event| {
                    let is_answer = matches!(
                        event.event_type.as_str(),
                        "egress.allowed" | "egress.blocked"
                    );
                    is_answer.then(|| serde_json::from_value(event.data.clone()).ok())?
                })
            },
        );
        asked.await
    }

    /// The request that the runtime performs, or performed, for this run: an attempt before this
    /// one may have asked for it, and it is never asked for twice by itself.
    ///
    /// # Errors
    /// When the question is not taken.
    pub async fn performed_before(&self) -> Result<Option<wire::PerformedEgress>, ReportError> {
        let query = [
            ("run_id", self.run_id().to_owned()),
            ("limit", LOOK_BACK_EVENTS.to_string()),
        ];
        let all = self.persist_plain(|| self.client().get("/v1/egress/requests", &query));
        let all: wire::EgressRequests = all.await?;
        let mut requests = all.requests.into_iter();
        Ok(requests.find(|request| request.progress.is_some()))
    }

    /// Waits until a request that the runtime performs has ended.
    ///
    /// # Errors
    /// When the question is not taken.
    pub async fn egress_outcome(
        &self,
        egress_request_id: &str,
    ) -> Result<wire::PerformedEgress, ReportError> {
        let path = format!("/v1/egress/requests/{egress_request_id}");
        loop {
            let found = self.persist_plain(|| self.client().get(&path, &[]));
            let found: wire::EgressRequestAnswer = found.await?;
            if found.request.has_ended() {
                return Ok(found.request);
            }
            tokio::time::sleep(EGRESS_LOOK_EVERY).await;
        }
    }

    /// Sends a chunk of live output. `Ok(false)`: no more of it is kept.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn add_output(&self, tool_call_id: &str, chunk: &Chunk) -> Result<bool, ReportError> {
        let path = format!("/v1/toolcalls/{tool_call_id}/output");
        let body =
            json!({"stream": chunk.stream, "offset_bytes": chunk.offset_bytes, "text": chunk.text});
        let accepted = self.persist(
            || self.client().post(&path, &body),
            || {
                self.find(|event| {
                    let same = |member: &str| event.data[member] == body[member];
                    let is_it = event.event_type == "tool.output"
                        && event.data["tool_call_id"] == tool_call_id
                        && same("stream")
                        && same("offset_bytes");
                    is_it.then_some(wire::AcceptedOutput { truncated: false })
                })
            },
        );
        Ok(!accepted.await?.truncated)
    }

    /// Stores the content of a recording as a blob; `None` when it holds nothing.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn put_blob(&self, recording: &Recording) -> Result<Option<String>, ReportError> {
        if recording.body().is_none() {
            return Ok(None);
        }
        let put = || async {
            let body = recording.body().unwrap_or_default();
            self.client().put_blob(body, recording.kept_bytes).await
        };
        self.persist_plain(put).await.map(Some)
    }

    /// # Errors
    /// When the report is not taken.
    pub async fn create_artifact(&self, step_id: &str, body: &Value) -> Result<(), ReportError> {
        let path = format!("/v1/steps/{step_id}/artifacts");
        let created = self.persist(
            || self.client().tell(&path, body),
            || {
                self.find(|event| {
                    let same = |member: &str| event.data[member] == body[member];
                    (event.event_type == "artifact.created" && same("kind") && same("content"))
                        .then_some(())
                })
            },
        );
        created.await
    }

    /// Ends a tool call: `succeed` or `fail`.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn end_tool(
        &self,
        tool_call_id: &str,
        verb: &str,
        body: &Value,
    ) -> Result<(), ReportError> {
        let path = format!("/v1/toolcalls/{tool_call_id}/{verb}");
        let ended = self.persist(
            || self.client().tell(&path, body),
            || {
                self.find(|event| {
                    let is_end =
                        matches!(event.event_type.as_str(), "tool.succeeded" | "tool.failed");
                    (is_end && event.data["tool_call_id"] == tool_call_id).then_some(())
                })
            },
        );
        ended.await
    }

    /// Ends the run: `complete` or `fail`.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn end_run(&self, verb: &str, body: &Value) -> Result<(), ReportError> {
        let path = format!("/v1/runs/{}/{verb}", self.run_id());
        let ends = ["run.completed", "run.failed", "run.cancelled"];
        let ended = self.persist(
            || self.client().tell(&path, body),
            || self.find(|event| ends.contains(&event.event_type.as_str()).then_some(())),
        );
        ended.await
    }

    /// Gives the run back to the queue.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn release(&self) -> Result<(), ReportError> {
        let path = format!("/v1/runs/{}/lease/release", self.run_id());
        let nothing = json!({});
        self.persist_plain(|| self.client().tell(&path, &nothing))
            .await
    }

    /// Gives the run back until the owner has decided.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn release_to_wait(&self, approval_id: &str) -> Result<(), ReportError> {
        let path = format!("/v1/runs/{}/lease/release", self.run_id());
        let body = json!({ "waiting_approval_id": approval_id });
        self.persist_plain(|| self.client().tell(&path, &body))
            .await
    }

    /// Looks for a report in what the log has of this attempt, newest first.
    async fn find<T>(
        &self,
        mut is_it: impl FnMut(&wire::Event) -> Option<T>,
    ) -> Result<Option<T>, ClientError> {
        let query = [
            ("run_id", self.run_id().to_owned()),
            ("order", "desc".to_owned()),
            ("limit", LOOK_BACK_EVENTS.to_string()),
        ];
        let newest: wire::Events = self.client().get("/v1/events", &query).await?;
        let of_attempt = newest
            .events
            .iter()
            .take_while(|event| event.event_type != "run.claimed");
        Ok(of_attempt.into_iter().find_map(&mut is_it))
    }
}

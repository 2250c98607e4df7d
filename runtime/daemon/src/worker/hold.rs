//! Holding a run: the lease is kept alive, every report shows its token, and the moment it is
//! somebody else's, nothing more is reported.

use super::limits::{HEARTBEAT_EVERY, LEASE, RETRY_FIRST, RETRY_MAX};
use crate::client::{Backoff, Client, ClientError, wire};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;

/// Refusals that say that the attempt is over, whatever it was about to report.
const LOST_CODES: [&str; 6] = [
    "lease_token_mismatch",
    "lease_expired",
    "run_not_running",
    "run_already_ended",
    "run_not_found",
    "tool_call_not_running",
];

/// How a holder stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Held,
    /// Somebody asked for the run to stop; it is still held.
    CancelRequested,
    /// It is not ours any more, for this reason.
    Lost(String),
}

/// A report that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run is not ours any more: stop.
    #[error("the run is no longer held: {0}")]
    Lost(String),
    /// This report is not acceptable; others may be.
    #[error(transparent)]
    Refused(ClientError),
}

/// A run that this process holds.
pub struct Hold {
    client: Client,
    run_id: String,
    standing: watch::Sender<Standing>,
    /// Until then nobody else can have the run.
    live_until: Mutex<Instant>,
}

impl Hold {
    /// A run whose lease was granted at, or after, `asked_at`.
    pub fn new(client: &Client, run_id: String, claim_token: String, asked_at: Instant) -> Self {
        Self {
            client: client.clone().holding(claim_token),
            run_id,
            standing: watch::Sender::new(Standing::Held),
            live_until: Mutex::new(asked_at + LEASE),
        }
    }

    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// How it stands, now and later.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Somebody asked for the run to stop.
    pub fn request_cancel(&self) {
        self.standing.send_if_modified(|standing| {
            let held = *standing == Standing::Held;
            if held {
                *standing = Standing::CancelRequested;
            }
            held
        });
    }

    fn lose(&self, why: &str) -> ReportError {
        self.standing.send_if_modified(|standing| {
            let held = !matches!(standing, Standing::Lost(_));
            if held {
                *standing = Standing::Lost(why.to_owned());
            }
            held
        });
        ReportError::Lost(why.to_owned())
    }

    /// Extends the lease for as long as it can be extended. Returns when it is lost.
    pub async fn keep(&self) {
        let path = format!("/v1/runs/{}/lease/heartbeat", self.run_id);
        let nothing = json!({});
        loop {
            tokio::time::sleep(HEARTBEAT_EVERY).await;
            let asked_at = Instant::now();
            let beat = self.persist(&[], || self.client.post(&path, &nothing));
            let beat: Result<wire::Heartbeat, ReportError> = beat.await;
            match beat {
                Ok(beat) => {
                    self.extended(asked_at);
                    if beat.cancel_requested {
                        self.request_cancel();
                    }
                }
                Err(ReportError::Lost(_)) => return,
                Err(ReportError::Refused(error)) => {
                    self.lose(&error.to_string());
                    return;
                }
            }
        }
    }

    fn extended(&self, asked_at: Instant) {
        let mut until = self
            .live_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(asked_at + LEASE);
    }

    fn is_live(&self) -> bool {
        let until = self
            .live_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Instant::now() < *until
    }

    /// Repeats a request through interruptions, for as long as the lease could live. `done_codes`
    /// are refusals of a repeated request that mean that an earlier one had arrived.
    async fn persist<T, F: Future<Output = Result<T, ClientError>>>(
        &self,
        done_codes: &[&str],
        mut request: impl FnMut() -> F,
    ) -> Result<T, ReportError>
    where
        T: Default,
    {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let mut may_have_arrived = false;
        loop {
            if let Standing::Lost(why) = &*self.standing.borrow() {
                return Err(ReportError::Lost(why.clone()));
            }
            let error = match request().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let code = error.code().unwrap_or_default();
            if may_have_arrived && done_codes.contains(&code) {
                return Ok(T::default());
            }
            if LOST_CODES.contains(&code) || is_unauthorized(&error) {
                return Err(self.lose(&error.to_string()));
            }
            if !error.is_transient() {
                return Err(ReportError::Refused(error));
            }
            if !self.is_live() {
                return Err(self.lose("the runtime did not answer while the lease lived"));
            }
            may_have_arrived |= matches!(error, ClientError::Interrupted { .. });
            tokio::time::sleep(backoff.failed()).await;
        }
    }

    /// # Errors
    /// When the report is not taken.
    pub async fn create_step(
        &self,
        kind: &str,
        title: &str,
        input: Value,
    ) -> Result<String, ReportError> {
        let path = format!("/v1/runs/{}/steps", self.run_id);
        let body = json!({"kind": kind, "title": title, "input": input});
        let step = self.persist(&[], || self.client.post(&path, &body));
        let step: wire::CreatedStep = step.await?;
        Ok(step.step_id)
    }

    /// # Errors
    /// When the report is not taken.
    pub async fn invoke_tool(
        &self,
        step_id: &str,
        tool_name: &str,
        title: &str,
        input: Value,
    ) -> Result<String, ReportError> {
        let path = format!("/v1/steps/{step_id}/toolcalls");
        let body = json!({"tool_name": tool_name, "title": title, "input": input});
        let call = self.persist(&[], || self.client.post(&path, &body));
        let call: wire::CreatedToolCall = call.await?;
        Ok(call.tool_call_id)
    }

    /// Sends a chunk of live output. `Ok(false)`: no more of it is kept.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn add_output(
        &self,
        tool_call_id: &str,
        chunk: &super::output::Chunk,
    ) -> Result<bool, ReportError> {
        let path = format!("/v1/toolcalls/{tool_call_id}/output");
        let body =
            json!({"stream": chunk.stream, "offset_bytes": chunk.offset_bytes, "text": chunk.text});
        let accepted = self.persist(&[], || self.client.post(&path, &body));
        let accepted: wire::AcceptedOutput = accepted.await?;
        Ok(!accepted.truncated)
    }

    /// Stores the content of a recording as a blob; `None` when it holds nothing.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn put_blob(
        &self,
        recording: &super::output::Recording,
    ) -> Result<Option<String>, ReportError> {
        let empty = recording.body().is_none();
        if empty {
            return Ok(None);
        }
        let put = || async {
            let body = recording.body().unwrap_or_default();
            self.client.put_blob(body, recording.kept_bytes).await
        };
        self.persist(&[], put).await.map(Some)
    }

    /// # Errors
    /// When the report is not taken.
    pub async fn create_artifact(&self, step_id: &str, body: &Value) -> Result<(), ReportError> {
        let path = format!("/v1/steps/{step_id}/artifacts");
        self.persist(&[], || self.client.tell(&path, body)).await
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
        let done = ["tool_call_not_running"];
        self.persist(&done, || self.client.tell(&path, body)).await
    }

    /// Ends the run: `complete` or `fail`.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn end_run(&self, verb: &str, body: &Value) -> Result<(), ReportError> {
        let path = format!("/v1/runs/{}/{verb}", self.run_id);
        let done = ["run_already_ended"];
        self.persist(&done, || self.client.tell(&path, body)).await
    }

    /// Gives the run back to the queue.
    ///
    /// # Errors
    /// When the report is not taken.
    pub async fn release(&self) -> Result<(), ReportError> {
        let path = format!("/v1/runs/{}/lease/release", self.run_id);
        let nothing = json!({});
        self.persist(&[], || self.client.tell(&path, &nothing))
            .await
    }
}

fn is_unauthorized(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused(refusal) if refusal.status == 401)
}

//! What a worker does where the gate stands: a request that would leave this machine, and work that
//! is not allowed, or not yet.

use super::hold::{Hold, ReportError};
use crate::client::wire;
use serde_json::{Value, json};
use tokio::sync::watch;

/// Asks for the request of a run, and completes the run by the answer. Where the answer blocks, see
/// [`denied`]; in shadow mode it is written down and the run goes on. One that is to be performed is
/// performed by the runtime, and the run ends as it does; a worker that is to stop meanwhile gives
/// the run back, and the next one finds the request.
pub async fn egress(
    hold: &Hold,
    request: &Value,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), ReportError> {
    if request["perform"] == true {
        let is_stopping = async move {
            // The sender lives as long as the worker.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let ended = tokio::select! {
            ended = performed(hold, request) => Some(ended),
            () = is_stopping => None,
        };
        return match ended {
            Some(ended) => ended,
            None => hold.release().await,
        };
    }
    let asked = hold.request_egress(request).await?;
    if asked.ruling.blocked {
        return Err(ReportError::Denied(asked.ruling));
    }
    let title = title(request);
    let step_id = hold.create_step("egress", &title, request.clone()).await?;
    let tool = hold.invoke_tool(&step_id, "egress.request", &title, request.clone());
    let tool_call_id = tool.await?;
    let wire::Ruling {
        decision,
        reason_code,
        approval_id,
        ..
    } = asked.ruling;
    let output = json!({
        "egress_request_id": asked.egress_request_id,
        "decision": decision,
        "reason_code": reason_code,
        "approval_id": approval_id,
    });
    hold.end_tool(&tool_call_id, "succeed", &json!({ "output": output }))
        .await?;
    let body = json!({"summary": "The gate has answered.", "output": output});
    hold.end_run("complete", &body).await
}

async fn performed(hold: &Hold, request: &Value) -> Result<(), ReportError> {
    let egress_request_id = match hold.performed_before().await? {
        Some(before) => before.egress_request_id,
        None => {
            let asked = hold.request_egress(request).await?;
            // Nothing is sent that was not allowed, whatever the mode.
            if asked.ruling.decision != "allow" {
                return Err(ReportError::Denied(asked.ruling));
            }
            asked.egress_request_id
        }
    };
    let title = title(request);
    let step_id = hold.create_step("egress", &title, request.clone()).await?;
    let ended = hold.egress_outcome(&egress_request_id).await?;
    let outcome = ended.outcome.unwrap_or_default();
    if let Some(blob) = outcome["response_blob"].as_str() {
        let body = json!({
            "kind": "egress.response",
            "title": "Answer",
            "mime_type": outcome["response_headers"]["content-type"],
            "content": {"type": "blob", "blob": blob},
        });
        hold.create_artifact(&step_id, &body).await?;
    }
    let mut output = json!({
        "egress_request_id": egress_request_id,
        "decision": ended.policy_decision,
        "reason_code": ended.policy_reason_code,
        "approval_id": ended.approval_id,
    });
    if let (Some(output), Some(outcome)) = (output.as_object_mut(), outcome.as_object()) {
        let told = outcome.iter().filter(|(_, value)| !value.is_null());
        output.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    }
    if ended.progress.as_deref() == Some("performed") {
        let status = &outcome["http_status"];
        let summary = format!("The other side answered with status {status}.");
        let body = json!({"summary": summary, "output": output});
        return hold.end_run("complete", &body).await;
    }
    let body = json!({"message": outcome["message"], "error": output});
    hold.end_run("fail", &body).await
}

fn title(request: &Value) -> String {
    let target = request["target_url"].as_str().unwrap_or_default();
    crate::cli::cut(&format!("Request to {target}"), TITLE_CHARS_MAX)
}

/// Longest title of a request, characters.
const TITLE_CHARS_MAX: usize = 200;

/// Gives a run back that waits for the owner, and ends one that may not go on.
pub async fn denied(hold: &Hold, ruling: &wire::Ruling) -> Result<(), ReportError> {
    match &ruling.approval_id {
        Some(approval_id) if ruling.decision == "require_approval" => {
            tracing::info!(run_id = hold.run_id(), approval_id, "waits for the owner");
            hold.release_to_wait(approval_id).await
        }
        Some(_) | None => {
            let error = json!({"code": ruling.reason_code, "decision": ruling.decision});
            let body = json!({"message": ruling.reason, "error": error});
            hold.end_run("fail", &body).await
        }
    }
}

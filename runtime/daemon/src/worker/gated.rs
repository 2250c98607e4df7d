//! What a worker does where the gate stands: a request that would leave this machine, and work that
//! is not allowed, or not yet.

use super::hold::{Hold, ReportError};
use crate::client::wire;
use serde_json::{Value, json};

/// Asks for the request of a run, and completes the run by the answer. Where the answer blocks, see
/// [`denied`]; in shadow mode it is written down and the run goes on.
pub async fn egress(hold: &Hold, request: &Value) -> Result<(), ReportError> {
    let asked = hold.request_egress(request).await?;
    if asked.ruling.blocked {
        return Err(ReportError::Denied(asked.ruling));
    }
    let target = request["target_url"].as_str().unwrap_or_default();
    let title = crate::cli::cut(&format!("Request to {target}"), TITLE_CHARS_MAX);
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

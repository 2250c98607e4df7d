//! Tool calls over HTTP.

use super::body::{Body, Params, Path, limit};
use super::identity::ClaimToken;
use super::policy::{PolicyRuling, ruling};
use super::run::{Done, Failure};
use super::server::Server;
use crate::app::Origin;
use crate::clock;
use crate::problem::{Problem, ProblemBody};
use crate::store::table::tool_call::ToolCallRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::event::OutputStream;
use kernel::gate::Declared;
use kernel::gate::evaluate::Standing;
use kernel::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use kernel::runs::ToolOutcome;
use kernel::{Answer, Command, runs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewToolCall {
    tool_name: Option<String>,
    title: Option<String>,
    input: Option<Value>,
    model_context: Option<Value>,
    claim_token: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    /// Who the actor is; agents must say it.
    principal_id: Option<String>,
    capability_token_id: Option<String>,
    /// `sandbox`, `supervised` (the default) or `high_stakes`.
    zone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedToolCall {
    tool_call_id: String,
}

/// Begins a tool call in a step, if the gate allows it; else nothing is invoked, and the answer says why.
#[utoipa::path(post, path = "/v1/steps/{step_id}/toolcalls", operation_id = "createToolCall", tag = "runs", params(("step_id" = String, Path)), request_body = NewToolCall,
    responses((status = 201, body = CreatedToolCall), (status = 200, body = PolicyRuling), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create(
    State(server): State<Server>,
    origin: Origin,
    Path(step_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<NewToolCall>,
) -> Result<Response, Problem> {
    let tool_call_id = clock::id("tc");
    let command = runs::InvokeTool {
        tool_call_id: tool_call_id.clone(),
        step_id,
        claim_token: token.or(body.claim_token),
        tool_name: body.tool_name,
        title: body.title,
        input: body.input,
        model_context: body.model_context,
        approval_id: clock::id("appr"),
        requester: Declared {
            actor_type: body.actor_type,
            actor_id: body.actor_id,
        },
        standing: Standing {
            principal_id: body.principal_id,
            capability_token_id: body.capability_token_id,
            zone: body.zone,
        },
    };
    let committed = server
        .app()
        .submit(&origin, Command::InvokeTool(command))
        .await?;
    Ok(match ruling(committed.answer) {
        Some(ruling) => Json(PolicyRuling::from(ruling)).into_response(),
        None => (StatusCode::CREATED, Json(CreatedToolCall { tool_call_id })).into_response(),
    })
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Success {
    output: Option<Value>,
    claim_token: Option<String>,
}

/// Ends a tool call as succeeded.
#[utoipa::path(post, path = "/v1/toolcalls/{tool_call_id}/succeed", operation_id = "succeedToolCall", tag = "runs", params(("tool_call_id" = String, Path)),
    request_body = Success, responses((status = 200, body = Done), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn succeed(
    State(server): State<Server>,
    origin: Origin,
    Path(tool_call_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<Success>,
) -> Result<Json<Done>, Problem> {
    let outcome = ToolOutcome::Succeeded {
        output: body.output,
    };
    end(
        &server,
        &origin,
        tool_call_id,
        token.or(body.claim_token),
        outcome,
    )
    .await
}

/// Ends a tool call as failed.
#[utoipa::path(post, path = "/v1/toolcalls/{tool_call_id}/fail", operation_id = "failToolCall", tag = "runs", params(("tool_call_id" = String, Path)),
    request_body = Failure, responses((status = 200, body = Done), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn fail(
    State(server): State<Server>,
    origin: Origin,
    Path(tool_call_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<Failure>,
) -> Result<Json<Done>, Problem> {
    let outcome = ToolOutcome::Failed {
        message: body.message,
        error: body.error,
        output: body.output,
    };
    end(
        &server,
        &origin,
        tool_call_id,
        token.or(body.claim_token),
        outcome,
    )
    .await
}

async fn end(
    server: &Server,
    origin: &Origin,
    tool_call_id: String,
    claim_token: Option<String>,
    outcome: ToolOutcome,
) -> Result<Json<Done>, Problem> {
    let command = runs::EndTool {
        tool_call_id,
        claim_token,
        outcome,
    };
    server
        .app()
        .submit(origin, Command::EndTool(command))
        .await?;
    Ok(Done::json())
}

/// A chunk of live output.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OutputChunk {
    /// `stdout` or `stderr`.
    #[schema(value_type = String)]
    stream: OutputStream,
    /// Place of the chunk in that stream of the tool call, bytes.
    #[serde(default)]
    offset_bytes: u64,
    text: String,
    claim_token: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedOutput {
    ok: bool,
    /// The chunk no longer fits the live output that is kept; the artifact will have it.
    truncated: bool,
}

/// Adds a chunk of live output, at most 16 KiB.
#[utoipa::path(post, path = "/v1/toolcalls/{tool_call_id}/output", operation_id = "addToolCallOutput", tag = "runs", params(("tool_call_id" = String, Path)),
    request_body = OutputChunk, responses((status = 200, body = AcceptedOutput), (status = 409, body = ProblemBody)))]
pub async fn output(
    State(server): State<Server>,
    origin: Origin,
    Path(tool_call_id): Path<String>,
    token: ClaimToken,
    Body(body): Body<OutputChunk>,
) -> Result<Json<AcceptedOutput>, Problem> {
    let command = runs::AddToolOutput {
        tool_call_id,
        claim_token: token.or(body.claim_token),
        stream: body.stream,
        offset_bytes: body.offset_bytes,
        text: body.text,
    };
    let committed = server
        .app()
        .submit(&origin, Command::AddToolOutput(command))
        .await?;
    Ok(Json(AcceptedOutput {
        ok: true,
        truncated: committed.answer == Answer::OutputTruncated,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ToolCallParams {
    run_id: Option<String>,
    step_id: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCalls {
    tool_calls: Vec<ToolCallRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCall {
    tool_call: ToolCallRow,
}

/// Tool calls, oldest first.
#[utoipa::path(get, path = "/v1/toolcalls", operation_id = "listToolCalls", tag = "runs", params(ToolCallParams), responses((status = 200, body = ToolCalls)))]
pub async fn list(
    State(server): State<Server>,
    origin: Origin,
    Params(params): Params<ToolCallParams>,
) -> Result<Json<ToolCalls>, Problem> {
    let limit = limit(params.limit, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
    let read = server.app().read(move |reader| {
        reader.tool_calls(
            &origin.workspace_id,
            params.run_id.as_deref(),
            params.step_id.as_deref(),
            limit,
        )
    });
    Ok(Json(ToolCalls {
        tool_calls: read.await?,
    }))
}

/// One tool call.
#[utoipa::path(get, path = "/v1/toolcalls/{tool_call_id}", operation_id = "getToolCall", tag = "runs", params(("tool_call_id" = String, Path)),
    responses((status = 200, body = ToolCall), (status = 404, body = ProblemBody)))]
pub async fn get(
    State(server): State<Server>,
    origin: Origin,
    Path(tool_call_id): Path<String>,
) -> Result<Json<ToolCall>, Problem> {
    let id = tool_call_id.clone();
    let row = server
        .app()
        .read(move |reader| reader.tool_call(&origin.workspace_id, &id))
        .await?;
    Ok(Json(ToolCall {
        tool_call: Server::found(row, "tool_call_not_found", "tool call", &tool_call_id)?,
    }))
}

//! Tool calls: what a step actually does, its live output and its end.

use super::lease::fence;
use super::run::may_grow;
use super::step::fenced_step;
use crate::actor::Actor;
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::{Event, OutputStream, ToolFailed, ToolInvoked, ToolOutput, ToolSucceeded};
use crate::gate::Declared;
use crate::gate::evaluate::Standing;
use crate::gate::question::{Binding, Category, Question, payload_digest};
use crate::gate::registry::TOOL_CALL_PREFIX;
use crate::gate::ruling::{Ruled, Use, Wish, ask_or_wait};
use crate::limits;
use crate::reject::{Kind, Reject};
use crate::state::{Run, State, ToolCall};
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct InvokeTool {
    pub tool_call_id: String,
    /// Used when the owner must be asked and nothing identical waits.
    pub approval_id: String,
    pub step_id: String,
    pub claim_token: Option<String>,
    pub tool_name: Option<String>,
    pub title: Option<String>,
    pub input: Option<Value>,
    /// Which model asked for it, with what parameters.
    pub model_context: Option<Value>,
    pub requester: Declared,
    pub standing: Standing,
}

/// A chunk of live output. What does not fit [`limits::OUTPUT_EVENT_BYTES_MAX`] and
/// [`limits::OUTPUT_EVENTS_MAX`] is left to the artifact that holds the whole output.
#[derive(Clone, Debug)]
pub struct AddToolOutput {
    pub tool_call_id: String,
    pub claim_token: Option<String>,
    pub stream: OutputStream,
    pub offset_bytes: u64,
    pub text: String,
}

#[derive(Clone, Debug)]
pub enum ToolOutcome {
    Succeeded {
        output: Option<Value>,
    },
    Failed {
        message: Option<String>,
        error: Option<Value>,
        output: Option<Value>,
    },
}

#[derive(Clone, Debug)]
pub struct EndTool {
    pub tool_call_id: String,
    pub claim_token: Option<String>,
    pub outcome: ToolOutcome,
}

pub fn invoke_tool<S: State>(ctx: &Context, state: &S, command: InvokeTool) -> Decided<S::Error> {
    let (step, run, actor) =
        fenced_step(ctx, state, &command.step_id, command.claim_token.as_deref())?;
    run.must_be_running()?;
    may_grow(state, &run.run_id)?;
    may_open_another(state, &run)?;
    if let Some(input) = &command.input {
        text::open_value("input", input)?;
    }
    if let Some(context) = &command.model_context {
        text::open_value("model_context", context)?;
    }
    let tool_name = text::required(
        "missing_tool_name",
        "tool_name",
        command.tool_name.as_deref(),
        limits::NAME_CHARS_MAX,
    )?;
    let title = text::optional("title", command.title.as_deref(), limits::TITLE_CHARS_MAX)?;
    let actor = match command.requester.is_absent() {
        true => actor,
        false => command.requester.actor(ctx, state)?,
    };
    let standing = command.standing.check()?;
    let question = Question {
        category: Category::ToolCall,
        binding: Binding {
            action: format!("{TOOL_CALL_PREFIX}{tool_name}"),
            target: None,
            payload_digest: command.input.as_ref().map(payload_digest),
        },
        actor: actor.clone(),
        principal_id: standing.principal_id,
        capability_token_id: standing.capability_token_id,
        zone: standing.zone,
        place: Scope {
            step_id: Some(step.step_id.clone()),
            ..run.scope()
        },
        context: None,
    };
    let used_for = Use {
        tool_call_id: Some(command.tool_call_id.clone()),
        ..Use::default()
    };
    let wish = Wish {
        approval_id: command.approval_id,
        title: title.clone().unwrap_or_else(|| tool_name.clone()),
        payload: command.input.clone(),
    };
    let correlation = Some(run.correlation_id.as_str());
    let ruled = ask_or_wait(ctx, state, &question, used_for, wish, correlation)?;
    let cause = Causation::Event(step.last_event_id.clone());
    let Ruled { ruling, mut drafts } = ruled.caused_by(cause);
    if !ruling.is_allow() {
        return Ok(Decision::new(drafts, Answer::Ruled(ruling)));
    }
    let event = ToolInvoked {
        tool_call_id: command.tool_call_id.clone(),
        tool_name,
        title,
        input: command.input,
    };
    let cause = &step.last_event_id;
    let mut invoked = draft(actor, &run, &step.step_id, cause, event.into()).in_zone(standing.zone);
    invoked.contexts.model = command.model_context;
    drafts.push(invoked);
    Ok(Decision::new(drafts, Answer::Created(command.tool_call_id)))
}

pub fn add_tool_output<S: State>(
    ctx: &Context,
    state: &S,
    command: AddToolOutput,
) -> Decided<S::Error> {
    let (call, run, actor) = fenced_call(
        ctx,
        state,
        &command.tool_call_id,
        command.claim_token.as_deref(),
    )?;
    must_be_open(&call)?;
    text::claimed_bytes("offset_bytes", Some(command.offset_bytes))?;
    if command.text.len() > limits::OUTPUT_CHUNK_BYTES_MAX {
        let message = format!(
            "A chunk of output may have {} bytes.",
            limits::OUTPUT_CHUNK_BYTES_MAX
        );
        return Err(Reject::new(Kind::TooLarge, "payload_too_large", message)
            .hint("Send it in smaller chunks.")
            .into());
    }
    let bytes = call.output_bytes + command.text.len() as u64;
    if bytes > limits::OUTPUT_EVENT_BYTES_MAX || call.output_events >= limits::OUTPUT_EVENTS_MAX {
        return Ok(Decision::new(Vec::new(), Answer::OutputTruncated));
    }
    if command.text.is_empty() {
        return Ok(Decision::new(Vec::new(), Answer::Done));
    }
    let event = ToolOutput {
        tool_call_id: call.tool_call_id.clone(),
        stream: command.stream,
        offset_bytes: command.offset_bytes,
        // NUL cannot be shown and is not allowed in texts; programs do print it.
        text: command.text.replace('\0', "\u{fffd}"),
    };
    Ok(Decision::new(
        vec![draft(
            actor,
            &run,
            &call.step_id,
            &call.last_event_id,
            event.into(),
        )],
        Answer::Done,
    ))
}

pub fn end_tool<S: State>(ctx: &Context, state: &S, command: EndTool) -> Decided<S::Error> {
    let (call, run, actor) = fenced_call(
        ctx,
        state,
        &command.tool_call_id,
        command.claim_token.as_deref(),
    )?;
    must_be_open(&call)?;
    let open = |field, value: &Option<Value>| {
        value
            .as_ref()
            .map_or(Ok(()), |value| text::open_value(field, value))
    };
    let tool_call_id = call.tool_call_id.clone();
    let event: Event = match command.outcome {
        ToolOutcome::Succeeded { output } => {
            open("output", &output)?;
            ToolSucceeded {
                tool_call_id,
                output,
            }
            .into()
        }
        ToolOutcome::Failed {
            message,
            error,
            output,
        } => {
            open("error", &error)?;
            open("output", &output)?;
            let message = text::optional("message", message.as_deref(), limits::MESSAGE_BYTES_MAX)?;
            ToolFailed {
                tool_call_id,
                message,
                error,
                output,
            }
            .into()
        }
    };
    Ok(Decision::new(
        vec![draft(
            actor,
            &run,
            &call.step_id,
            &call.last_event_id,
            event,
        )],
        Answer::Done,
    ))
}

fn fenced_call<S: State>(
    ctx: &Context,
    state: &S,
    tool_call_id: &str,
    claim_token: Option<&str>,
) -> Result<(ToolCall, Run, Actor), Refusal<S::Error>> {
    let unknown = || Reject::not_found("tool_call_not_found", "tool call", tool_call_id);
    let call = state
        .tool_call(tool_call_id)
        .map_err(Refusal::State)?
        .ok_or_else(unknown)?;
    let run = state.run(&call.run_id).map_err(Refusal::State)?;
    let run = run
        .filter(|run| run.room.workspace_id == ctx.workspace_id)
        .ok_or_else(unknown)?;
    let actor = fence(ctx, state, &run, claim_token)?;
    Ok((call, run, actor))
}

/// Calls that are open end with their run, all in one transaction.
fn may_open_another<S: State>(state: &S, run: &Run) -> Result<(), Refusal<S::Error>> {
    let open = state.open_tool_calls(&run.run_id).map_err(Refusal::State)?;
    if open.len() < limits::OPEN_TOOL_CALLS_MAX {
        return Ok(());
    }
    let message = format!(
        "The run has {} open tool calls, the most there may be.",
        limits::OPEN_TOOL_CALLS_MAX
    );
    Err(Reject::conflict("too_many_open_tool_calls", message)
        .hint("End some of them first, with succeed or fail.")
        .into())
}

fn must_be_open(call: &ToolCall) -> Result<(), Reject> {
    if call.is_running {
        return Ok(());
    }
    Err(Reject::conflict(
        "tool_call_not_running",
        "The tool call has already ended.",
    ))
}

fn draft(actor: Actor, run: &Run, step_id: &str, cause: &str, event: Event) -> Draft {
    let scope = Scope {
        step_id: Some(step_id.to_owned()),
        ..run.scope()
    };
    let causation = Causation::Event(cause.to_owned());
    Draft {
        scope,
        causation,
        ..run.draft(actor, event)
    }
}

//! Opening an incident: what went wrong, how bad it is, and where.

use super::{Severity, bounded_value};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Draft, Scope};
use crate::event::IncidentOpened;
use crate::gate::Declared;
use crate::limits;
use crate::redaction;
use crate::reject::Reject;
use crate::rooms::{find_room, find_thread};
use crate::state::{Run, State};
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct OpenIncident {
    pub incident_id: String,
    /// The beginning of the summary when it is absent.
    pub title: Option<String>,
    pub summary: Option<String>,
    /// A word of [`Severity::NAMES`].
    pub severity: Option<String>,
    pub category: Option<String>,
    pub details: Option<Value>,
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
    pub room_id: Option<String>,
    pub thread_id: Option<String>,
    /// Brings its room, its thread and its correlation along.
    pub run_id: Option<String>,
    pub correlation_id: Option<String>,
    /// In its workspace, the same key is the same incident.
    pub idempotency_key: Option<String>,
    pub opener: Declared,
}

/// # Errors
/// In this order: `missing_title`, `invalid_severity`, what is too long, `run_room_mismatch`,
/// `run_thread_mismatch`, `invalid_idempotency_key`, `run_not_found`, `room_not_found`,
/// `thread_not_found`, `thread_room_mismatch`, `actor_reserved`, `idempotency_conflict_unresolved`.
pub fn open_incident<S: State>(
    ctx: &Context,
    state: &S,
    command: OpenIncident,
) -> Decided<S::Error> {
    let summary = command.summary.as_deref();
    let summary = text::optional("summary", summary, limits::INCIDENT_SUMMARY_CHARS_MAX)?;
    let title = title(command.title.as_deref(), summary.as_deref())?;
    let severity = severity(command.severity.as_deref())?;
    let name = |field, value: &Option<String>| {
        text::optional(field, value.as_deref(), limits::NAME_CHARS_MAX)
    };
    let event = IncidentOpened {
        incident_id: command.incident_id.clone(),
        category: name("category", &command.category)?,
        title,
        summary,
        severity,
        run_id: command.run_id.clone(),
        entity_type: name("entity_type", &command.entity_type)?,
        entity_id: name("entity_id", &command.entity_id)?,
        details: command.details.clone(),
    };
    bounded_value("details", command.details.as_ref())?;
    let correlation = command.correlation_id.as_deref();
    let correlation = text::identifier("correlation_id", correlation, limits::NAME_CHARS_MAX)?;
    let run = run(ctx, state, &command)?;
    let key = key(command.idempotency_key.as_deref())?;
    let scope = scope(ctx, state, &command, run.as_ref())?;
    let opener = command.opener.actor(ctx, state)?;
    if let Some(key) = &key {
        let first = state.incident_by_key(&ctx.workspace_id, key);
        if let Some(first) = first.map_err(Refusal::State)? {
            return Ok(Decision::new(Vec::new(), Answer::Existing(first)));
        }
        if state
            .is_key_used(&scope.stream(), key)
            .map_err(Refusal::State)?
        {
            let message = "This idempotency key was used for something else.";
            return Err(Reject::conflict("idempotency_conflict_unresolved", message)
                .hint("Use a new key for a new incident.")
                .into());
        }
    }
    let correlation = correlation
        .or_else(|| run.map(|run| run.correlation_id))
        .or_else(|| ctx.correlation_id.clone());
    let draft = Draft::new(event.into(), scope, opener)
        .correlated(correlation)
        .keyed(key);
    let answer = Answer::Created(command.incident_id);
    Ok(Decision::new(vec![draft], answer))
}

/// The title, or the beginning of the summary. Secrets are masked before it is cut: half a secret
/// would not be seen as one.
fn title(title: Option<&str>, summary: Option<&str>) -> Result<String, Reject> {
    let title = text::optional("title", title, limits::TITLE_CHARS_MAX)?;
    let beginning = |summary: &str| {
        let masked = redaction::redact_text(summary);
        let summary = masked.as_ref().map_or(summary, |(masked, _)| masked);
        let line = summary.lines().next().unwrap_or_default();
        line.chars().take(limits::TITLE_CHARS_MAX).collect()
    };
    title.or_else(|| summary.map(beginning)).ok_or_else(|| {
        let message = "An incident needs a \"title\", or at least a \"summary\".";
        Reject::invalid("missing_title", "title", message)
    })
}

fn severity(word: Option<&str>) -> Result<Severity, Reject> {
    let Some(word) = word else {
        return Ok(Severity::default());
    };
    Severity::named(word).ok_or_else(|| {
        let message = format!(
            "\"severity\" must be one of {}.",
            Severity::NAMES.join(", ")
        );
        Reject::invalid("invalid_severity", "severity", message)
    })
}

/// The key is kept beside the data and compared as it is, so what could not be kept so is refused.
fn key(key: Option<&str>) -> Result<Option<String>, Reject> {
    let Some(text) = key else { return Ok(None) };
    let max = limits::IDEMPOTENCY_KEY_CHARS_MAX;
    match text::identifier("idempotency_key", Some(text), max) {
        Ok(Some(key)) => Ok(Some(key)),
        Ok(None) | Err(_) => {
            let message =
                format!("\"idempotency_key\" must be 1 to {max} characters, and no secret.");
            Err(Reject::invalid(
                "invalid_idempotency_key",
                "idempotency_key",
                message,
            ))
        }
    }
}

/// The run that is named, if there is one here, and if the room and the thread that are named with it
/// are its own.
fn run<S: State>(
    ctx: &Context,
    state: &S,
    command: &OpenIncident,
) -> Result<Option<Run>, Refusal<S::Error>> {
    let Some(run_id) = &command.run_id else {
        return Ok(None);
    };
    let run = state.run(run_id).map_err(Refusal::State)?;
    let Some(run) = run.filter(|run| run.room.workspace_id == ctx.workspace_id) else {
        return Ok(None);
    };
    let differs = |named: &Option<String>, own: &str| named.as_ref().is_some_and(|id| id != own);
    if differs(&command.room_id, &run.room.room_id) {
        let message = "The run belongs to another room.";
        return Err(Reject::invalid("run_room_mismatch", "room_id", message).into());
    }
    let own_thread = run.thread_id.as_deref().unwrap_or_default();
    if differs(&command.thread_id, own_thread) {
        let message = "The run does not belong to this thread.";
        return Err(Reject::invalid("run_thread_mismatch", "thread_id", message).into());
    }
    Ok(Some(run))
}

/// Where it happened: in a run, a thread, a room, or just in the workspace.
fn scope<S: State>(
    ctx: &Context,
    state: &S,
    command: &OpenIncident,
    run: Option<&Run>,
) -> Result<Scope, Refusal<S::Error>> {
    if let Some(run_id) = &command.run_id {
        // Its room and its thread are what is named, if anything is.
        let run = run.ok_or_else(|| Reject::not_found("run_not_found", "run", run_id))?;
        return Ok(run.scope());
    }
    let room = match &command.room_id {
        None => None,
        Some(room_id) => Some(find_room(ctx, state, room_id)?),
    };
    let Some(thread_id) = &command.thread_id else {
        return Ok(room.map_or_else(|| Scope::workspace(&ctx.workspace_id), |room| room.scope()));
    };
    let thread = find_thread(ctx, state, thread_id)?;
    if room.is_some_and(|room| room.room_id != thread.room.room_id) {
        let message = "The thread belongs to another room.";
        return Err(Reject::invalid("thread_room_mismatch", "thread_id", message).into());
    }
    Ok(Scope {
        thread_id: Some(thread.thread_id),
        ..thread.room.scope()
    })
}

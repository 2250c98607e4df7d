//! What was learned from an incident.

use super::find_incident;
use crate::command::{Answer, Context, Decided, Decision};
use crate::event::IncidentLearningLogged;
use crate::gate::Declared;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct LogLearning {
    pub learning_id: String,
    pub incident_id: String,
    pub note: Option<String>,
    /// A list of short texts.
    pub tags: Option<Value>,
    pub author: Declared,
}

/// # Errors
/// `incident_not_found`, `missing_note`, what is too long or too many, `incident_closed`,
/// `incident_learnings_full`.
pub fn log_learning<S: State>(ctx: &Context, state: &S, command: LogLearning) -> Decided<S::Error> {
    let incident = find_incident(ctx, state, &command.incident_id)?;
    let note = text::required(
        "missing_note",
        "note",
        command.note.as_deref(),
        limits::INCIDENT_NOTE_CHARS_MAX,
    )?;
    let tags = tags(command.tags.as_ref())?;
    incident.must_be_open()?;
    if incident.learnings >= limits::INCIDENT_LEARNINGS_MAX {
        let max = limits::INCIDENT_LEARNINGS_MAX;
        let message = format!("The incident has {max} learnings already.");
        return Err(Reject::conflict("incident_learnings_full", message)
            .hint("Close it, and open another one for what is new.")
            .into());
    }
    let author = command.author.actor(ctx, state)?;
    let event = IncidentLearningLogged {
        incident_id: command.incident_id,
        learning_id: command.learning_id.clone(),
        note,
        tags,
    };
    let draft = incident.draft(event.into(), author);
    let answer = Answer::Created(command.learning_id);
    Ok(Decision::new(vec![draft], answer))
}

fn tags(value: Option<&Value>) -> Result<Vec<String>, Reject> {
    text::labels("tags", value)?;
    let items = value.and_then(Value::as_array).into_iter().flatten();
    let tag = |item| text::optional("tags", Value::as_str(item), limits::NAME_CHARS_MAX);
    items.filter_map(|item| tag(item).transpose()).collect()
}

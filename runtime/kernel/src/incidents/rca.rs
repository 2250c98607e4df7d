//! The root cause analysis of an incident. What is sent is all of it: it replaces the one before.

use super::{bounded_value, find_incident};
use crate::command::{Answer, Context, Decided, Decision};
use crate::event::{IncidentRcaUpdated, Rca};
use crate::gate::Declared;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct UpdateRca {
    pub incident_id: String,
    pub summary: Option<String>,
    /// A text, or whatever structure the analyst uses.
    pub analysis: Option<Value>,
    pub author: Declared,
}

/// # Errors
/// `incident_not_found`, `missing_rca_payload`, what is too long, `incident_closed`.
pub fn update_rca<S: State>(ctx: &Context, state: &S, command: UpdateRca) -> Decided<S::Error> {
    let incident = find_incident(ctx, state, &command.incident_id)?;
    let summary = command.summary.as_deref();
    let rca = Rca {
        summary: text::optional("summary", summary, limits::INCIDENT_SUMMARY_CHARS_MAX)?,
        analysis: command.analysis.filter(says_something),
    };
    if rca == Rca::default() {
        let message = "An analysis needs a \"summary\" or an \"analysis\".";
        return Err(Reject::invalid("missing_rca_payload", "summary", message).into());
    }
    bounded_value("analysis", rca.analysis.as_ref())?;
    incident.must_be_open()?;
    let author = command.author.actor(ctx, state)?;
    let event = IncidentRcaUpdated {
        incident_id: command.incident_id,
        rca,
    };
    let draft = incident.draft(event.into(), author);
    Ok(Decision::new(vec![draft], Answer::Done))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

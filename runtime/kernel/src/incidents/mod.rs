//! Incidents: something went wrong, and somebody is to find out why. Anybody may open one and add to
//! it; a run that fails opens one by itself. Only the owner closes it, once its cause is written
//! down and something was learned.

mod close;
mod learning;
mod open;
mod rca;
mod stale;
mod triage;

pub use close::{CloseIncident, close_incident};
pub use learning::{LogLearning, log_learning};
pub use open::{OpenIncident, open_incident};
pub use rca::{UpdateRca, update_rca};
pub use stale::{ReportStale, STALE_WORK, StaleKind, StaleWork, report_stale};
pub use triage::triage;

use crate::actor::Actor;
use crate::command::{Context, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::Event;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    /// When the opener does not say.
    #[default]
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The word for each severity.
    pub const NAMES: [&str; 4] = ["low", "medium", "high", "critical"];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity of a word. Older clients say `warning` for what is low.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "low" | "warning" => Some(Severity::Low),
            "medium" => Some(Severity::Medium),
            "high" => Some(Severity::High),
            "critical" => Some(Severity::Critical),
            _ => None,
        }
    }
}

/// Where an incident stands. Closed has no way out: what comes back is another incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Closed,
}

impl Status {
    /// The word for each status.
    pub const NAMES: [&str; 2] = ["open", "closed"];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Closed => "closed",
        }
    }

    /// The status of a word of [`Status::NAMES`].
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Status::Open),
            "closed" => Some(Status::Closed),
            _ => None,
        }
    }
}

/// An incident, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub incident_id: String,
    /// Where it was opened.
    pub place: Scope,
    pub status: Status,
    /// Its cause is written down.
    pub has_rca: bool,
    pub learnings: u32,
    pub correlation_id: String,
    pub last_event_id: String,
}

impl Incident {
    /// A next event of this incident, caused by its last one.
    fn draft(&self, event: Event, actor: Actor) -> Draft {
        Draft::new(event, self.place.clone(), actor)
            .caused_by(Causation::Event(self.last_event_id.clone()))
            .correlated(Some(self.correlation_id.clone()))
    }

    fn must_be_open(&self) -> Result<(), Reject> {
        match self.status {
            Status::Open => Ok(()),
            Status::Closed => {
                let message = "The incident is closed: nothing is added to it any more.";
                Err(Reject::conflict("incident_closed", message).hint("Open another one."))
            }
        }
    }
}

/// The incident, if it is in the caller's workspace; a foreign one does not exist.
fn find_incident<S: State>(
    ctx: &Context,
    state: &S,
    incident_id: &str,
) -> Result<Incident, Refusal<S::Error>> {
    match state.incident(incident_id).map_err(Refusal::State)? {
        Some(incident) if incident.place.workspace_id == ctx.workspace_id => Ok(incident),
        Some(_) | None => {
            Err(Reject::not_found("incident_not_found", "incident", incident_id).into())
        }
    }
}

/// An open value of at most [`limits::INCIDENT_JSON_BYTES_MAX`].
fn bounded_value(field: &str, value: Option<&Value>) -> Result<(), Reject> {
    let Some(value) = value else { return Ok(()) };
    text::open_value(field, value)?;
    if value.to_string().len() <= limits::INCIDENT_JSON_BYTES_MAX {
        return Ok(());
    }
    let max = limits::INCIDENT_JSON_BYTES_MAX;
    let message = format!("{field:?} is longer than {max} bytes as JSON.");
    Err(Reject::invalid("field_too_long", field, message)
        .hint("Store it as a blob or an artifact and name that."))
}

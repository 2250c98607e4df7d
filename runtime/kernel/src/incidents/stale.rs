//! Work that nobody has moved on for long: an approval that waits, a run that is queued or running. An
//! incident says so once, until the work moves again.

use super::Severity;
use crate::actor::{Actor, SYSTEM_ACTOR_ID};
use crate::command::{Answer, Context, Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft, Scope};
use crate::event::IncidentOpened;
use crate::limits;
use crate::state::State;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// The category of incidents about stale work.
pub const STALE_WORK: &str = "stale_work";

/// Opens an incident for everything that has not moved since `before`.
#[derive(Clone, Copy, Debug)]
pub struct ReportStale {
    pub before: Timestamp,
}

/// What has not moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleKind {
    Approval,
    Run,
}

impl StaleKind {
    /// The word by which an incident names it.
    pub fn as_str(self) -> &'static str {
        match self {
            StaleKind::Approval => "approval",
            StaleKind::Run => "run",
        }
    }
}

/// Something that has not moved, and has no incident about that since its last move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleWork {
    pub kind: StaleKind,
    pub id: String,
    pub title: Option<String>,
    pub place: Scope,
    pub correlation_id: String,
    pub last_event_id: String,
}

/// Of any workspace, at most [`limits::EXPIRIES_MAX`]; the next look finds more.
pub fn report_stale<S: State>(ctx: &Context, state: &S, command: ReportStale) -> Decided<S::Error> {
    let stale = state.stale_work(command.before, limits::EXPIRIES_MAX);
    let minutes = (ctx.now.millis() - command.before.millis()) / 60_000;
    let mut drafts = Vec::new();
    for work in stale.map_err(Refusal::State)? {
        drafts.push(incident(state, work, minutes)?);
    }
    Ok(Decision::new(drafts, Answer::Done))
}

fn incident<S: State>(
    state: &S,
    work: StaleWork,
    minutes: i64,
) -> Result<Draft, Refusal<S::Error>> {
    let (kind, what) = match work.kind {
        StaleKind::Approval => ("An approval waits", "decided it"),
        StaleKind::Run => ("A run does not move", "moved it on"),
    };
    let title = work.title.map(|title| format!("{kind}: {title}"));
    let title = title.unwrap_or_else(|| kind.to_owned());
    let entity_type = work.kind.as_str();
    let key = format!("stale:{entity_type}:{}:{}", work.id, work.last_event_id);
    let event = IncidentOpened {
        incident_id: incident_id(&key),
        category: Some(STALE_WORK.to_owned()),
        title: title.chars().take(limits::TITLE_CHARS_MAX).collect(),
        summary: Some(format!("Nobody has {what} for {minutes} minutes.")),
        severity: Severity::Low,
        run_id: work.place.run_id.clone(),
        entity_type: Some(entity_type.to_owned()),
        entity_id: Some(work.id.clone()),
        details: None,
    };
    let key = crate::state::unless_taken(state, &work.place, key)?;
    let system = Actor::service(SYSTEM_ACTOR_ID);
    Ok(Draft::new(event.into(), work.place, system)
        .caused_by(Causation::Event(work.last_event_id))
        .correlated(Some(work.correlation_id))
        .keyed(key))
}

/// One incident a standstill: named after it, so that the kernel draws nothing.
fn incident_id(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    format!("inc_{}", hex::encode(&digest[..16]))
}

//! Closing an incident: the owner's word that it is understood.

use super::{Status, find_incident};
use crate::command::{Answer, Context, Decided, Decision};
use crate::event::IncidentClosed;
use crate::limits;
use crate::reject::Reject;
use crate::state::State;
use crate::text;

#[derive(Clone, Debug, Default)]
pub struct CloseIncident {
    pub incident_id: String,
    pub reason: Option<String>,
}

/// # Errors
/// `incident_not_found`, `incident_already_closed`, `incident_close_blocked_missing_rca`,
/// `incident_close_blocked_missing_learning`.
pub fn close_incident<S: State>(
    ctx: &Context,
    state: &S,
    command: CloseIncident,
) -> Decided<S::Error> {
    let incident = find_incident(ctx, state, &command.incident_id)?;
    let reason = command.reason.as_deref();
    let reason = text::optional("reason", reason, limits::INCIDENT_SUMMARY_CHARS_MAX)?;
    let path = format!("/v1/incidents/{}", incident.incident_id);
    if incident.status == Status::Closed {
        let message = "The incident has been closed before.";
        return Err(Reject::conflict("incident_already_closed", message).into());
    }
    if !incident.has_rca {
        let message = "Nobody has written down yet why it happened.";
        return Err(
            Reject::conflict("incident_close_blocked_missing_rca", message)
                .hint(format!("Say why first: POST {path}/rca."))
                .into(),
        );
    }
    if incident.learnings == 0 {
        let message = "Nobody has written down yet what was learned from it.";
        return Err(
            Reject::conflict("incident_close_blocked_missing_learning", message)
                .hint(format!("Add it first: POST {path}/learning."))
                .into(),
        );
    }
    let event = IncidentClosed {
        incident_id: command.incident_id,
        reason,
    };
    let draft = incident.draft(event.into(), ctx.caller.actor());
    Ok(Decision::new(vec![draft], Answer::Done))
}

//! Incidents that open by themselves: a run that somebody else executes has failed, and the owner is to
//! hear of it even if nobody looked (docs/adr/0012-failed-runs-open-incidents.md).

use super::Severity;
use crate::actor::{Actor, SYSTEM_ACTOR_ID};
use crate::command::{Decided, Decision, Refusal};
use crate::envelope::{Causation, Draft};
use crate::event::{Event, IncidentOpened, RunFailed};
use crate::gate::approval::{Status, Verdict};
use crate::limits;
use crate::redaction;
use crate::state::State;
use serde_json::{Map, Value};

/// A run failed.
const RUN_FAILED: &str = "run_failed";
/// A run failed for good after its last attempt: the queue has given it up.
const RUN_DEAD_LETTER: &str = "run_dead_letter";

/// Lets an incident follow on every failure of a run that is due one, in the same decision. The one
/// place that does, however a run comes to fail.
pub fn triage<S: State>(state: &S, mut decision: Decision) -> Decided<S::Error> {
    let mut opened = Vec::new();
    for (place, draft) in decision.drafts.iter().enumerate() {
        if let Event::RunFailed(failed) = &draft.event {
            let incident = incident(state, &decision.drafts, draft, failed)?;
            opened.extend(incident.map(|incident| (place + 1, incident)));
        }
    }
    // From the end, so that the places before stay what they are.
    for (place, incident) in opened.into_iter().rev() {
        decision.drafts.insert(place, incident);
    }
    Ok(decision)
}

fn incident<S: State>(
    state: &S,
    drafts: &[Draft],
    failure: &Draft,
    failed: &RunFailed,
) -> Result<Option<Draft>, Refusal<S::Error>> {
    let run = run(state, drafts, &failed.run_id)?;
    if run.observed || owner_refused(state, drafts, failed)? {
        return Ok(None);
    }
    let system = Actor::service(SYSTEM_ACTOR_ID);
    let code = failed
        .error
        .as_ref()
        .and_then(|error| error.get("code"))
        .and_then(Value::as_str);
    // An engine may write any code into its failure; only ours says that the queue gave the run up.
    let given_up = failure.actor == system && code == Some("attempts_exhausted");
    let (category, severity) = match given_up {
        true => (RUN_DEAD_LETTER, Severity::High),
        false => (RUN_FAILED, Severity::Medium),
    };
    let title = run.title.map(|title| format!("Run failed: {title}"));
    let title = title.unwrap_or_else(|| "A run failed".to_owned());
    let message = failed.message.as_deref();
    let event = IncidentOpened {
        incident_id: incident_id(&failed.run_id),
        category: Some(category.to_owned()),
        title: beginning(&title, limits::TITLE_CHARS_MAX),
        summary: message.map(|text| beginning(text, limits::INCIDENT_SUMMARY_CHARS_MAX)),
        severity,
        run_id: Some(failed.run_id.clone()),
        entity_type: None,
        entity_id: None,
        details: details(failed),
    };
    let key = format!("{RUN_FAILED}:{}", failed.run_id);
    let key = crate::state::unless_taken(state, &failure.scope, key)?;
    let draft = Draft::new(event.into(), failure.scope.clone(), system)
        .caused_by(Causation::Previous)
        .correlated(failure.correlation_id.clone())
        .keyed(key);
    Ok(Some(draft))
}

/// One incident a run: `inc_` with the rest of the run's own identifier.
fn incident_id(run_id: &str) -> String {
    format!("inc_{}", run_id.strip_prefix("run_").unwrap_or(run_id))
}

struct FailedRun {
    observed: bool,
    title: Option<String>,
}

/// The run, also one that is created by the decision that fails it.
fn run<S: State>(
    state: &S,
    drafts: &[Draft],
    run_id: &str,
) -> Result<FailedRun, Refusal<S::Error>> {
    let created = drafts.iter().find_map(|draft| {
        if let Event::RunCreated(created) = &draft.event
            && created.run_id == run_id
        {
            return Some(created);
        }
        None
    });
    if let Some(created) = created {
        return Ok(FailedRun {
            observed: created.observed == Some(true),
            title: created.title.clone(),
        });
    }
    let run = state.run(run_id).map_err(Refusal::State)?;
    Ok(FailedRun {
        observed: run.as_ref().is_some_and(|run| run.observed),
        title: run.and_then(|run| run.title),
    })
}

/// Whether the run fails because the owner said no to what it asked for: by this decision, or before
/// the run came to wait. The approval itself is asked, because anybody may write its name into a
/// failure.
fn owner_refused<S: State>(
    state: &S,
    drafts: &[Draft],
    failed: &RunFailed,
) -> Result<bool, Refusal<S::Error>> {
    let named = failed
        .error
        .as_ref()
        .and_then(|error| error.get("approval_id"));
    let Some(approval_id) = named.and_then(Value::as_str) else {
        return Ok(false);
    };
    let now = drafts.iter().any(|draft| {
        if let Event::ApprovalDecided(decided) = &draft.event {
            decided.approval_id == approval_id && decided.decision == Verdict::Deny
        } else if let Event::ApprovalExpired(expired) = &draft.event {
            expired.approval_id == approval_id && expired.reason_code == "revoked"
        } else {
            false
        }
    });
    if now {
        return Ok(true);
    }
    let approval = state.approval(approval_id).map_err(Refusal::State)?;
    Ok(approval.is_some_and(|approval| {
        approval.status == Status::Denied && approval.place.run_id.as_ref() == Some(&failed.run_id)
    }))
}

/// What the error says plainly: its code, an exit status. What is long or nested is in the failure itself.
fn details(failed: &RunFailed) -> Option<Value> {
    let is_plain = |value: &Value| match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.chars().count() <= limits::NAME_CHARS_MAX,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    let is_short = |name: &String| name.chars().count() <= limits::NAME_CHARS_MAX;
    let members = failed.error.as_ref()?.as_object()?.iter();
    let plain = members.filter(|(name, value)| is_short(name) && is_plain(value));
    let plain = plain.map(|(name, value)| (name.clone(), value.clone()));
    let details: Map<String, Value> = plain.take(limits::INCIDENT_MEMBERS_MAX).collect();
    let mut details = Value::Object(details);
    // The failure reports what is masked in it; its copy need not.
    redaction::redact(&mut details);
    details
        .as_object()
        .is_some_and(|details| !details.is_empty())
        .then_some(details)
}

/// The first characters. Secrets are masked before: half a secret would not be seen as one.
fn beginning(text: &str, max_chars: usize) -> String {
    let masked = redaction::redact_text(text);
    let text = masked.as_ref().map_or(text, |(masked, _)| masked);
    text.chars().take(max_chars).collect()
}

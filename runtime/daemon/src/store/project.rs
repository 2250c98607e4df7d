//! The projector: which tables an event changes. Runs in the transaction that appends it, and
//! again, event by event, on a rebuild.

use super::append::Appended;
use super::error::StoreError;
use super::table::{
    advertisement, agent, approval, artifact, capability, channel_message, egress_request, engine,
    event_span, evidence, experiment, incident, message, pipeline_item, policy_setting, redaction,
    resource_label, room, run, run_attempt, scorecard, step, task, thread, tool_call, topic,
    topic_app, topic_claim, topic_public_key,
};
use kernel::Event;
use kernel::gate::egress::Progress;
use rusqlite::Connection;

/// Projects one event.
pub(super) fn event(connection: &Connection, event: &Appended) -> Result<(), StoreError> {
    event_span::appended(connection, event)?;
    channel_message::appended(connection, event)?;
    topic::appended(connection, event)?;
    tables(connection, event)?;
    // Items of the pipeline are made of rows of the other tables.
    Ok(pipeline_item::follow(connection, event)?)
}

/// Every arm names all tables that the event touches.
fn tables(connection: &Connection, event: &Appended) -> Result<(), StoreError> {
    match &event.event {
        Event::RoomCreated(data) => room::created(connection, event, data),
        Event::ThreadCreated(data) => thread::created(connection, event, data),
        Event::MessageCreated(_) => message::created(connection, event),
        Event::RunCreated(data) => run::created(connection, event, data),
        Event::RunClaimed(data) => {
            run::claimed(connection, event, data)?;
            run_attempt::claimed(connection, event, data)
        }
        Event::RunStarted(_) => run::started(connection, event),
        Event::RunWaiting(data) => run::waiting(connection, event, data),
        Event::RunApproved(data) => run::approved(connection, event, data),
        Event::RunLeaseReleased(data) => {
            run_attempt::ended(connection, event, &data.reason)?;
            run::requeued(connection, event, &data.reason)
        }
        Event::RunLeaseExpired(_) => {
            let reason = "lease_expired_reclaimed";
            run_attempt::ended(connection, event, reason)?;
            run::requeued(connection, event, reason)
        }
        Event::RunCancelRequested(_) => run::cancel_requested(connection, event),
        Event::RunCompleted(data) => {
            run_attempt::ended(connection, event, "run_completed")?;
            run::completed(connection, event, data)
        }
        Event::RunFailed(data) => {
            run_attempt::ended(connection, event, "run_failed")?;
            run::failed(connection, event, data)
        }
        Event::RunCancelled(data) => {
            run_attempt::ended(connection, event, "run_cancelled")?;
            run::cancelled(connection, event, data)
        }
        Event::StepCreated(data) => step::created(connection, event, data),
        Event::ToolInvoked(data) => {
            tool_call::invoked(connection, event, data)?;
            step::moved(connection, event, step::Status::Running, None)
        }
        Event::ToolOutput(data) => tool_call::output(connection, data),
        Event::ToolSucceeded(data) => {
            tool_call::succeeded(connection, event, data)?;
            step::moved(
                connection,
                event,
                step::Status::Succeeded,
                data.output.as_ref(),
            )
        }
        Event::ToolFailed(data) => {
            tool_call::failed(connection, event, data)?;
            step::moved(
                connection,
                event,
                step::Status::Failed,
                data.output.as_ref(),
            )
        }
        Event::ArtifactCreated(data) => {
            artifact::created(connection, event, data)?;
            step::touched(connection, event)
        }
        Event::SecretLeakedDetected(data) => redaction::reported(connection, event, data),
        Event::EngineRegistered(data) => engine::registered(connection, event, data),
        Event::EngineDeactivated(data) => engine::deactivated(connection, event, data),
        Event::AgentRegistered(data) => agent::registered(connection, event, data),
        Event::AgentQuarantined(data) => agent::quarantined(connection, data),
        Event::AgentUnquarantined(data) => agent::unquarantined(connection, &data.agent_id),
        Event::CapabilityGranted(data) => capability::granted(connection, event, data),
        Event::CapabilityRevoked(data) => capability::revoked(connection, data),
        // Tokens are secrets: their digests are kept beside the log, not projected from it.
        Event::EngineTokenIssued(_) | Event::EngineTokenRevoked(_) => Ok(()),
        Event::KillSwitchChanged(data) => {
            policy_setting::kill_switch_changed(connection, event, data)
        }
        Event::PolicyModeChanged(data) => policy_setting::mode_changed(connection, event, data),
        Event::ApprovalRequested(data) => approval::requested(connection, event, data),
        Event::ApprovalJoined(data) => approval::joined(connection, event, data),
        Event::ApprovalDecided(data) => approval::decided(connection, event, data),
        Event::ApprovalConsumed(data) => approval::consumed(connection, event, data),
        Event::ApprovalExpired(data) => approval::expired(connection, event, data),
        Event::EgressRequested(data) => egress_request::requested(connection, event, data),
        Event::EgressAllowed(data) => egress_request::decided(connection, event, &data.0),
        Event::EgressBlocked(data) => egress_request::decided(connection, event, &data.0),
        Event::EgressStarted(data) => egress_request::started(connection, event, data),
        Event::EgressPerformed(data) => {
            let (id, outcome) = (&data.egress_request_id, &data.outcome);
            egress_request::ended(connection, event, id, Progress::Performed, outcome)
        }
        Event::EgressFailed(data) => {
            let (id, outcome) = (&data.egress_request_id, &data.outcome);
            egress_request::ended(connection, event, id, Progress::Failed, outcome)
        }
        Event::ResourceLabelled(data) => resource_label::labelled(connection, event, data),
        Event::EvidenceManifestCreated(data) => evidence::created(connection, event, data),
        Event::ExperimentCreated(data) => experiment::created(connection, event, data),
        Event::ExperimentUpdated(data) => experiment::updated(connection, event, data),
        Event::ExperimentClosed(data) => experiment::closed(connection, event, data),
        Event::ScorecardRecorded(data) => scorecard::recorded(connection, event, data),
        Event::IncidentOpened(data) => incident::opened(connection, event, data),
        Event::IncidentRcaUpdated(data) => incident::rca_updated(connection, event, data),
        Event::IncidentLearningLogged(data) => incident::learning_logged(connection, event, data),
        Event::IncidentClosed(data) => incident::closed(connection, event, data),
        Event::TaskCreated(data) => task::created(connection, event, data),
        Event::TaskClaimed(data) => task::claimed(connection, event, data),
        Event::TaskUpdated(data) => task::touch(connection, event, &data.task_id),
        Event::TaskDone(data) => task::done(connection, event, data),
        Event::TaskAbandoned(data) => task::reopened(connection, event, &data.task_id),
        Event::TaskInterrupted(data) => task::signalled(connection, event, &data.task_id),
        Event::TaskLeaseExpired(data) => task::reopened(connection, event, &data.task_id),
        Event::TopicLocked(data) => topic::locked(connection, &data.channel, true),
        Event::TopicUnlocked(data) => topic::locked(connection, &data.channel, false),
        Event::TopicGranted(data) => topic::granted(connection, &data.channel, &data.principal),
        Event::TopicRevoked(data) => topic::revoked(connection, &data.channel, &data.principal),
        Event::TopicAdvertised(data) => advertisement::told(connection, event, data),
        Event::TopicWithdrawn(data) => advertisement::withdrawn(connection, &data.channel),
        // As those of engines.
        Event::TopicKeyIssued(_) | Event::TopicKeyRevoked(_) => Ok(()),
        Event::TopicAppCreated(data) => topic_app::created(connection, event, data),
        Event::TopicAppDeleted(data) => topic_app::deleted(connection, event, &data.app),
        Event::TopicPublicKeyAdded(data) => topic_public_key::added(connection, event, data),
        Event::TopicPublicKeyRemoved(data) => topic_public_key::removed(connection, data),
        Event::TopicClaimRequested(data) => topic_claim::requested(connection, event, data),
        Event::TopicClaimConfirmed(data) => topic_claim::confirmed(connection, event, data),
        Event::TopicClaimRefused(data) => topic_claim::refused(connection, event, &data.claim_id),
        Event::TopicClaimUsed(data) => topic_claim::used(connection, &data.claim_id),
        // That it is a message is noted of every event that is one.
        Event::ChannelMessagePublished(_) => Ok(()),
        // Decisions are read from the log itself.
        Event::PolicyDenied(_)
        | Event::PolicyRequiresApproval(_)
        | Event::DelegationAttempted(_)
        | Event::QuotaExceeded(_)
        | Event::DataAccessDenied(_)
        | Event::DataAccessPurposeHintMismatch(_)
        | Event::DataAccessJustified(_)
        | Event::DataAccessUnjustified(_) => Ok(()),
        Event::EventRedacted(_) | Event::Unknown { .. } => Ok(()),
    }
}

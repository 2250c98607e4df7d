//! The reference: what is true, as the plainest fold of the events. It shares nothing with the
//! projections of the daemon, so both cannot be wrong in the same way by accident.

use crate::world_authority::Authority;
use crate::world_board::Board;
use crate::world_bus::Bus;
use kernel::engines::IssuedToken;
use kernel::gate::approval::Approval;
use kernel::gate::label::{ResourceLabel, ResourceName};
use kernel::gate::policy::Posture;
use kernel::incidents::Incident;
use kernel::review::{Evidence, Experiment};
use kernel::state::{Lease, Room, Run, RunStatus, Step, Thread, ToolCall};
use kernel::{
    Actor, Answer, Caller, Causation, Command, Context, Decision, Draft, Effect, Event, Reject,
    Timestamp, command, gate,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// When every world begins.
pub const EPOCH: i64 = 1_795_245_252_000;

/// One event that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
    pub at: Timestamp,
    pub draft: Draft,
}

/// Everything that is true.
pub struct World {
    pub now: Timestamp,
    pub log: Vec<Entry>,
    pub runs: BTreeMap<String, Run>,
    pub leases: BTreeMap<String, Lease>,
    pub calls: BTreeMap<String, ToolCall>,
    /// Tokens that were issued; the flag says whether they are live.
    pub tokens: BTreeMap<String, (IssuedToken, bool)>,
    /// Size of a blob, and the workspace that it was brought to.
    pub blobs: BTreeMap<String, (u64, String)>,
    /// Runs in the order in which they were created.
    pub created: Vec<String>,
    pub inputs: BTreeMap<String, Value>,
    pub approvals: BTreeMap<String, Approval>,
    pub waiters: BTreeMap<String, Vec<Actor>>,
    pub postures: BTreeMap<String, Posture>,
    pub principals: BTreeMap<String, Actor>,
    pub labels: BTreeMap<(String, ResourceName), ResourceLabel>,
    pub rooms: BTreeMap<String, Room>,
    pub threads: BTreeMap<String, Thread>,
    pub steps: BTreeMap<String, Step>,
    /// Who may do what, and what was let out.
    pub authority: Authority,
    pub evidence: BTreeMap<String, Evidence>,
    pub experiments: BTreeMap<String, Experiment>,
    pub incidents: BTreeMap<String, Incident>,
    pub board: Board,
    pub bus: Bus,
}

/// A command that was accepted.
#[derive(Debug)]
pub struct Accepted {
    pub events: Vec<Event>,
    pub answer: Answer,
}

impl World {
    pub fn new() -> Self {
        Self {
            now: Timestamp::from_millis(EPOCH),
            log: Vec::new(),
            runs: BTreeMap::new(),
            leases: BTreeMap::new(),
            calls: BTreeMap::new(),
            tokens: BTreeMap::new(),
            blobs: BTreeMap::new(),
            created: Vec::new(),
            inputs: BTreeMap::new(),
            approvals: BTreeMap::new(),
            waiters: BTreeMap::new(),
            postures: BTreeMap::new(),
            principals: BTreeMap::new(),
            labels: BTreeMap::new(),
            incidents: BTreeMap::new(),
            rooms: BTreeMap::new(),
            threads: BTreeMap::new(),
            steps: BTreeMap::new(),
            authority: Authority::default(),
            evidence: BTreeMap::new(),
            experiments: BTreeMap::new(),
            board: Board::default(),
            bus: Bus::default(),
        }
    }

    /// A command and what follows on it: what the daemon does inside one transaction.
    pub fn submit(
        &mut self,
        caller: &Caller,
        workspace_id: &str,
        command: Command,
    ) -> Result<Accepted, Reject> {
        let before = self.log.len();
        let accepted = self.carry_out(caller, workspace_id, command)?;
        let following: Vec<(String, Command)> = self.log[before..]
            .iter()
            .filter_map(|entry| {
                let command = kernel::react(&entry.draft.event)?;
                Some((entry.draft.scope.workspace_id.clone(), command))
            })
            .collect();
        for (workspace_id, command) in following {
            self.carry_out(&Caller::System, &workspace_id, command)?;
        }
        Ok(accepted)
    }

    /// Gate, decide, replay, append.
    fn carry_out(
        &mut self,
        caller: &Caller,
        workspace_id: &str,
        command: Command,
    ) -> Result<Accepted, Reject> {
        let decision = self.decide(caller, workspace_id, command)?;
        if let Some(first) = decision.drafts.first()
            && let Some((event_type, data)) = self.keyed(first)
        {
            let answer = command::replay(first, &event_type, &data)?;
            return Ok(Accepted {
                events: Vec::new(),
                answer,
            });
        }
        let mut events = Vec::new();
        for draft in decision.drafts {
            events.push(draft.event.clone());
            self.append(draft);
        }
        for effect in decision.effects {
            self.apply(effect);
        }
        Ok(Accepted {
            events,
            answer: decision.answer,
        })
    }

    /// What would be decided now; changes nothing.
    pub fn decide(
        &self,
        caller: &Caller,
        workspace_id: &str,
        command: Command,
    ) -> Result<Decision, Reject> {
        let permit = gate::permit(caller, workspace_id, &command)?;
        let ctx = Context {
            now: self.now,
            caller: caller.clone(),
            workspace_id: workspace_id.to_owned(),
            correlation_id: None,
        };
        kernel::decide(&ctx, permit, self, command).map_err(|refusal| match refusal {
            command::Refusal::Reject(reject) => reject,
            command::Refusal::State(never) => match never {},
        })
    }

    fn keyed(&self, draft: &Draft) -> Option<(String, serde_json::Value)> {
        let key = draft.idempotency_key.as_ref()?;
        let event = &self.with_key(&draft.scope.stream(), key)?.draft.event;
        Some((event.event_type().to_owned(), event.data()))
    }

    fn append(&mut self, draft: Draft) {
        let id = format!("e{}", self.log.len() + 1);
        match &draft.causation {
            Causation::Event(cause) => {
                assert!(self.log.iter().any(|entry| entry.id == *cause), "{draft:?}");
            }
            Causation::Previous => assert!(!self.log.is_empty(), "{draft:?}"),
            Causation::None => {}
        }
        // What is stored is the data; the fold sees only what survives that.
        let stored = Event::decode(draft.event.event_type(), draft.event.data());
        assert_eq!(stored, draft.event, "an event must survive its own storage");
        self.fold(&id, &draft);
        let at = self.now;
        self.log.push(Entry { id, at, draft });
    }

    fn fold(&mut self, id: &str, draft: &Draft) {
        let scope = &draft.scope;
        if let Some(run) = scope.run_id.as_ref().and_then(|run| self.runs.get_mut(run)) {
            run.last_event_id = id.to_owned();
        }
        if let Some(step) = scope
            .step_id
            .as_ref()
            .and_then(|step| self.steps.get_mut(step))
            && !matches!(draft.event, Event::ToolOutput(_))
        {
            step.last_event_id = id.to_owned();
        }
        match &draft.event {
            Event::RoomCreated(_) => {
                let room_id = scope.room_id.clone().unwrap();
                let room = Room {
                    room_id: room_id.clone(),
                    workspace_id: scope.workspace_id.clone(),
                    mission_id: scope.mission_id.clone(),
                };
                assert!(self.rooms.insert(room_id, room).is_none());
            }
            Event::ThreadCreated(_) => {
                let thread_id = scope.thread_id.clone().unwrap();
                let room = self.rooms[scope.room_id.as_ref().unwrap()].clone();
                let thread = Thread {
                    thread_id: thread_id.clone(),
                    room,
                };
                assert!(self.threads.insert(thread_id, thread).is_none());
            }
            Event::MessageCreated(_) => {}
            Event::RunCreated(data) => {
                let run = Run {
                    run_id: data.run_id.clone(),
                    room: self.rooms[scope.room_id.as_ref().unwrap()].clone(),
                    thread_id: scope.thread_id.clone(),
                    experiment_id: data.experiment_id.clone(),
                    title: data.title.clone(),
                    status: RunStatus::Queued,
                    attempt_no: 0,
                    cancel_requested: false,
                    observed: data.observed == Some(true),
                    repeatable: kernel::runs::repeatable(data.input.as_ref()),
                    created_by: draft.actor.clone(),
                    names_command: kernel::runs::names_command(data.input.as_ref()),
                    waits: 0,
                    waiting_approval_id: None,
                    approval_id: None,
                    correlation_id: draft.correlation_id.clone().unwrap_or(id.to_owned()),
                    last_event_id: id.to_owned(),
                };
                self.created.push(data.run_id.clone());
                let input = data.input.clone();
                self.inputs
                    .extend(input.map(|input| (data.run_id.clone(), input)));
                assert!(self.runs.insert(data.run_id.clone(), run).is_none());
            }
            Event::RunClaimed(data) => {
                let run = self.run_mut(&data.run_id);
                run.attempt_no = data.attempt_no;
                run.approval_id = data.approval_id.clone().or(run.approval_id.take());
            }
            Event::RunWaiting(data) => {
                let run = self.run_mut(&data.run_id);
                assert_eq!(run.status, RunStatus::Queued, "only what is queued waits");
                run.waiting_approval_id = Some(data.approval_id.clone());
                run.approval_id = None;
            }
            Event::RunApproved(data) => {
                let run = self.run_mut(&data.run_id);
                assert_eq!(run.status, RunStatus::Queued, "only what waits is approved");
                run.waiting_approval_id = None;
                run.approval_id = Some(data.approval_id.clone());
            }
            Event::RunStarted(data) => self.turn(&data.run_id, RunStatus::Running),
            Event::RunLeaseReleased(data) => {
                self.turn(&data.run_id, RunStatus::Queued);
                let waits = data.reason == kernel::runs::WAITING_FOR_APPROVAL;
                self.run_mut(&data.run_id).waits += u32::from(waits);
            }
            Event::RunLeaseExpired(data) => self.turn(&data.run_id, RunStatus::Queued),
            Event::RunCancelRequested(data) => self.run_mut(&data.run_id).cancel_requested = true,
            Event::RunCompleted(data) => self.turn(&data.run_id, RunStatus::Succeeded),
            Event::RunFailed(data) => self.turn(&data.run_id, RunStatus::Failed),
            Event::RunCancelled(data) => self.turn(&data.run_id, RunStatus::Cancelled),
            Event::StepCreated(data) => {
                let step = Step {
                    step_id: data.step_id.clone(),
                    run_id: scope.run_id.clone().unwrap(),
                    last_event_id: id.to_owned(),
                };
                assert!(self.steps.insert(data.step_id.clone(), step).is_none());
            }
            Event::ToolInvoked(data) => {
                let call = ToolCall {
                    tool_call_id: data.tool_call_id.clone(),
                    step_id: scope.step_id.clone().unwrap(),
                    run_id: scope.run_id.clone().unwrap(),
                    is_running: true,
                    output_bytes: 0,
                    output_events: 0,
                    last_event_id: id.to_owned(),
                };
                assert!(self.calls.insert(data.tool_call_id.clone(), call).is_none());
            }
            Event::ToolOutput(data) => {
                let call = self.call_mut(&data.tool_call_id);
                call.output_bytes += data.text.len() as u64;
                call.output_events += 1;
            }
            Event::ToolSucceeded(data) => self.end_call(&data.tool_call_id, id),
            Event::ToolFailed(data) => self.end_call(&data.tool_call_id, id),
            Event::ArtifactCreated(_) => {}
            Event::EngineRegistered(_)
            | Event::EngineTokenIssued(_)
            | Event::EngineTokenRevoked(_)
            | Event::EngineDeactivated(_)
            | Event::AgentRegistered(_)
            | Event::AgentQuarantined(_)
            | Event::AgentUnquarantined(_)
            | Event::CapabilityGranted(_)
            | Event::CapabilityRevoked(_)
            | Event::DelegationAttempted(_)
            | Event::EgressRequested(_)
            | Event::EgressAllowed(_) => self.authority.fold(draft, self.now),
            Event::PolicyDenied(_)
            | Event::PolicyRequiresApproval(_)
            | Event::EgressBlocked(_)
            | Event::EgressStarted(_)
            | Event::EgressPerformed(_)
            | Event::EgressFailed(_)
            | Event::QuotaExceeded(_)
            | Event::DataAccessDenied(_)
            | Event::DataAccessPurposeHintMismatch(_)
            | Event::DataAccessJustified(_)
            | Event::DataAccessUnjustified(_) => {}
            Event::ResourceLabelled(data) => self.labelled(scope, data),
            Event::KillSwitchChanged(data) => self.posture_mut(scope).kill_switch = data.enabled,
            Event::PolicyModeChanged(data) => {
                let posture = self.posture_mut(scope);
                assert_eq!(posture.mode, data.previous);
                posture.mode = data.mode;
            }
            Event::ApprovalRequested(data) => self.requested(id, draft, data),
            Event::ApprovalJoined(data) => self.joined(id, draft, data),
            Event::ApprovalDecided(data) => self.decided(id, data),
            Event::ApprovalConsumed(data) => self.consumed(id, data),
            Event::ApprovalExpired(data) => self.expired(id, data),
            Event::EvidenceManifestCreated(data) => self.proven(draft, data),
            Event::ExperimentCreated(data) => self.proposed(id, draft, data),
            Event::ExperimentUpdated(data) => self.experiment_mut(&data.experiment_id, id, None),
            Event::ExperimentClosed(data) => {
                self.experiment_mut(&data.experiment_id, id, Some(data.status));
            }
            Event::ScorecardRecorded(_) => {}
            Event::IncidentOpened(data) => self.incident_opened(id, draft, data),
            Event::IncidentRcaUpdated(data) => {
                self.incident_mut(&data.incident_id, id).has_rca = true
            }
            Event::IncidentLearningLogged(data) => {
                self.incident_mut(&data.incident_id, id).learnings += 1
            }
            Event::IncidentClosed(data) => self.incident_closed(id, data),
            Event::ChannelMessagePublished(_) => {}
            Event::TaskCreated(data) => self.task_created(id, draft, data),
            Event::TaskClaimed(_)
            | Event::TaskUpdated(_)
            | Event::TaskDone(_)
            | Event::TaskAbandoned(_)
            | Event::TaskInterrupted(_)
            | Event::TaskLeaseExpired(_) => self.task_changed(id, draft),
            Event::TopicLocked(_)
            | Event::TopicUnlocked(_)
            | Event::TopicGranted(_)
            | Event::TopicRevoked(_)
            | Event::TopicAdvertised(_)
            | Event::TopicWithdrawn(_)
            | Event::TopicKeyIssued(_)
            | Event::TopicKeyRevoked(_)
            | Event::TopicAppCreated(_)
            | Event::TopicAppDeleted(_)
            | Event::TopicPublicKeyAdded(_)
            | Event::TopicPublicKeyRemoved(_)
            | Event::TopicClaimRequested(_)
            | Event::TopicClaimConfirmed(_)
            | Event::TopicClaimRefused(_)
            | Event::TopicClaimUsed(_) => self.bus.fold(&draft.event),
            Event::EventRedacted(_) | Event::SecretLeakedDetected(_) | Event::Unknown { .. } => {
                panic!("decided by nobody: {:?}", draft.event)
            }
        }
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::PutLease(lease) => {
                self.leases.insert(lease.run_id.clone(), lease);
            }
            Effect::EndLease { run_id } => {
                self.leases.remove(&run_id);
            }
            Effect::PutTaskLease(lease) => {
                self.board.leases.insert(lease.task_id.clone(), lease);
            }
            Effect::EndTaskLease { task_id } => {
                self.board.leases.remove(&task_id);
            }
            Effect::PutPresence(presence) => {
                let agent_id = presence.agent_id.clone();
                self.board.present.insert(agent_id, presence);
            }
            Effect::PutEngineToken(token) => {
                let id = token.token_id.clone();
                assert!(self.tokens.insert(id, (token, true)).is_none());
            }
            Effect::RevokeEngineToken { token_id } => {
                let live = &mut self.tokens.get_mut(&token_id).unwrap().1;
                assert!(std::mem::replace(live, false), "revoked twice: {token_id}");
            }
            Effect::PutTopicKey(issued) => self.bus.issued(issued),
            Effect::RevokeTopicKey { key_id } => {
                assert!(self.bus.keys.remove(&key_id).is_some(), "revoked twice");
            }
            // Whoever fetches the key has been looked at before the kernel is asked.
            Effect::PutClaimToken { .. } => {}
        }
    }
}

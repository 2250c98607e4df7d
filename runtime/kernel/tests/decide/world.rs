//! The reference: what is true, as the plainest fold of the events. It shares nothing with the
//! projections of the daemon, so both cannot be wrong in the same way by accident.

use crate::world_authority::Authority;
use kernel::engines::{IssuedToken, TokenStanding};
use kernel::gate::approval::{Approval, Identical, Status};
use kernel::gate::capability::Capability;
use kernel::gate::policy::{Posture, Principal};
use kernel::gate::question::Question;
use kernel::state::{
    Agent, Engine, Lease, LiveToken, Room, Run, RunStatus, State, Step, Thread, ToolCall,
};
use kernel::{
    Actor, Answer, Caller, Causation, Command, Context, Decision, Draft, Effect, Event, Reject,
    Timestamp, command, gate,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// When every world begins.
pub const EPOCH: i64 = 1_795_245_252_000;

/// One event that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
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
    rooms: BTreeMap<String, Room>,
    threads: BTreeMap<String, Thread>,
    steps: BTreeMap<String, Step>,
    /// Who may do what, and what was let out.
    pub authority: Authority,
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
            rooms: BTreeMap::new(),
            threads: BTreeMap::new(),
            steps: BTreeMap::new(),
            authority: Authority::default(),
        }
    }

    /// Gate, decide, replay, append: what the daemon does inside one transaction.
    pub fn submit(
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
        let first = self.log.iter().find(|entry| {
            entry.draft.scope.stream() == draft.scope.stream()
                && entry.draft.idempotency_key.as_ref() == Some(key)
        })?;
        let event = &first.draft.event;
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
        self.log.push(Entry { id, draft });
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
                    last_event_id: id.to_owned(),
                };
                assert!(self.calls.insert(data.tool_call_id.clone(), call).is_none());
            }
            Event::ToolOutput(data) => {
                self.call_mut(&data.tool_call_id).output_bytes += data.text.len() as u64;
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
            | Event::QuotaExceeded(_) => {}
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
            Effect::PutEngineToken(token) => {
                let id = token.token_id.clone();
                assert!(self.tokens.insert(id, (token, true)).is_none());
            }
            Effect::RevokeEngineToken { token_id } => {
                let live = &mut self.tokens.get_mut(&token_id).unwrap().1;
                assert!(std::mem::replace(live, false), "revoked twice: {token_id}");
            }
        }
    }

    fn run_mut(&mut self, run_id: &str) -> &mut Run {
        self.runs.get_mut(run_id).unwrap()
    }

    fn call_mut(&mut self, tool_call_id: &str) -> &mut ToolCall {
        self.calls.get_mut(tool_call_id).unwrap()
    }

    fn turn(&mut self, run_id: &str, status: RunStatus) {
        let run = self.run_mut(run_id);
        assert!(!run.status.has_ended(), "{run_id} ended before");
        run.status = status;
        if status.has_ended() {
            run.waiting_approval_id = None;
        }
    }

    fn end_call(&mut self, tool_call_id: &str, event_id: &str) {
        let call = self.call_mut(tool_call_id);
        assert!(call.is_running, "{tool_call_id} ended before");
        call.is_running = false;
        call.last_event_id = event_id.to_owned();
    }
}

impl State for World {
    type Error = Infallible;

    fn room(&self, room_id: &str) -> Result<Option<Room>, Infallible> {
        Ok(self.rooms.get(room_id).cloned())
    }

    fn thread(&self, thread_id: &str) -> Result<Option<Thread>, Infallible> {
        Ok(self.threads.get(thread_id).cloned())
    }

    fn run(&self, run_id: &str) -> Result<Option<Run>, Infallible> {
        Ok(self.runs.get(run_id).cloned())
    }

    fn run_input(&self, run_id: &str) -> Result<Option<Value>, Infallible> {
        Ok(self.inputs.get(run_id).cloned())
    }

    fn lease(&self, run_id: &str) -> Result<Option<Lease>, Infallible> {
        Ok(self.leases.get(run_id).cloned())
    }

    fn step(&self, step_id: &str) -> Result<Option<Step>, Infallible> {
        Ok(self.steps.get(step_id).cloned())
    }

    fn tool_call(&self, tool_call_id: &str) -> Result<Option<ToolCall>, Infallible> {
        Ok(self.calls.get(tool_call_id).cloned())
    }

    fn open_tool_calls(&self, run_id: &str) -> Result<Vec<ToolCall>, Infallible> {
        let open = self
            .calls
            .values()
            .filter(|call| call.is_running && call.run_id == run_id);
        Ok(open.cloned().collect())
    }

    fn oldest_queued(
        &self,
        workspace_id: &str,
        rooms: Option<&[String]>,
    ) -> Result<Option<String>, Infallible> {
        let oldest = self.created.iter().find(|run_id| {
            let run = &self.runs[*run_id];
            run.status == RunStatus::Queued
                && run.waiting_approval_id.is_none()
                && run.room.workspace_id == workspace_id
                && rooms.is_none_or(|rooms| rooms.contains(&run.room.room_id))
        });
        Ok(oldest.cloned())
    }

    fn expired_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Infallible> {
        let over = self.leases.values().filter(|lease| !lease.is_live(now));
        Ok(over
            .take(limit as usize)
            .map(|lease| lease.run_id.clone())
            .collect())
    }

    fn engine_by_actor(
        &self,
        workspace_id: &str,
        actor_id: &str,
    ) -> Result<Option<Engine>, Infallible> {
        Ok(self.authority.engine_of(workspace_id, actor_id))
    }

    fn engine(&self, engine_id: &str) -> Result<Option<Engine>, Infallible> {
        Ok(self.authority.engines.get(engine_id).cloned())
    }

    fn live_tokens(&self, engine_id: &str) -> Result<Vec<LiveToken>, Infallible> {
        Ok(self.live_tokens_of(engine_id))
    }

    fn engine_token(&self, token_id: &str) -> Result<Option<TokenStanding>, Infallible> {
        Ok(Some(self.standing(token_id)))
    }

    fn agent(&self, agent_id: &str) -> Result<Option<Agent>, Infallible> {
        Ok(self.authority.agents.get(agent_id).cloned())
    }

    fn capability(&self, token_id: &str) -> Result<Option<Capability>, Infallible> {
        Ok(self.authority.capabilities.get(token_id).cloned())
    }

    fn egress_allowed(&self, _: &str, who: &str, since: Timestamp) -> Result<u64, Infallible> {
        Ok(self.authority.allowed_since(who, since))
    }

    fn principal_of(&self, actor: &Actor) -> Result<Option<Principal>, Infallible> {
        Ok(self.principal_behind(actor))
    }

    fn blob(&self, blob: &str, workspace_id: Option<&str>) -> Result<Option<u64>, Infallible> {
        let found = self.blobs.get(blob);
        let readable = found.filter(|(_, brought)| workspace_id.is_none_or(|id| id == brought));
        Ok(readable.map(|(size, _)| *size))
    }

    fn posture(&self, workspace_id: &str) -> Result<Posture, Infallible> {
        Ok(self.posture_of(workspace_id))
    }

    fn principal(&self, principal_id: &str) -> Result<Option<Principal>, Infallible> {
        Ok(self.principals.get(principal_id).map(|actor| Principal {
            principal_id: principal_id.to_owned(),
            actor: actor.clone(),
        }))
    }

    fn approval(&self, approval_id: &str) -> Result<Option<Approval>, Infallible> {
        Ok(self.approvals.get(approval_id).cloned())
    }

    fn waiting_approval(
        &self,
        identical: &Identical<'_>,
        now: Timestamp,
    ) -> Result<Option<Approval>, Infallible> {
        let waiting = self
            .approvals
            .values()
            .find(|approval| identical.is(approval, now));
        Ok(waiting.cloned())
    }

    fn is_waiter(&self, approval_id: &str, actor: &Actor) -> Result<bool, Infallible> {
        Ok(self.waiters[approval_id].contains(actor))
    }

    fn approvals_for(&self, _: &Question, _: Timestamp) -> Result<Vec<Approval>, Infallible> {
        Ok(self.approvals.values().cloned().collect())
    }

    fn due_approvals(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Infallible> {
        let due = self.approvals.values().filter(|approval| {
            let open = approval.status.is_waiting() || approval.status == Status::Approved;
            open && approval.is_over(now)
        });
        Ok(due
            .take(limit as usize)
            .map(|approval| approval.approval_id.clone())
            .collect())
    }
}

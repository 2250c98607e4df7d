//! What the kernel may ask about the present: a read of the projections inside the transaction
//! that will append. The daemon answers from SQLite, tests from a map.

use crate::board::{Task, TaskLease};
use crate::broker::{AppOwner, Principal as TopicPrincipal, TopicApp, TopicClaim, TopicKey};
use crate::engines::TokenStanding;
use crate::envelope::StreamKey;
use crate::gate::approval::{Approval, Identical};
use crate::gate::capability::Capability;
use crate::gate::egress::Performance;
use crate::gate::label::{ResourceLabel, ResourceName};
use crate::gate::policy::{Posture, Principal};
use crate::gate::question::Question;
use crate::incidents::{Incident, StaleWork};
use crate::review::{EventPointer, Evidence, Experiment, RunParts};
use crate::{Actor, Timestamp};
use serde_json::Value;

/// A room, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub room_id: String,
    pub workspace_id: String,
    pub mission_id: Option<String>,
}

/// A thread of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub thread_id: String,
    pub room: Room,
}

/// Where a run stands. Terminal states have no way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Queued => "queued",
            RunStatus::Running => "running",
            RunStatus::Succeeded => "succeeded",
            RunStatus::Failed => "failed",
            RunStatus::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Running,
            Self::Succeeded,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }

    pub fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A run, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub run_id: String,
    pub room: Room,
    pub thread_id: Option<String>,
    pub experiment_id: Option<String>,
    pub title: Option<String>,
    pub status: RunStatus,
    pub attempt_no: u32,
    pub cancel_requested: bool,
    /// Reported by whoever runs it, never handed to an engine.
    pub observed: bool,
    /// May be begun again after an attempt of which nobody knows how far it came.
    pub repeatable: bool,
    /// Who its creation names.
    pub created_by: Actor,
    /// Its input names a command.
    pub names_command: bool,
    /// Attempts that ended because the run had to wait for the owner.
    pub waits: u32,
    /// It waits for this approval; nobody may claim it.
    pub waiting_approval_id: Option<String>,
    /// What the run needed was approved by this one.
    pub approval_id: Option<String>,
    pub correlation_id: String,
    pub last_event_id: String,
}

/// The right to act on a run until it expires, held by whoever can show its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub run_id: String,
    pub attempt_no: u32,
    /// SHA-256 of the claim token; the token itself is never kept.
    pub token_digest: [u8; 32],
    /// `None`: held by the reporter of an observed run.
    pub engine_id: Option<String>,
    pub expires_at: Timestamp,
}

impl Lease {
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub step_id: String,
    pub run_id: String,
    pub last_event_id: String,
}

/// A tool call of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    pub tool_call_id: String,
    pub step_id: String,
    pub run_id: String,
    pub is_running: bool,
    /// Bytes of live output kept so far, both streams together.
    pub output_bytes: u64,
    /// Events that they came in.
    pub output_events: u64,
    pub last_event_id: String,
}

/// A registered engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub engine_id: String,
    pub workspace_id: String,
    pub actor_id: String,
    pub name: Option<String>,
    pub metadata: Option<Value>,
    pub is_active: bool,
}

/// A token of an engine that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    pub token_id: String,
    pub engine_id: String,
    pub capability_token_id: Option<String>,
}

/// A registered agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    pub agent_id: String,
    pub workspace_id: String,
    pub principal_id: String,
    pub quarantine: Option<Quarantine>,
}

/// Since when an agent is denied everything, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    pub since: Timestamp,
    pub reason: String,
}

/// Reads inside the transaction that decides. `Error` is the store's, never the kernel's.
pub trait State {
    type Error;
    fn room(&self, room_id: &str) -> Result<Option<Room>, Self::Error>;
    fn thread(&self, thread_id: &str) -> Result<Option<Thread>, Self::Error>;
    /// The thread of a room that was created first.
    fn first_thread(&self, room_id: &str) -> Result<Option<String>, Self::Error>;
    fn run(&self, run_id: &str) -> Result<Option<Run>, Self::Error>;
    /// The input of a run, as it is kept.
    fn run_input(&self, run_id: &str) -> Result<Option<Value>, Self::Error>;
    fn lease(&self, run_id: &str) -> Result<Option<Lease>, Self::Error>;
    fn step(&self, step_id: &str) -> Result<Option<Step>, Self::Error>;
    fn tool_call(&self, tool_call_id: &str) -> Result<Option<ToolCall>, Self::Error>;
    /// Tool calls of a run that have not ended, oldest first.
    fn open_tool_calls(&self, run_id: &str) -> Result<Vec<ToolCall>, Self::Error>;

    /// Whether there are more than `count` events of the run.
    fn run_has_more_events_than(&self, run_id: &str, count: u64) -> Result<bool, Self::Error>;
    /// The oldest run of a workspace that waits for an engine, and for nothing else; of these rooms
    /// only, if any are named.
    fn oldest_queued(
        &self,
        workspace_id: &str,
        rooms: Option<&[String]>,
    ) -> Result<Option<String>, Self::Error>;
    /// Runs whose lease is over, of any workspace, oldest first, at most `limit`.
    fn expired_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Self::Error>;
    fn engine_by_actor(
        &self,
        workspace_id: &str,
        actor_id: &str,
    ) -> Result<Option<Engine>, Self::Error>;
    fn engine(&self, engine_id: &str) -> Result<Option<Engine>, Self::Error>;
    /// Tokens of an engine that are not revoked, oldest first.
    fn live_tokens(&self, engine_id: &str) -> Result<Vec<LiveToken>, Self::Error>;
    /// A token of any engine, whatever has become of it.
    fn engine_token(&self, token_id: &str) -> Result<Option<TokenStanding>, Self::Error>;
    fn agent(&self, agent_id: &str) -> Result<Option<Agent>, Self::Error>;
    fn capability(&self, token_id: &str) -> Result<Option<Capability>, Self::Error>;
    /// Size in bytes of the blob `sha256:<hex>`, if it is stored and the workspace may read it:
    /// it was brought there, or an artifact there refers to it. `None` as workspace may read all.
    fn blob(&self, blob: &str, workspace_id: Option<&str>) -> Result<Option<u64>, Self::Error>;
    /// How the owner has set the gate of a workspace. The kill switch is one for all of them.
    fn posture(&self, workspace_id: &str) -> Result<Posture, Self::Error>;
    /// Egress requests since then that were allowed and count for this caller, an actor as `type:id`.
    fn egress_allowed(
        &self,
        workspace_id: &str,
        counted_for: &str,
        since: Timestamp,
    ) -> Result<u64, Self::Error>;
    /// A request that was allowed and is, or was, performed.
    fn egress(&self, egress_request_id: &str) -> Result<Option<Performance>, Self::Error>;
    /// Requests to be performed that have not ended, of any workspace, at most `limit`.
    fn open_egress(&self, limit: u32) -> Result<Vec<Performance>, Self::Error>;
    /// The label that the owner gave a resource, if any.
    fn resource_label(
        &self,
        workspace_id: &str,
        resource: &ResourceName,
    ) -> Result<Option<ResourceLabel>, Self::Error>;
    fn principal(&self, principal_id: &str) -> Result<Option<Principal>, Self::Error>;
    /// The principal of an actor, if it has one yet.
    fn principal_of(&self, actor: &Actor) -> Result<Option<Principal>, Self::Error>;
    fn approval(&self, approval_id: &str) -> Result<Option<Approval>, Self::Error>;
    /// A request that waits and to which another is identical.
    fn waiting_approval(
        &self,
        identical: &Identical<'_>,
        now: Timestamp,
    ) -> Result<Option<Approval>, Self::Error>;
    /// Whether this actor waits for the approval: it asked, or joined.
    fn is_waiter(&self, approval_id: &str, actor: &Actor) -> Result<bool, Self::Error>;
    /// Every approval that may allow what is asked, newest decision first. More than those are no harm.
    fn approvals_for(
        &self,
        question: &Question,
        now: Timestamp,
    ) -> Result<Vec<Approval>, Self::Error>;
    /// Approvals that have not ended and whose time is over, of any workspace, at most `limit`.
    fn due_approvals(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Self::Error>;
    fn evidence(&self, evidence_id: &str) -> Result<Option<Evidence>, Self::Error>;
    /// Shows every event of a run that is in the stream of its room, in the order of that stream.
    fn run_events(
        &self,
        run: &Run,
        see: &mut dyn FnMut(EventPointer<'_>),
    ) -> Result<(), Self::Error>;
    /// What a run consists of; of each kind the oldest `limit`.
    fn run_parts(&self, run_id: &str, limit: u32) -> Result<RunParts, Self::Error>;
    fn experiment(&self, experiment_id: &str) -> Result<Option<Experiment>, Self::Error>;
    /// How many runs of an experiment have not ended.
    fn active_runs(&self, experiment_id: &str) -> Result<u64, Self::Error>;
    fn incident(&self, incident_id: &str) -> Result<Option<Incident>, Self::Error>;
    /// The first incident of a workspace that was opened by this idempotency key.
    fn incident_by_key(&self, workspace_id: &str, key: &str)
    -> Result<Option<String>, Self::Error>;
    /// Approvals that wait and runs that have not ended, but not those that are observed or wait for an
    /// approval, that have not moved since `before` and that no incident says so of; at most `limit`.
    fn stale_work(&self, before: Timestamp, limit: u32) -> Result<Vec<StaleWork>, Self::Error>;
    fn task(&self, task_id: &str) -> Result<Option<Task>, Self::Error>;
    /// The lease of a task's present claim, if it asked for one.
    fn task_lease(&self, task_id: &str) -> Result<Option<TaskLease>, Self::Error>;
    /// Tasks whose lease is over, oldest first, at most `limit`.
    fn expired_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Self::Error>;
    fn is_topic_locked(&self, channel: &str) -> Result<bool, Self::Error>;
    fn is_topic_granted(
        &self,
        channel: &str,
        principal: &TopicPrincipal,
    ) -> Result<bool, Self::Error>;
    fn is_topic_advertised(&self, channel: &str) -> Result<bool, Self::Error>;
    /// What every payload of a topic must be like, if its owner says.
    fn topic_schema(&self, channel: &str) -> Result<Option<Value>, Self::Error>;
    /// A key of the event bus that is not revoked.
    fn topic_key(&self, key_id: &str) -> Result<Option<TopicKey>, Self::Error>;
    /// The key of this name that is not revoked.
    fn topic_key_named(
        &self,
        principal: &TopicPrincipal,
        key_name: &str,
    ) -> Result<Option<TopicKey>, Self::Error>;
    /// All keys of a principal that are not revoked.
    fn topic_keys_of(&self, principal: &TopicPrincipal) -> Result<Vec<TopicKey>, Self::Error>;
    /// An app of the event bus, deleted ones too.
    fn topic_app(&self, name: &str) -> Result<Option<TopicApp>, Self::Error>;
    /// How many apps somebody has.
    fn topic_apps(&self, owner: &AppOwner) -> Result<u64, Self::Error>;
    /// The names of the public keys of an agent.
    fn topic_public_keys(&self, principal: &TopicPrincipal) -> Result<Vec<String>, Self::Error>;
    fn topic_claim(&self, claim_id: &str) -> Result<Option<TopicClaim>, Self::Error>;
    /// How many claims wait for an answer, or to be taken up.
    fn open_topic_claims(&self, now: Timestamp) -> Result<u64, Self::Error>;
    /// Whether somebody of this name has, or had, a key of the event bus.
    fn is_topic_principal(&self, name: &str) -> Result<bool, Self::Error>;
    /// Whether an event of this stream has the idempotency key.
    fn is_key_used(&self, stream: &StreamKey, key: &str) -> Result<bool, Self::Error>;
}

/// An idempotency key of our own, unless somebody has used it up in the stream for something else: that
/// must keep nothing from happening.
pub fn unless_taken<S: State>(
    state: &S,
    place: &crate::envelope::Scope,
    key: String,
) -> Result<Option<String>, crate::command::Refusal<S::Error>> {
    let taken = state.is_key_used(&place.stream(), &key);
    Ok((!taken.map_err(crate::command::Refusal::State)?).then_some(key))
}

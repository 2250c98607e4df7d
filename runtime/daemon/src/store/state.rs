//! The kernel's view of the present, read inside the writer's transaction.

use super::append;
use super::error::StoreError;
use super::table::{
    advertisement, agent, approval, blob, capability, egress_request, engine, engine_token,
    evidence, experiment, incident, lease, policy_setting, principal, resource_label, room, run,
    stale_work, step, task, task_lease, thread, tool_call, topic, topic_app, topic_claim,
    topic_key, topic_public_key,
};
use kernel::board::{Task, TaskLease};
use kernel::broker::{AppOwner, Principal as TopicPrincipal, TopicApp, TopicClaim, TopicKey};
use kernel::engines::TokenStanding;
use kernel::gate::approval::{Approval, Identical};
use kernel::gate::capability::Capability;
use kernel::gate::egress::Performance;
use kernel::gate::label::{ResourceLabel, ResourceName};
use kernel::gate::policy::{Posture, Principal};
use kernel::gate::question::Question;
use kernel::incidents::{Incident, StaleWork};
use kernel::review::{EventPointer, Evidence, Experiment, RunParts};
use kernel::state::{Agent, Engine, Lease, LiveToken, Room, Run, State, Step, Thread, ToolCall};
use kernel::{Actor, StreamKey, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

pub(super) struct Transaction<'a> {
    connection: &'a Connection,
    egress_per_hour: u32,
}

impl<'a> Transaction<'a> {
    pub fn new(connection: &'a Connection, egress_per_hour: u32) -> Self {
        Self {
            connection,
            egress_per_hour,
        }
    }
}

impl State for Transaction<'_> {
    type Error = StoreError;

    fn room(&self, room_id: &str) -> Result<Option<Room>, StoreError> {
        room::state(self.connection, room_id)
    }

    fn thread(&self, thread_id: &str) -> Result<Option<Thread>, StoreError> {
        thread::state(self.connection, thread_id)
    }

    fn first_thread(&self, room_id: &str) -> Result<Option<String>, StoreError> {
        thread::first_of_room(self.connection, room_id)
    }

    fn task(&self, task_id: &str) -> Result<Option<Task>, StoreError> {
        task::state(self.connection, task_id)
    }

    fn task_lease(&self, task_id: &str) -> Result<Option<TaskLease>, StoreError> {
        task_lease::get(self.connection, task_id)
    }

    fn expired_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        task_lease::expired(self.connection, now, limit)
    }

    fn run(&self, run_id: &str) -> Result<Option<Run>, StoreError> {
        run::state(self.connection, run_id)
    }

    fn run_input(&self, run_id: &str) -> Result<Option<Value>, StoreError> {
        run::input(self.connection, run_id)
    }

    fn lease(&self, run_id: &str) -> Result<Option<Lease>, StoreError> {
        lease::get(self.connection, run_id)
    }

    fn step(&self, step_id: &str) -> Result<Option<Step>, StoreError> {
        step::state(self.connection, step_id)
    }

    fn tool_call(&self, tool_call_id: &str) -> Result<Option<ToolCall>, StoreError> {
        tool_call::state(self.connection, tool_call_id)
    }

    fn open_tool_calls(&self, run_id: &str) -> Result<Vec<ToolCall>, StoreError> {
        tool_call::open_of_run(self.connection, run_id)
    }

    fn run_has_more_events_than(&self, run_id: &str, count: u64) -> Result<bool, StoreError> {
        run::has_more_events_than(self.connection, run_id, count)
    }

    fn oldest_queued(
        &self,
        workspace_id: &str,
        rooms: Option<&[String]>,
    ) -> Result<Option<String>, StoreError> {
        run::oldest_queued(self.connection, workspace_id, rooms)
    }

    fn expired_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        lease::expired(self.connection, now, limit)
    }

    fn engine_by_actor(
        &self,
        workspace_id: &str,
        actor_id: &str,
    ) -> Result<Option<Engine>, StoreError> {
        engine::by_actor(self.connection, workspace_id, actor_id)
    }

    fn engine(&self, engine_id: &str) -> Result<Option<Engine>, StoreError> {
        engine::state(self.connection, engine_id)
    }

    fn live_tokens(&self, engine_id: &str) -> Result<Vec<LiveToken>, StoreError> {
        engine_token::live_of_engine(self.connection, engine_id)
    }

    fn engine_token(&self, token_id: &str) -> Result<Option<TokenStanding>, StoreError> {
        engine_token::standing(self.connection, token_id)
    }

    fn agent(&self, agent_id: &str) -> Result<Option<Agent>, StoreError> {
        agent::state(self.connection, agent_id)
    }

    fn capability(&self, token_id: &str) -> Result<Option<Capability>, StoreError> {
        capability::state(self.connection, token_id)
    }

    fn blob(&self, blob: &str, workspace_id: Option<&str>) -> Result<Option<u64>, StoreError> {
        blob::size(self.connection, blob, workspace_id)
    }

    fn posture(&self, workspace_id: &str) -> Result<Posture, StoreError> {
        let posture = policy_setting::posture(self.connection, workspace_id)?;
        Ok(Posture {
            egress_per_hour: self.egress_per_hour,
            ..posture
        })
    }

    fn egress_allowed(
        &self,
        workspace_id: &str,
        counted_for: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        egress_request::allowed_since(self.connection, workspace_id, counted_for, since)
    }

    fn egress(&self, egress_request_id: &str) -> Result<Option<Performance>, StoreError> {
        egress_request::performance(self.connection, egress_request_id)
    }

    fn open_egress(&self, limit: u32) -> Result<Vec<Performance>, StoreError> {
        egress_request::open(self.connection, limit)
    }

    fn resource_label(
        &self,
        workspace_id: &str,
        resource: &ResourceName,
    ) -> Result<Option<ResourceLabel>, StoreError> {
        resource_label::state(self.connection, workspace_id, resource)
    }

    fn principal(&self, principal_id: &str) -> Result<Option<Principal>, StoreError> {
        principal::state(self.connection, principal_id)
    }

    fn principal_of(&self, actor: &Actor) -> Result<Option<Principal>, StoreError> {
        principal::of(self.connection, actor)
    }

    fn approval(&self, approval_id: &str) -> Result<Option<Approval>, StoreError> {
        approval::state(self.connection, approval_id)
    }

    fn waiting_approval(
        &self,
        identical: &Identical<'_>,
        now: Timestamp,
    ) -> Result<Option<Approval>, StoreError> {
        approval::waiting(self.connection, identical, now)
    }

    fn is_waiter(&self, approval_id: &str, actor: &Actor) -> Result<bool, StoreError> {
        approval::is_waiter(self.connection, approval_id, actor)
    }

    fn approvals_for(
        &self,
        question: &Question,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        approval::usable(self.connection, question, now)
    }

    fn due_approvals(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        approval::due(self.connection, now, limit)
    }

    fn evidence(&self, evidence_id: &str) -> Result<Option<Evidence>, StoreError> {
        evidence::state(self.connection, evidence_id)
    }

    fn run_events(
        &self,
        run: &Run,
        see: &mut dyn FnMut(EventPointer<'_>),
    ) -> Result<(), StoreError> {
        evidence::run_events(self.connection, run, see)
    }

    fn run_parts(&self, run_id: &str, limit: u32) -> Result<RunParts, StoreError> {
        evidence::run_parts(self.connection, run_id, limit)
    }

    fn experiment(&self, experiment_id: &str) -> Result<Option<Experiment>, StoreError> {
        experiment::state(self.connection, experiment_id)
    }

    fn active_runs(&self, experiment_id: &str) -> Result<u64, StoreError> {
        experiment::active_runs(self.connection, experiment_id)
    }

    fn incident(&self, incident_id: &str) -> Result<Option<Incident>, StoreError> {
        incident::state(self.connection, incident_id)
    }

    fn incident_by_key(&self, workspace_id: &str, key: &str) -> Result<Option<String>, StoreError> {
        incident::by_key(self.connection, workspace_id, key)
    }

    fn stale_work(&self, before: Timestamp, limit: u32) -> Result<Vec<StaleWork>, StoreError> {
        stale_work::find(self.connection, before, limit)
    }

    fn is_topic_locked(&self, channel: &str) -> Result<bool, StoreError> {
        topic::is_locked(self.connection, channel)
    }

    fn is_topic_granted(&self, channel: &str, who: &TopicPrincipal) -> Result<bool, StoreError> {
        topic::is_granted(self.connection, channel, who)
    }

    fn is_topic_advertised(&self, channel: &str) -> Result<bool, StoreError> {
        Ok(advertisement::find(self.connection, channel)?.is_some())
    }

    fn topic_schema(&self, channel: &str) -> Result<Option<Value>, StoreError> {
        Ok(advertisement::find(self.connection, channel)?.and_then(|row| row.schema))
    }

    fn topic_key(&self, key_id: &str) -> Result<Option<TopicKey>, StoreError> {
        Ok(topic_key::live(self.connection, key_id)?.map(|(key, _)| key))
    }

    fn topic_key_named(
        &self,
        who: &TopicPrincipal,
        key_name: &str,
    ) -> Result<Option<TopicKey>, StoreError> {
        topic_key::named(self.connection, who, key_name)
    }

    fn topic_keys_of(&self, who: &TopicPrincipal) -> Result<Vec<TopicKey>, StoreError> {
        topic_key::of(self.connection, who)
    }

    fn topic_app(&self, name: &str) -> Result<Option<TopicApp>, StoreError> {
        topic_app::find(self.connection, name)
    }

    fn topic_apps(&self, owner: &AppOwner) -> Result<u64, StoreError> {
        topic_app::count(self.connection, owner)
    }

    fn topic_public_keys(&self, who: &TopicPrincipal) -> Result<Vec<String>, StoreError> {
        topic_public_key::names(self.connection, who)
    }

    fn topic_claim(&self, claim_id: &str) -> Result<Option<TopicClaim>, StoreError> {
        topic_claim::find(self.connection, claim_id)
    }

    fn open_topic_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        topic_claim::open(self.connection, now)
    }

    fn is_topic_principal(&self, name: &str) -> Result<bool, StoreError> {
        topic_key::is_known(self.connection, name)
    }

    fn is_key_used(&self, stream: &StreamKey, key: &str) -> Result<bool, StoreError> {
        Ok(append::keyed(self.connection, stream, key)?.is_some())
    }
}

//! What the kernel asks of the reference.

use crate::world::{Entry, World};
use kernel::board::{Task, TaskLease};
use kernel::broker::{
    AppOwner, ClaimStatus, Principal as TopicPrincipal, TopicApp, TopicClaim, TopicKey,
};
use kernel::engines::TokenStanding;
use kernel::gate::approval::{Approval, Identical, Status};
use kernel::gate::capability::Capability;
use kernel::gate::egress::{Performance, Progress};
use kernel::gate::label::{ResourceLabel, ResourceName};
use kernel::gate::policy::{Posture, Principal};
use kernel::gate::question::Question;
use kernel::incidents::{Incident, StaleWork};
use kernel::review::{EventPointer, Evidence, Experiment, Listed, RunParts};
use kernel::state::{
    Agent, Engine, Lease, LiveToken, Room, Run, RunStatus, State, Step, Thread, ToolCall,
};
use kernel::{Actor, Event, StreamKey, Timestamp};
use serde_json::Value;
use std::convert::Infallible;

impl State for World {
    type Error = Infallible;

    fn room(&self, room_id: &str) -> Result<Option<Room>, Infallible> {
        Ok(self.rooms.get(room_id).cloned())
    }

    fn thread(&self, thread_id: &str) -> Result<Option<Thread>, Infallible> {
        Ok(self.threads.get(thread_id).cloned())
    }

    fn first_thread(&self, room_id: &str) -> Result<Option<String>, Infallible> {
        let first = self.log.iter().find_map(|entry| {
            let scope = &entry.draft.scope;
            let begins = matches!(entry.draft.event, Event::ThreadCreated(_));
            (begins && scope.room_id.as_deref() == Some(room_id)).then(|| scope.thread_id.clone())
        });
        Ok(first.flatten())
    }

    fn task(&self, task_id: &str) -> Result<Option<Task>, Infallible> {
        Ok(self.board.tasks.get(task_id).cloned())
    }

    fn task_lease(&self, task_id: &str) -> Result<Option<TaskLease>, Infallible> {
        Ok(self.board.leases.get(task_id).cloned())
    }

    fn expired_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, Infallible> {
        let over = self
            .board
            .leases
            .values()
            .filter(|lease| lease.expires_at <= now);
        Ok(over
            .take(limit as usize)
            .map(|lease| lease.task_id.clone())
            .collect())
    }

    fn is_topic_locked(&self, channel: &str) -> Result<bool, Infallible> {
        Ok(self.bus.locked.contains(channel))
    }

    fn is_topic_granted(&self, channel: &str, who: &TopicPrincipal) -> Result<bool, Infallible> {
        Ok(self
            .bus
            .granted
            .contains(&(channel.to_owned(), who.clone())))
    }

    fn is_topic_advertised(&self, channel: &str) -> Result<bool, Infallible> {
        Ok(self.bus.advertised.contains_key(channel))
    }

    fn topic_schema(&self, channel: &str) -> Result<Option<Value>, Infallible> {
        Ok(self.bus.advertised.get(channel).cloned().flatten())
    }

    fn topic_key(&self, key_id: &str) -> Result<Option<TopicKey>, Infallible> {
        Ok(self.bus.keys.get(key_id).cloned())
    }

    fn topic_key_named(
        &self,
        who: &TopicPrincipal,
        key_name: &str,
    ) -> Result<Option<TopicKey>, Infallible> {
        let mut keys = self.bus.keys.values();
        Ok(keys
            .find(|key| key.principal == *who && key.key_name == key_name)
            .cloned())
    }

    fn topic_keys_of(&self, who: &TopicPrincipal) -> Result<Vec<TopicKey>, Infallible> {
        let keys = self.bus.keys.values();
        Ok(keys.filter(|key| key.principal == *who).cloned().collect())
    }

    fn topic_app(&self, name: &str) -> Result<Option<TopicApp>, Infallible> {
        Ok(self.bus.apps.get(name).cloned())
    }

    fn topic_apps(&self, owner: &AppOwner) -> Result<u64, Infallible> {
        let apps = self.bus.apps.values();
        Ok(apps
            .filter(|app| app.owner == *owner && !app.deleted)
            .count() as u64)
    }

    fn topic_public_keys(&self, who: &TopicPrincipal) -> Result<Vec<String>, Infallible> {
        let keys = self.bus.public_keys.iter();
        Ok(keys
            .filter(|(principal, _)| principal == who)
            .map(|(_, name)| name.clone())
            .collect())
    }

    fn topic_claim(&self, claim_id: &str) -> Result<Option<TopicClaim>, Infallible> {
        Ok(self.bus.claims.get(claim_id).cloned())
    }

    fn open_topic_claims(&self, now: Timestamp) -> Result<u64, Infallible> {
        let claims = self.bus.claims.values();
        let open = [ClaimStatus::Pending, ClaimStatus::Confirmed];
        Ok(claims
            .filter(|claim| open.contains(&claim.status) && claim.expires_at > now)
            .count() as u64)
    }

    fn is_topic_principal(&self, name: &str) -> Result<bool, Infallible> {
        Ok(self.bus.names.contains(name))
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

    fn run_has_more_events_than(&self, run_id: &str, count: u64) -> Result<bool, Infallible> {
        let of_run = |entry: &&Entry| entry.draft.scope.run_id.as_deref() == Some(run_id);
        Ok(self.log.iter().filter(of_run).count() as u64 > count)
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

    fn egress(&self, egress_request_id: &str) -> Result<Option<Performance>, Infallible> {
        Ok(self.performances().remove(egress_request_id))
    }

    fn open_egress(&self, limit: u32) -> Result<Vec<Performance>, Infallible> {
        let all = self.performances().into_values();
        let open = all.filter(|it| matches!(it.progress, Progress::Pending | Progress::InFlight));
        Ok(open.take(limit as usize).collect())
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

    fn resource_label(
        &self,
        workspace_id: &str,
        resource: &ResourceName,
    ) -> Result<Option<ResourceLabel>, Infallible> {
        let name = (workspace_id.to_owned(), resource.clone());
        Ok(self.labels.get(&name).cloned())
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

    fn incident(&self, incident_id: &str) -> Result<Option<Incident>, Infallible> {
        Ok(self.incidents.get(incident_id).cloned())
    }

    fn incident_by_key(&self, workspace: &str, key: &str) -> Result<Option<String>, Infallible> {
        Ok(self.opened_with_key(workspace, key))
    }

    fn stale_work(&self, before: Timestamp, limit: u32) -> Result<Vec<StaleWork>, Infallible> {
        Ok(self.unmoved(before).take(limit as usize).collect())
    }

    fn is_key_used(&self, stream: &StreamKey, key: &str) -> Result<bool, Infallible> {
        Ok(self.with_key(stream, key).is_some())
    }

    fn evidence(&self, evidence_id: &str) -> Result<Option<Evidence>, Infallible> {
        Ok(self.evidence.get(evidence_id).cloned())
    }

    fn run_events(
        &self,
        run: &Run,
        see: &mut dyn FnMut(EventPointer<'_>),
    ) -> Result<(), Infallible> {
        let stream = run.scope().stream();
        let of_stream = |entry: &&Entry| entry.draft.scope.stream() == stream;
        for (index, entry) in self.log.iter().filter(of_stream).enumerate() {
            if entry.draft.scope.run_id.as_ref() == Some(&run.run_id) {
                see(EventPointer {
                    event_id: &entry.id,
                    event_type: entry.draft.event.event_type(),
                    occurred_at: self.now,
                    stream_seq: index as u64 + 1,
                    event_hash: &World::hash(&entry.id),
                });
            }
        }
        Ok(())
    }

    fn run_parts(&self, run_id: &str, limit: u32) -> Result<RunParts, Infallible> {
        let of_run = |entry: &&Entry| entry.draft.scope.run_id.as_deref() == Some(run_id);
        let listed = |id: &dyn Fn(&Event) -> Option<String>| {
            let events = self.log.iter().filter(of_run);
            let ids: Vec<String> = events.filter_map(|entry| id(&entry.draft.event)).collect();
            Listed {
                total: ids.len() as u64,
                ids: ids.into_iter().take(limit as usize).collect(),
            }
        };
        let member = |event: &Event, event_type: &str, name: &str| {
            let id = event.data()[name].as_str()?.to_owned();
            (event.event_type() == event_type).then_some(id)
        };
        Ok(RunParts {
            steps: listed(&|event| member(event, "step.created", "step_id")),
            tool_calls: listed(&|event| member(event, "tool.invoked", "tool_call_id")),
            artifacts: listed(&|event| member(event, "artifact.created", "artifact_id")),
        })
    }

    fn experiment(&self, experiment_id: &str) -> Result<Option<Experiment>, Infallible> {
        Ok(self.experiments.get(experiment_id).cloned())
    }

    fn active_runs(&self, experiment_id: &str) -> Result<u64, Infallible> {
        let active = self.runs.values().filter(|run| {
            run.experiment_id.as_deref() == Some(experiment_id) && !run.status.has_ended()
        });
        Ok(active.count() as u64)
    }
}

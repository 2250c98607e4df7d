//! Whatever is asked, in whatever order, by whomever: what must never happen does not.

use crate::moves::{Move, Shown, turns};
use crate::script::caller;
use crate::world::{Accepted, World};
use kernel::gate::capability::allows;
use kernel::limits::{APPROVAL_MS_MAX, LEASE_MS, OUTPUT_EVENT_BYTES_MAX};
use kernel::runs;
use kernel::state::{Lease, RunStatus};
use kernel::{Answer, Caller, Causation, Command, Event, Reject, rooms};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

/// The world, what was ever made in it, and every token that was ever granted.
pub struct Play {
    pub world: World,
    granted: BTreeMap<String, Vec<String>>,
    steps: Vec<(String, String)>,
    calls: Vec<(String, String)>,
    made: usize,
}

impl Play {
    fn new() -> Self {
        let mut world = World::new();
        let (owner, workspace_id) = caller("owner");
        for room_id in ["r1", "r2"] {
            let room = rooms::CreateRoom {
                room_id: room_id.into(),
                title: Some("room".into()),
                ..Default::default()
            };
            world
                .submit(&owner, &workspace_id, Command::CreateRoom(room))
                .unwrap();
        }
        Self {
            world,
            granted: BTreeMap::new(),
            steps: Vec::new(),
            calls: Vec::new(),
            made: 0,
        }
    }

    pub fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}", self.made)
    }

    pub fn token(&self, run_id: &str, shown: Shown) -> Option<String> {
        let granted = self
            .granted
            .get(run_id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        match shown {
            Shown::Newest => granted.last().cloned(),
            Shown::Stale => granted.iter().rev().nth(1).cloned(),
            Shown::Forged => Some("forged".to_owned()),
            Shown::Nothing => None,
        }
    }

    /// The run that a move writes to, and what of it the move addresses.
    fn target(&self, turn: &Move) -> Option<(String, String)> {
        let of = |things: &[(String, String)], index: &Index| {
            (!things.is_empty()).then(|| index.get(things).clone())
        };
        let (id, run_id) = match turn {
            Move::Wait(_)
            | Move::Run { .. }
            | Move::CommandRun
            | Move::Claim
            | Move::Expire
            | Move::Gate(_)
            | Move::Incident(_) => return None,
            Move::Start(run)
            | Move::Cancel(run)
            | Move::Extend(run)
            | Move::Release(run)
            | Move::End { run, .. }
            | Move::Step(run) => {
                let runs = &self.world.created;
                let run_id = (!runs.is_empty()).then(|| run.get(runs).clone())?;
                (run_id.clone(), run_id)
            }
            Move::Tool(step) | Move::Artifact(step) => of(&self.steps, step)?,
            Move::Output { call, .. } | Move::EndTool { call, .. } => of(&self.calls, call)?,
        };
        Some((run_id, id))
    }

    fn play(&mut self, turn: &Move, who: &str, shown: Shown) {
        let (caller, workspace_id) = caller(who);
        match turn {
            Move::Wait(millis) => self.world.now = self.world.now.plus_millis(*millis),
            Move::Expire => {
                let (system, workspace_id) = self::caller("system");
                self.world
                    .submit(&system, &workspace_id, Command::ExpireLeases)
                    .unwrap();
            }
            Move::Run { observed } => {
                let (run_id, token) = (self.name("q"), self.name("mine"));
                let command = Command::CreateRun(runs::CreateRun {
                    run_id: run_id.clone(),
                    room_id: Some(["r1", "r2"][self.made % 2].to_owned()),
                    observed_claim_token: observed.then(|| token.clone()),
                    ..Default::default()
                });
                self.world.submit(&caller, &workspace_id, command).unwrap();
                if *observed {
                    self.granted.entry(run_id).or_default().push(token);
                }
            }
            Move::Claim => self.claim(&caller, &workspace_id),
            Move::CommandRun => {
                let run_id = self.name("q");
                let command = Command::CreateRun(runs::CreateRun {
                    approval_id: self.name("a"),
                    run_id,
                    room_id: Some("r1".to_owned()),
                    input: Some(serde_json::json!({"command": {"argv": ["ls"]}})),
                    ..Default::default()
                });
                self.submit_twice(&caller, &workspace_id, command).unwrap();
            }
            Move::Gate(turn) => self.gate(turn, &caller, &workspace_id),
            Move::Incident(turn) => self.incident(turn, &caller, &workspace_id),
            Move::Start(_)
            | Move::Extend(_)
            | Move::Release(_)
            | Move::End { .. }
            | Move::Cancel(_)
            | Move::Step(_)
            | Move::Tool(_)
            | Move::Output { .. }
            | Move::EndTool { .. }
            | Move::Artifact(_) => {
                let Some((run_id, id)) = self.target(turn) else {
                    return;
                };
                let token = if turn.shows_a_token() {
                    self.token(&run_id, shown)
                } else {
                    None
                };
                let fresh = self.name("x");
                let command = turn.command(id, fresh, token.clone());
                let lease = self.world.leases.get(&run_id).cloned();
                let outcome = self.submit_twice(&caller, &workspace_id, command.clone());
                if let Ok(accepted) = outcome {
                    self.remember(&accepted);
                    let wrote = !accepted.events.is_empty()
                        || self.world.leases.get(&run_id) != lease.as_ref();
                    // Asking to stop needs no right to write.
                    if wrote && !matches!(turn, Move::Cancel(_)) {
                        self.may_write(&caller, &run_id, lease.as_ref(), token.as_deref());
                    }
                }
            }
        }
    }

    fn claim(&mut self, caller: &Caller, workspace_id: &str) {
        let token = self.name("token");
        let command = Command::ClaimRun(runs::ClaimRun {
            room_id: None,
            claim_token: token.clone(),
        });
        let allowed = |room_id: &str| match caller {
            Caller::Engine(engine) => allows(&engine.scopes.rooms, room_id),
            Caller::Owner | Caller::Agent(_) | Caller::Local | Caller::System => false,
        };
        let oldest = self.world.created.iter().find(|run_id| {
            let run = &self.world.runs[*run_id];
            run.status == RunStatus::Queued
                && run.waiting_approval_id.is_none()
                && allowed(&run.room.room_id)
        });
        let oldest = oldest.cloned();
        match self.submit_twice(caller, workspace_id, command) {
            Ok(accepted) => match (accepted.answer, oldest) {
                (Answer::Leased(lease), Some(oldest)) => {
                    assert_eq!(lease.run_id, oldest, "the oldest is served first");
                    self.granted.entry(lease.run_id).or_default().push(token);
                }
                (Answer::NothingQueued, None) => {}
                (Answer::PassedOver, Some(passed)) => {
                    assert!(self.world.runs[&passed].status.has_ended());
                    self.claim(caller, workspace_id);
                }
                (answer, oldest) => panic!("{answer:?} while {oldest:?} waits"),
            },
            Err(reject) => assert!(!matches!(caller, Caller::Engine(_)), "{reject:?}"),
        }
    }

    /// Decides, then submits: the same present gives the same decision.
    pub fn submit_twice(
        &mut self,
        caller: &Caller,
        workspace_id: &str,
        command: Command,
    ) -> Result<Accepted, Reject> {
        let first = self.world.decide(caller, workspace_id, command.clone());
        let second = self.world.submit(caller, workspace_id, command);
        match (&first, &second) {
            (Ok(first), Ok(second)) => {
                let drafted = first.drafts.iter().map(|draft| &draft.event);
                assert!(drafted.eq(&second.events));
            }
            (Err(first), Err(second)) => assert_eq!(first, second),
            (first, second) => panic!("{first:?} then {second:?}"),
        }
        second
    }

    fn remember(&mut self, accepted: &Accepted) {
        for event in &accepted.events {
            let scope = &self.world.log.last().unwrap().draft.scope;
            let run_id = scope.run_id.clone().unwrap();
            if let Event::StepCreated(data) = event {
                self.steps.push((data.step_id.clone(), run_id));
            } else if let Event::ToolInvoked(data) = event {
                self.calls.push((data.tool_call_id.clone(), run_id));
            }
        }
    }

    /// Whoever just wrote had the right to: nothing to fence, or a live lease and its newest
    /// token, or a live lease and the name of its holder.
    fn may_write(&self, caller: &Caller, run_id: &str, lease: Option<&Lease>, token: Option<&str>) {
        let newest = self.granted.get(run_id).and_then(|granted| granted.last());
        match (lease, token) {
            (None, None) => {}
            (None, Some(token)) => panic!("{token} wrote to {run_id}, which has no lease"),
            (Some(lease), token) => {
                assert!(lease.is_live(self.world.now), "{run_id} was late");
                match token {
                    Some(token) => assert_eq!(Some(token), newest.map(String::as_str)),
                    None => match caller {
                        Caller::Owner => {}
                        Caller::Engine(engine) => {
                            assert_eq!(Some(&engine.engine_id), lease.engine_id.as_ref());
                        }
                        Caller::Agent(_) | Caller::Local | Caller::System => {
                            panic!("{caller:?} wrote to {run_id}")
                        }
                    },
                }
            }
        }
    }

    /// A failure opens an incident at once, caused by it, unless the run is observed or the owner said no;
    /// nothing else opens one of that kind.
    fn failures_are_followed(&self) {
        let log = &self.world.log;
        for (place, entry) in log.iter().enumerate() {
            let next = log.get(place + 1).map(|next| &next.draft);
            let opened = next.and_then(|next| {
                if let Event::IncidentOpened(data) = &next.event
                    && data
                        .category
                        .as_deref()
                        .is_some_and(|word| word.starts_with("run_"))
                {
                    return Some((data, &next.causation));
                }
                None
            });
            let due = if let Event::RunFailed(data) = &entry.draft.event {
                let refused = ["was denied", "took it back"];
                let message = data.message.as_deref().unwrap_or_default();
                let by_owner = refused.iter().any(|words| message.contains(words));
                (!by_owner && !self.world.runs[&data.run_id].observed).then_some(&data.run_id)
            } else {
                None
            };
            let opened = opened.map(|(data, causation)| {
                assert_eq!(*causation, Causation::Previous);
                data.run_id.as_ref().unwrap()
            });
            assert_eq!(opened, due, "{entry:?}");
        }
    }

    /// What holds after every move.
    fn check(&self) {
        let world = &self.world;
        for (run_id, lease) in &world.leases {
            let run = &world.runs[run_id];
            assert_eq!(
                run.status,
                RunStatus::Running,
                "only what runs is leased: {run_id}"
            );
            assert_eq!(lease.attempt_no, run.attempt_no);
        }
        for call in world.calls.values().filter(|call| call.is_running) {
            let run = &world.runs[&call.run_id];
            assert_eq!(
                run.status,
                RunStatus::Running,
                "open below an ended run: {call:?}"
            );
        }
        for run in world.runs.values() {
            if let Some(waits_for) = &run.waiting_approval_id {
                assert_eq!(
                    run.status,
                    RunStatus::Queued,
                    "only what is queued waits: {run:?}"
                );
                assert!(
                    world.approvals[waits_for].status.is_waiting(),
                    "for nothing: {run:?}"
                );
            }
        }
        for call in world.calls.values() {
            assert!(call.output_bytes <= OUTPUT_EVENT_BYTES_MAX);
        }
        self.failures_are_followed();
        let (mut attempts, mut ended, mut ended_calls) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for entry in &world.log {
            let draft = &entry.draft;
            let run_id = draft.scope.run_id.clone().unwrap_or_default();
            if let Event::RunClaimed(data) = &draft.event {
                let last = attempts
                    .insert(run_id.clone(), data.attempt_no)
                    .unwrap_or(0);
                assert_eq!(data.attempt_no, last + 1, "attempts only grow, one by one");
                self.may_execute(data);
            }
            let ends_run = matches!(
                draft.event,
                Event::RunCompleted(_) | Event::RunFailed(_) | Event::RunCancelled(_)
            );
            if ends_run {
                assert_eq!(
                    ended.insert(run_id.clone(), ()),
                    None,
                    "{run_id} ended twice"
                );
            } else if !matches!(
                draft.event,
                Event::ArtifactCreated(_)
                    | Event::ApprovalRequested(_)
                    | Event::ApprovalDecided(_)
                    | Event::ApprovalExpired(_)
                    | Event::EvidenceManifestCreated(_)
                    | Event::IncidentOpened(_)
                    | Event::IncidentRcaUpdated(_)
                    | Event::IncidentLearningLogged(_)
                    | Event::IncidentClosed(_)
            ) {
                assert!(
                    !ended.contains_key(&run_id),
                    "{:?} after the end",
                    draft.event
                );
            }
            let ended_call = if let Event::ToolSucceeded(data) = &draft.event {
                Some(&data.tool_call_id)
            } else if let Event::ToolFailed(data) = &draft.event {
                Some(&data.tool_call_id)
            } else {
                None
            };
            if let Some(call) = ended_call {
                assert_eq!(
                    ended_calls.insert(call.clone(), ()),
                    None,
                    "{call} ended twice"
                );
            }
            if !run_id.is_empty() && world.runs.contains_key(&run_id) {
                let room_id = &world.runs[&run_id].room.room_id;
                assert_eq!(draft.scope.room_id.as_ref(), Some(room_id));
            }
        }
        let proven: Vec<_> = world.evidence.values().map(|one| &one.run_id).collect();
        assert_eq!(
            proven,
            ended.keys().collect::<Vec<_>>(),
            "one manifest an end"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold(turns in turns()) {
        let mut play = Play::new();
        for (turn, who, shown) in &turns {
            play.play(turn, who, *shown);
            play.check();
        }
        // In the end every lease runs out, and nothing is left half-way.
        play.world.now = play.world.now.plus_millis(LEASE_MS);
        let (system, workspace_id) = caller("system");
        play.world.submit(&system, &workspace_id, Command::ExpireLeases).unwrap();
        play.check();
        assert!(play.world.leases.is_empty());
        // And every approval is over one day, so that no run waits for ever.
        play.world.now = play.world.now.plus_millis(APPROVAL_MS_MAX);
        play.world.submit(&system, &workspace_id, Command::ExpireApprovals).unwrap();
        play.check();
        assert!(play.world.runs.values().all(|run| run.waiting_approval_id.is_none()));
    }
}

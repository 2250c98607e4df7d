//! Whatever is asked, in whatever order, by whomever: what must never happen does not.

use crate::script::caller;
use crate::world::{Accepted, World};
use kernel::event::OutputStream;
use kernel::limits::{LEASE_MS, OUTPUT_EVENT_BYTES_MAX, RUN_ATTEMPTS_MAX};
use kernel::runs::{self, Outcome, ToolOutcome};
use kernel::state::{Lease, RunStatus};
use kernel::{Answer, Caller, Command, Event, Reject, rooms};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

/// What happens next. Indexes choose among what there is by then.
#[derive(Clone, Debug)]
enum Move {
    Wait(i64),
    Run { observed: bool },
    Start(Index),
    Claim,
    Extend(Index),
    Release(Index),
    End { run: Index, completed: bool },
    Cancel(Index),
    Expire,
    Step(Index),
    Tool(Index),
    Output { call: Index, bytes: usize },
    EndTool { call: Index, succeeded: bool },
    Artifact(Index),
}

/// The claim token that a write shows.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Newest,
    Stale,
    Forged,
    Nothing,
}

fn moves() -> impl Strategy<Value = Move> {
    let any = any::<Index>;
    prop_oneof![
        2 => prop_oneof![0..1_000i64, Just(LEASE_MS / 2), Just(LEASE_MS)].prop_map(Move::Wait),
        3 => proptest::bool::ANY.prop_map(|observed| Move::Run { observed }),
        1 => any().prop_map(Move::Start),
        5 => Just(Move::Claim),
        2 => any().prop_map(Move::Extend),
        1 => any().prop_map(Move::Release),
        2 => (any(), proptest::bool::ANY).prop_map(|(run, completed)| Move::End { run, completed }),
        1 => any().prop_map(Move::Cancel),
        2 => Just(Move::Expire),
        4 => any().prop_map(Move::Step),
        4 => any().prop_map(Move::Tool),
        3 => (any(), prop_oneof![0..9usize, Just(16 * 1024)])
            .prop_map(|(call, bytes)| Move::Output { call, bytes }),
        2 => (any(), proptest::bool::ANY)
            .prop_map(|(call, succeeded)| Move::EndTool { call, succeeded }),
        1 => any().prop_map(Move::Artifact),
    ]
}

fn turns() -> impl Strategy<Value = Vec<(Move, &'static str, Shown)>> {
    let who = prop::sample::select(vec!["owner", "local", "E1", "E2", "E2@r2"]);
    let shown = prop_oneof![
        5 => Just(Shown::Newest),
        1 => Just(Shown::Stale),
        1 => Just(Shown::Forged),
        2 => Just(Shown::Nothing),
    ];
    prop::collection::vec((moves(), who, shown), 1..120)
}

/// The world, what was ever made in it, and every token that was ever granted.
struct Play {
    world: World,
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

    fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}", self.made)
    }

    fn run(&self, index: Index) -> Option<String> {
        let runs = &self.world.created;
        (!runs.is_empty()).then(|| index.get(runs).clone())
    }

    fn token(&self, run_id: &str, shown: Shown) -> Option<String> {
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

    /// The command, the run it writes to, and the token it shows.
    fn command(&mut self, turn: &Move, shown: Shown) -> Option<(Command, String, Option<String>)> {
        let (run_id, command): (String, Box<dyn Fn(Option<String>) -> Command>) = match turn {
            Move::Wait(_) | Move::Run { .. } | Move::Claim | Move::Expire => return None,
            Move::Start(run) => {
                let run_id = self.run(*run)?;
                let id = run_id.clone();
                (
                    run_id,
                    Box::new(move |_| Command::StartRun(runs::StartRun { run_id: id.clone() })),
                )
            }
            Move::Cancel(run) => {
                let run_id = self.run(*run)?;
                let id = run_id.clone();
                let cancel = move |_| {
                    Command::CancelRun(runs::CancelRun {
                        run_id: id.clone(),
                        reason: None,
                    })
                };
                (run_id, Box::new(cancel))
            }
            Move::Extend(run) => {
                let run_id = self.run(*run)?;
                let id = run_id.clone();
                let extend = move |claim_token| {
                    Command::ExtendLease(runs::ExtendLease {
                        run_id: id.clone(),
                        claim_token,
                    })
                };
                (run_id, Box::new(extend))
            }
            Move::Release(run) => {
                let run_id = self.run(*run)?;
                let id = run_id.clone();
                let release = move |claim_token| {
                    Command::ReleaseRun(runs::ReleaseRun {
                        run_id: id.clone(),
                        claim_token,
                    })
                };
                (run_id, Box::new(release))
            }
            Move::End { run, completed } => {
                let (run_id, completed) = (self.run(*run)?, *completed);
                let id = run_id.clone();
                let end = move |claim_token| {
                    let outcome = if completed {
                        Outcome::Completed {
                            summary: None,
                            output: None,
                        }
                    } else {
                        Outcome::Failed {
                            message: None,
                            error: None,
                        }
                    };
                    Command::EndRun(runs::EndRun {
                        run_id: id.clone(),
                        claim_token,
                        outcome,
                    })
                };
                (run_id, Box::new(end))
            }
            Move::Step(run) => {
                let (run_id, step_id) = (self.run(*run)?, self.name("s"));
                let id = run_id.clone();
                let step = move |claim_token| {
                    Command::CreateStep(runs::CreateStep {
                        step_id: step_id.clone(),
                        run_id: id.clone(),
                        claim_token,
                        kind: Some("task".into()),
                        ..Default::default()
                    })
                };
                (run_id, Box::new(step))
            }
            Move::Tool(step) | Move::Artifact(step) if self.steps.is_empty() => {
                let _ = step;
                return None;
            }
            Move::Tool(step) => {
                let ((step_id, run_id), tool_call_id) =
                    (step.get(&self.steps).clone(), self.name("c"));
                let tool = move |claim_token| {
                    Command::InvokeTool(runs::InvokeTool {
                        tool_call_id: tool_call_id.clone(),
                        step_id: step_id.clone(),
                        claim_token,
                        tool_name: Some("shell".into()),
                        ..Default::default()
                    })
                };
                (run_id, Box::new(tool))
            }
            Move::Artifact(step) => {
                let ((step_id, run_id), artifact_id) =
                    (step.get(&self.steps).clone(), self.name("a"));
                let artifact = move |claim_token| {
                    Command::CreateArtifact(runs::CreateArtifact {
                        artifact_id: artifact_id.clone(),
                        step_id: step_id.clone(),
                        claim_token,
                        kind: Some("report".into()),
                        ..Default::default()
                    })
                };
                (run_id, Box::new(artifact))
            }
            Move::Output { call, bytes } => {
                let (tool_call_id, run_id) =
                    (!self.calls.is_empty()).then(|| call.get(&self.calls).clone())?;
                let bytes = *bytes;
                let output = move |claim_token| {
                    Command::AddToolOutput(runs::AddToolOutput {
                        tool_call_id: tool_call_id.clone(),
                        claim_token,
                        stream: OutputStream::Stdout,
                        offset_bytes: 0,
                        text: "x".repeat(bytes),
                    })
                };
                (run_id, Box::new(output))
            }
            Move::EndTool { call, succeeded } => {
                let (tool_call_id, run_id) =
                    (!self.calls.is_empty()).then(|| call.get(&self.calls).clone())?;
                let succeeded = *succeeded;
                let end = move |claim_token| {
                    let outcome = if succeeded {
                        ToolOutcome::Succeeded { output: None }
                    } else {
                        ToolOutcome::Failed {
                            message: None,
                            error: None,
                            output: None,
                        }
                    };
                    let tool_call_id = tool_call_id.clone();
                    Command::EndTool(runs::EndTool {
                        tool_call_id,
                        claim_token,
                        outcome,
                    })
                };
                (run_id, Box::new(end))
            }
        };
        let token = match turn {
            Move::Start(_) | Move::Cancel(_) => None,
            _ => self.token(&run_id, shown),
        };
        Some((command(token.clone()), run_id, token))
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
            _ => {
                let Some((command, run_id, token)) = self.command(turn, shown) else {
                    return;
                };
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
            Caller::Engine(engine) => engine
                .rooms
                .as_ref()
                .is_none_or(|rooms| rooms.iter().any(|room| room == room_id)),
            Caller::Owner | Caller::Local | Caller::System => false,
        };
        let oldest = self.world.created.iter().find(|run_id| {
            let run = &self.world.runs[*run_id];
            run.status == RunStatus::Queued && allowed(&run.room.room_id)
        });
        let oldest = oldest.cloned();
        match self.submit_twice(caller, workspace_id, command) {
            Ok(accepted) => match (accepted.answer, oldest) {
                (Answer::Leased(lease), Some(oldest)) => {
                    assert_eq!(lease.run_id, oldest, "the oldest is served first");
                    self.granted.entry(lease.run_id).or_default().push(token);
                }
                (Answer::NothingQueued, None) => {}
                (answer, oldest) => panic!("{answer:?} while {oldest:?} waits"),
            },
            Err(reject) => assert!(!matches!(caller, Caller::Engine(_)), "{reject:?}"),
        }
    }

    /// Decides, then submits: the same present gives the same decision.
    fn submit_twice(
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
                        Caller::Local | Caller::System => panic!("{caller:?} wrote to {run_id}"),
                    },
                }
            }
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
        for call in world.calls.values() {
            assert!(call.output_bytes <= OUTPUT_EVENT_BYTES_MAX);
        }
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
                assert!(data.attempt_no <= RUN_ATTEMPTS_MAX);
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
            } else if !matches!(draft.event, Event::ArtifactCreated(_)) {
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
    }
}

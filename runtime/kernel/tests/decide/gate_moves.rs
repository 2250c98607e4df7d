//! Moves that the gate is about, and what must hold of them.

use crate::moves::Shown;
use crate::properties::Play;
use crate::script::caller;
use kernel::event::RunClaimed;
use kernel::gate::Place;
use kernel::gate::approval::{DecideApproval, Reach, RequestApproval, RevokeApproval, Status};
use kernel::gate::egress::RequestEgress;
use kernel::gate::evaluate::EvaluatePolicy;
use kernel::gate::setting::SetKillSwitch;
use kernel::runs;
use kernel::state::Lease;
use kernel::{Actor, Answer, Caller, Command};
use proptest::bool::ANY;
use proptest::prelude::*;
use proptest::sample::Index;

/// What is asked of the gate, and what the owner says. Indexes choose among what there is by then.
#[derive(Clone, Debug)]
pub enum GateMove {
    Ask {
        action: &'static str,
        once: bool,
    },
    Decide {
        approval: Index,
        decision: &'static str,
        once: bool,
    },
    Withdraw(Index),
    Lapse,
    Evaluate(&'static str),
    Egress(&'static str),
    Switch(bool),
    /// Asks for a way out on behalf of a run, and releases it to wait for it.
    ReleaseToWait(Index),
}

const ACTIONS: [&str; 3] = ["external.write", "email.send", "look.around"];
const ADDRESSES: [&str; 2] = ["https://a.test/", "https://b.test/"];

pub fn gate_moves() -> impl Strategy<Value = GateMove> {
    let any = any::<Index>;
    prop_oneof![
        2 => (select(ACTIONS), ANY).prop_map(|(action, once)| GateMove::Ask { action, once }),
        3 => (any(), select(["approve", "approve", "deny", "hold"]), ANY)
            .prop_map(|(approval, decision, once)| GateMove::Decide { approval, decision, once }),
        1 => any().prop_map(GateMove::Withdraw),
        1 => Just(GateMove::Lapse),
        3 => select(ACTIONS).prop_map(GateMove::Evaluate),
        2 => select(ADDRESSES).prop_map(GateMove::Egress),
        1 => ANY.prop_map(GateMove::Switch),
        1 => any().prop_map(GateMove::ReleaseToWait),
    ]
}

fn select<const N: usize>(words: [&'static str; N]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(words.to_vec())
}

impl Play {
    /// What is asked of the gate, and what the owner says.
    pub fn gate(&mut self, turn: &GateMove, caller: &Caller, workspace_id: &str) {
        let approvals: Vec<String> = self.world.approvals.keys().cloned().collect();
        let nth = |index: &Index| (!approvals.is_empty()).then(|| index.get(&approvals).clone());
        let room = serde_json::json!({"type": "room", "room_id": "r1"});
        let scope = |once: bool| if once { None } else { Some(room.clone()) };
        let place = Place {
            room_id: Some("r1".to_owned()),
            ..Place::default()
        };
        let command = match turn {
            GateMove::Ask { action, once } => Command::RequestApproval(RequestApproval {
                approval_id: self.name("a"),
                action: Some((*action).to_owned()),
                scope: scope(*once),
                place,
                ..Default::default()
            }),
            GateMove::Evaluate(action) => Command::EvaluatePolicy(EvaluatePolicy {
                action: Some((*action).to_owned()),
                place,
                ..Default::default()
            }),
            GateMove::Egress(address) => Command::RequestEgress(RequestEgress {
                egress_request_id: self.name("g"),
                approval_id: self.name("a"),
                target_url: Some((*address).to_owned()),
                place,
                ..Default::default()
            }),
            GateMove::Decide {
                approval,
                decision,
                once,
            } => {
                let Some(approval_id) = nth(approval) else {
                    return;
                };
                Command::DecideApproval(DecideApproval {
                    approval_id,
                    decision: Some((*decision).to_owned()),
                    scope: scope(*once),
                    ..Default::default()
                })
            }
            GateMove::Withdraw(approval) => {
                let Some(approval_id) = nth(approval) else {
                    return;
                };
                let reason = None;
                Command::RevokeApproval(RevokeApproval {
                    approval_id,
                    reason,
                })
            }
            GateMove::Switch(enabled) => Command::SetKillSwitch(SetKillSwitch {
                enabled: Some(*enabled),
                reason: None,
            }),
            GateMove::ReleaseToWait(index) => return self.release_to_wait(index),
            GateMove::Lapse => Command::ExpireApprovals,
        };
        let (owner, system) = (self::caller("owner").0, self::caller("system").0);
        let caller = match turn {
            GateMove::Decide { .. } | GateMove::Withdraw(_) | GateMove::Switch(_) => &owner,
            GateMove::Lapse => &system,
            GateMove::Ask { .. }
            | GateMove::Evaluate(_)
            | GateMove::Egress(_)
            | GateMove::ReleaseToWait(_) => caller,
        };
        let switch = self.world.postures.get(workspace_id).copied();
        let is_off = !switch.unwrap_or_default().kill_switch;
        if let Ok(accepted) = self.submit_twice(caller, workspace_id, command)
            && let Answer::Ruled(ruling) = accepted.answer
            && ruling.is_allow()
            && !matches!(turn, GateMove::Evaluate("look.around"))
        {
            assert!(is_off, "{turn:?} while nothing reaches outside");
            let used = &self.world.approvals[&ruling.approval_id.unwrap()];
            let consumed = matches!(used.status, Status::Consumed { .. });
            assert_eq!(consumed, used.reach == Reach::Once, "{used:?}");
        }
    }

    fn release_to_wait(&mut self, index: &Index) {
        let held: Vec<(String, Lease)> = self.world.leases.clone().into_iter().collect();
        if held.is_empty() {
            return;
        }
        let (run_id, lease) = index.get(&held).clone();
        let (owner, workspace_id) = caller("owner");
        let holder = match &lease.engine_id {
            Some(engine_id) => caller(engine_id).0,
            None => return,
        };
        let approval_id = self.name("a");
        let egress = Command::RequestEgress(RequestEgress {
            egress_request_id: self.name("g"),
            approval_id,
            target_url: Some("https://a.test/".to_owned()),
            place: Place {
                run_id: Some(run_id.clone()),
                ..Place::default()
            },
            ..Default::default()
        });
        let asked = self.submit_twice(&holder, &workspace_id, egress).unwrap();
        let Answer::Ruled(ruling) = asked.answer else {
            panic!("{asked:?}")
        };
        let release = Command::ReleaseRun(runs::ReleaseRun {
            claim_token: self.token(&run_id, Shown::Newest),
            waiting_approval_id: ruling.approval_id.filter(|_| ruling.blocked),
            run_id,
        });
        // The owner holds every key; the lease may be over.
        self.submit_twice(&owner, &workspace_id, release).ok();
    }

    /// A command is executed for the owner, or by an approval of exactly it.
    pub fn may_execute(&self, claim: &RunClaimed) {
        let run = &self.world.runs[&claim.run_id];
        let input = self.world.inputs.get(&claim.run_id);
        let Some(command) = runs::command_binding(input) else {
            return;
        };
        match &claim.approval_id {
            None => assert!(
                run.created_by == Actor::owner() || claim.engine_id.is_none(),
                "{run:?}"
            ),
            Some(approval_id) => {
                let approval = &self.world.approvals[approval_id];
                assert_eq!(approval.binding, command);
                let used_here = Status::Consumed {
                    run_id: Some(run.run_id.clone()),
                };
                let stays = approval.reach != Reach::Once;
                assert!(stays || approval.status == used_here, "{approval:?}");
            }
        }
    }
}

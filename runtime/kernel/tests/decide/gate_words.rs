//! The words of tables for the gate.
//!
//! ```text
//! when local ask a1 external.write to=https://a.test/ payload={"n":1} room=r1  -> approval.requested
//! then owner decide a1 approve scope={"type":"room"}                           -> approval.decided
//! then local evaluate external.write to=https://a.test/ payload={"n":1} room=r1 -> ; allow approval_allows_action a1
//! ```

use crate::script::Args;
use kernel::Command;
use kernel::event::Sent;
use kernel::gate::approval::{DecideApproval, RequestApproval, RevokeApproval};
use kernel::gate::data_access::RequestDataAccess;
use kernel::gate::egress::{EndEgress, RequestEgress, StartEgress};
use kernel::gate::evaluate::{EvaluatePolicy, Standing};
use kernel::gate::label::LabelResource;
use kernel::gate::policy::{Decision, Mode, Ruling};
use kernel::gate::setting::{SetKillSwitch, SetPolicyMode};
use kernel::gate::{Declared, Place};

pub fn command(verb: &str, args: &Args<'_>) -> Option<Command> {
    Some(match verb {
        "ask" => Command::RequestApproval(RequestApproval {
            approval_id: args.at(0),
            action: args.plain(1),
            target: args.named("to"),
            payload: args.json("payload"),
            title: args.named("title"),
            request: args.json("request"),
            context: args.json("context"),
            place: place(args),
            scope: args.json("scope"),
            expires_at: args.named("until"),
            correlation_id: args.named("correlation"),
            requester: declared(args),
        }),
        "decide" => Command::DecideApproval(DecideApproval {
            approval_id: args.at(0),
            decision: args.plain(1),
            reason: args.named("reason"),
            scope: args.json("scope"),
            expires_at: args.named("until"),
        }),
        "withdraw" => Command::RevokeApproval(RevokeApproval {
            approval_id: args.at(0),
            reason: args.named("reason"),
        }),
        "lapse" => Command::ExpireApprovals,
        "evaluate" => Command::EvaluatePolicy(EvaluatePolicy {
            action: args.plain(0),
            target: args.named("to"),
            payload: args.json("payload"),
            place: place(args),
            context: args.json("context"),
            requester: declared(args),
            standing: standing(args),
        }),
        "egress" => Command::RequestEgress(egress(args)),
        "perform" => Command::RequestEgress(RequestEgress {
            perform: true,
            ..egress(args)
        }),
        "begin_request" => Command::StartEgress(StartEgress {
            egress_request_id: args.at(0),
        }),
        "end_request" => Command::EndEgress(EndEgress {
            egress_request_id: args.at(0),
            ..EndEgress::default()
        }),
        "abort" => Command::EndEgress(EndEgress {
            egress_request_id: args.at(0),
            failure: Some(("aborted".into(), "Aborted.".into(), Sent::Unknown)),
            ..EndEgress::default()
        }),
        "interrupt_requests" => Command::InterruptEgress,
        "label" => Command::LabelResource(LabelResource {
            resource_type: args.plain(0),
            resource_id: args.plain(1),
            label: args.plain(2),
            room_id: args.named("room"),
            purpose_tags: args.json("for"),
        }),
        "access" => Command::RequestDataAccess(RequestDataAccess {
            approval_id: args.at(0),
            action: args.plain(1),
            resource_type: args.plain(2),
            resource_id: args.plain(3),
            purpose_tags: args.json("for"),
            justification: args.named("because"),
            place: place(args),
            requester: declared(args),
            standing: standing(args),
        }),
        "switch" => Command::SetKillSwitch(SetKillSwitch {
            enabled: args.plain(0).map(|word| word == "on"),
            reason: args.named("reason"),
        }),
        "mode" => Command::SetPolicyMode(SetPolicyMode {
            mode: args.plain(0),
            reason: args.named("reason"),
        }),
        _ => return None,
    })
}

fn egress(args: &Args<'_>) -> RequestEgress {
    RequestEgress {
        egress_request_id: args.at(0),
        approval_id: format!("a_{}", args.at(0)),
        action: args.named("action"),
        target_url: args.plain(1),
        method: args.named("method"),
        headers: args.json("headers"),
        payload: args.json("payload"),
        perform: false,
        context: args.json("context"),
        place: place(args),
        requester: declared(args),
        standing: standing(args),
        correlation_id: args.named("correlation"),
    }
}

pub fn declared(args: &Args<'_>) -> Declared {
    Declared {
        actor_type: args.named("type"),
        actor_id: args.named("id"),
    }
}

pub fn standing(args: &Args<'_>) -> Standing {
    Standing {
        principal_id: args.named("principal"),
        capability_token_id: args.named("capability"),
        zone: args.named("zone"),
    }
}

fn place(args: &Args<'_>) -> Place {
    Place {
        room_id: args.named("room"),
        thread_id: args.named("thread"),
        run_id: args.named("run"),
        step_id: args.named("step"),
    }
}

pub fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::RequireApproval => "require_approval",
    }
}

/// `deny kill_switch_active`; with the approval it is about; `(watched)` when it does not block
/// what it does not allow.
pub fn tell(ruling: &Ruling) -> String {
    let mut words = vec![
        decision(ruling.decision).to_owned(),
        ruling.reason_code.to_owned(),
    ];
    words.extend(ruling.approval_id.clone());
    if !ruling.is_allow() && !ruling.blocked {
        assert_eq!(ruling.mode, Mode::Shadow);
        words.push("(watched)".to_owned());
    }
    words.join(" ")
}

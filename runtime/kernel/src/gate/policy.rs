//! The policy: from a question and what is known, to allow, deny or ask the owner. Pure.
//!
//! In this order, and the first that has an answer gives it:
//! 1. identity: an agent must be the one that its principal is;
//! 2. capability: rights that are narrowed must be narrowed by a capability that is there;
//! 3. what the action needs, by the registry and by the door it is asked for at;
//! 4. the kill switch, for whatever reaches outside: it wins over every approval;
//! 5. approvals, for what needs one.

use super::approval::{Approval, Reach};
use super::question::{Category, Fit, Question};
use super::registry::{self, COMMAND_EXECUTE, DATA_WRITE, EXTERNAL_WRITE};
use super::zone::Zone;
use crate::actor::{Actor, ActorType};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allow,
    Deny,
    RequireApproval,
}

/// Whether decisions are kept to, or only written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Shadow,
    #[default]
    Enforce,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Shadow => "shadow",
            Mode::Enforce => "enforce",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [Mode::Shadow, Mode::Enforce]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// How the owner has set the gate of a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posture {
    pub mode: Mode,
    /// Nothing reaches outside.
    pub kill_switch: bool,
}

/// Who is behind a principal id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub principal_id: String,
    pub actor: Actor,
}

/// An answer, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    pub decision: Decision,
    /// For programs.
    pub reason_code: &'static str,
    /// For people.
    pub reason: &'static str,
    pub mode: Mode,
    /// The action must not be done. In shadow mode only the kill switch and commands block.
    pub blocked: bool,
    /// What allowed it, or what it waits for.
    pub approval_id: Option<String>,
}

impl Ruling {
    pub fn is_allow(&self) -> bool {
        self.decision == Decision::Allow
    }
}

/// A reason: its code and its sentence.
type Reason = (&'static str, &'static str);

const DEFAULT_ALLOW: Reason = ("default_allow", "Nothing stands against it.");
const APPROVAL_ALLOWS: Reason = ("approval_allows_action", "The owner has approved it.");
const KILL_SWITCH: Reason = (
    "kill_switch_active",
    "The kill switch is on: nothing reaches outside until the owner turns it off.",
);

/// Answers a question. `principal` is who `question.principal_id` names, if anybody; `approvals`
/// are those that may allow it, in order of preference.
pub fn rule(
    question: &Question,
    posture: Posture,
    principal: Option<&Principal>,
    approvals: &[Approval],
    now: Timestamp,
) -> Ruling {
    let answer = |decision, (reason_code, reason): Reason, approval_id| Ruling {
        decision,
        reason_code,
        reason,
        mode: posture.mode,
        blocked: decision != Decision::Allow
            && (posture.mode == Mode::Enforce
                || reason_code == KILL_SWITCH.0
                || question.binding.action == COMMAND_EXECUTE),
        approval_id,
    };
    let refused = identity(question, principal).or_else(|| capability(question));
    if let Some(reason) = refused {
        return answer(Decision::Deny, reason, None);
    }
    let need = need(question);
    if let Need::Impossible(reason) = need {
        return answer(Decision::Deny, reason, None);
    }
    if posture.kill_switch && reaches_outside(question) {
        return answer(Decision::Deny, KILL_SWITCH, None);
    }
    let Need::Approval(reason) = need else {
        return answer(Decision::Allow, DEFAULT_ALLOW, None);
    };
    match choose(approvals, question, now) {
        Some(approval) => {
            let approval_id = Some(approval.approval_id.clone());
            answer(Decision::Allow, APPROVAL_ALLOWS, approval_id)
        }
        None => answer(Decision::RequireApproval, reason, None),
    }
}

/// The approval to use: one that stays before one that is used up.
pub fn choose<'a>(
    approvals: &'a [Approval],
    question: &Question,
    now: Timestamp,
) -> Option<&'a Approval> {
    let usable = || {
        approvals
            .iter()
            .filter(|approval| approval.allows(question, now))
    };
    usable()
        .find(|approval| approval.reach != Reach::Once)
        .or_else(|| usable().next())
}

fn identity(question: &Question, principal: Option<&Principal>) -> Option<Reason> {
    // Who a run is of was settled when it was created, and the owner sees the whole command.
    let is_command = question.binding.action == COMMAND_EXECUTE;
    if question.actor.actor_type != ActorType::Agent || is_command {
        return None;
    }
    if question.principal_id.is_none() {
        return Some((
            "agent_principal_required",
            "An agent must say which principal it is.",
        ));
    }
    match principal {
        Some(principal) if principal.actor.actor_type == ActorType::Agent => {
            (principal.actor.actor_id != question.actor.actor_id).then_some((
                "agent_actor_id_mismatch",
                "The principal is another agent's.",
            ))
        }
        Some(_) | None => Some((
            "agent_principal_not_found",
            "The principal is not an agent's.",
        )),
    }
}

/// No capability has been issued in any workspace, so none that is named is there.
fn capability(question: &Question) -> Option<Reason> {
    question.capability_token_id.as_ref().map(|_| {
        (
            "capability_token_not_found",
            "There is no such capability in this workspace.",
        )
    })
}

enum Need {
    Nothing,
    Approval(Reason),
    Impossible(Reason),
}

const EXTERNAL_WRITE_NEEDS: Reason = (
    "external_write_requires_approval",
    "What leaves this machine needs the owner's approval.",
);

fn need(question: &Question) -> Need {
    if let Category::DataAccess(fit) = question.category {
        return by_label(fit);
    }
    let action = question.binding.action.as_str();
    let tool = registry::of_tool_call(action);
    let registered = tool.unwrap_or(action);
    // Whatever its requester calls it, it leaves this machine.
    let leaves = question.category == Category::Egress;
    if registered == COMMAND_EXECUTE && question.actor != Actor::owner() {
        return Need::Approval((
            "command_requires_approval",
            "A command that the owner did not ask for needs the owner's approval.",
        ));
    }
    if registered == EXTERNAL_WRITE {
        return Need::Approval(EXTERNAL_WRITE_NEEDS);
    }
    // A tool has no zone of its own: it gets what its name asks for.
    let zone = tool.is_none().then_some(question.zone);
    let of_registry = by_registry(registered, zone);
    if leaves && matches!(of_registry, Need::Nothing) {
        return Need::Approval(EXTERNAL_WRITE_NEEDS);
    }
    of_registry
}

fn by_label(fit: Fit) -> Need {
    match fit {
        Fit::Fits => Need::Nothing,
        Fit::WrongRoom => Need::Impossible((
            "data_access_restricted_room_mismatch",
            "The resource is restricted to another room.",
        )),
        Fit::WrongPurpose => Need::Approval((
            "data_access_purpose_hint_mismatch",
            "The resource is for other purposes, and the request does not say why it needs it.",
        )),
    }
}

fn by_registry(action: &str, zone: Option<Zone>) -> Need {
    let Some(rule) = registry::rule(action) else {
        return Need::Nothing;
    };
    if let Some(zone) = zone
        && zone != rule.zone_required
    {
        return match rule.zone_required {
            Zone::HighStakes => Need::Approval((
                "action_zone_requires_high_stakes",
                "The action belongs to the zone high_stakes.",
            )),
            Zone::Sandbox | Zone::Supervised => Need::Impossible((
                "action_zone_mismatch",
                "The action does not belong to this zone.",
            )),
        };
    }
    if !rule.reversible && zone.is_some_and(|zone| zone != Zone::HighStakes) {
        return Need::Approval((
            "action_irreversible_requires_high_stakes",
            "What cannot be taken back belongs to the zone high_stakes.",
        ));
    }
    if rule.requires_pre_approval {
        return Need::Approval((
            "action_pre_approval_required",
            "The action needs the owner's approval first.",
        ));
    }
    Need::Nothing
}

/// What the kill switch stops: external writes by any name, and whatever may make one.
fn reaches_outside(question: &Question) -> bool {
    let action = question.binding.action.as_str();
    match question.category {
        Category::Egress => true,
        Category::DataAccess(_) => action == DATA_WRITE,
        Category::ToolCall => !registry::is_harmless_tool(action),
        Category::Action if registry::of_tool_call(action).is_some() => {
            !registry::is_harmless_tool(action)
        }
        Category::Action => {
            [COMMAND_EXECUTE, DATA_WRITE].contains(&action)
                || registry::rule(action).is_some_and(|rule| !rule.reversible)
        }
    }
}

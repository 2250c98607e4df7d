//! The policy: from a question and what is known, to allow, deny or ask the owner. Pure.
//!
//! In this order, and the first that has an answer gives it:
//! 1. identity: an agent must be the one that its principal is;
//! 2. capability: one that is shown must live, be its holder's, and reach that far;
//! 3. what the action needs, by the registry and by the door it is asked for at;
//! 4. quarantine: an agent in it is denied everything, whatever was approved;
//! 5. the kill switch, for whatever reaches outside: it wins over every approval;
//! 6. approvals, for what needs one;
//! 7. the quota, for requests that would leave this machine.

use super::approval::{Approval, Reach};
use super::capability::{self, Chain};
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
    /// Requests that a caller may send out in an hour; 0 is as many as it likes.
    pub egress_per_hour: u32,
}

/// Who is behind a principal id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub principal_id: String,
    pub actor: Actor,
}

/// What is known of a question when it is answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    pub posture: Posture,
    /// Who `question.principal_id` names, if anybody.
    pub principal: Option<&'a Principal>,
    /// The principal that asks: the one that the question names, else the actor's own.
    pub holder: Option<&'a str>,
    /// The capability that the question names, if it is there.
    pub capability: Option<&'a Chain>,
    /// The agent that asks is in quarantine.
    pub quarantined: bool,
    /// Those that may allow it, in order of preference.
    pub approvals: &'a [Approval],
    /// Requests of the last hour that were allowed to whoever asks.
    pub egress_allowed: u64,
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
    /// The action must not be done. In shadow mode only commands, the kill switch and a quarantine block.
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
pub(super) type Reason = (&'static str, &'static str);

const DEFAULT_ALLOW: Reason = ("default_allow", "Nothing stands against it.");
const APPROVAL_ALLOWS: Reason = ("approval_allows_action", "The owner has approved it.");
const KILL_SWITCH: Reason = (
    "kill_switch_active",
    "The kill switch is on: nothing reaches outside until the owner turns it off.",
);

const QUARANTINED: Reason = (
    "agent_quarantined",
    "The agent is in quarantine until the owner lets it out.",
);
pub(super) const QUOTA: Reason = (
    "quota_exceeded",
    "As many requests as an hour may have were allowed already.",
);

/// Answers a question.
pub fn rule(question: &Question, known: &Known<'_>, now: Timestamp) -> Ruling {
    let posture = known.posture;
    let stopped = posture.kill_switch && reaches_outside(question);
    let answer = |decision, (reason_code, reason): Reason, approval_id| Ruling {
        decision,
        reason_code,
        reason,
        mode: posture.mode,
        blocked: decision != Decision::Allow
            && (posture.mode == Mode::Enforce
                // Whatever is told first: another reason is no way around them.
                || known.quarantined
                || stopped
                || question.binding.action == COMMAND_EXECUTE),
        approval_id,
    };
    let refused = identity(question, known.principal)
        .or_else(|| capability::refuse(question, known.holder, known.capability, now));
    if let Some(reason) = refused {
        return answer(Decision::Deny, reason, None);
    }
    let need = need(question);
    if let Need::Impossible(reason) = need {
        return answer(Decision::Deny, reason, None);
    }
    if known.quarantined {
        return answer(Decision::Deny, QUARANTINED, None);
    }
    if stopped {
        return answer(Decision::Deny, KILL_SWITCH, None);
    }
    let spent = is_spent(question, known);
    let Need::Approval(reason) = need else {
        return match spent {
            true => answer(Decision::Deny, QUOTA, None),
            false => answer(Decision::Allow, DEFAULT_ALLOW, None),
        };
    };
    match choose(known.approvals, question, now) {
        Some(_) if spent => answer(Decision::Deny, QUOTA, None),
        Some(approval) => {
            let approval_id = Some(approval.approval_id.clone());
            answer(Decision::Allow, APPROVAL_ALLOWS, approval_id)
        }
        // What an action needs by itself is told first: it is so in the next hour as well.
        None if spent && reason == EXTERNAL_WRITE_NEEDS => answer(Decision::Deny, QUOTA, None),
        None => answer(Decision::RequireApproval, reason, None),
    }
}

fn is_spent(question: &Question, known: &Known<'_>) -> bool {
    let limit = known.posture.egress_per_hour;
    question.category == Category::Egress && limit > 0 && known.egress_allowed >= u64::from(limit)
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

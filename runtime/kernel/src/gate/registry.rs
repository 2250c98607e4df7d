//! The action registry: what the gate knows of an action before anybody asks for it.

use super::zone::Zone;
use serde::Serialize;

/// The action of whatever leaves this machine.
pub const EXTERNAL_WRITE: &str = "external.write";
/// The action of a worker that executes the command of a run. Only runs ask for it: who could
/// name it elsewhere could have one command approved and another executed.
pub const COMMAND_EXECUTE: &str = "command.execute";
/// The actions of whoever reads or changes a resource.
pub const DATA_READ: &str = "data.read";
pub const DATA_WRITE: &str = "data.write";
/// The action of a tool call is this and the name of the tool.
pub const TOOL_CALL_PREFIX: &str = "tool.call.";

/// Old spellings that clients still send.
const ALIASES: [(&str, &str); 3] = [
    ("external_write", EXTERNAL_WRITE),
    ("data_read", DATA_READ),
    ("data_write", DATA_WRITE),
];

/// Tools that do nothing outside of Signalbox: the kill switch leaves them alone.
const HARMLESS_TOOLS: [&str; 1] = ["runtime.noop"];

/// When the table below was last changed; every entry shows it.
pub const REGISTRY_SINCE: &str = "2026-11-21T00:00:00.000Z";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostImpact {
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryDifficulty {
    Easy,
    Hard,
}

/// What is known of one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionRule {
    pub action_type: &'static str,
    /// What it did can be taken back.
    pub reversible: bool,
    pub zone_required: Zone,
    pub requires_pre_approval: bool,
    pub post_review_required: bool,
    pub cost_impact: CostImpact,
    pub recovery_difficulty: RecoveryDifficulty,
}

const fn reversible(action_type: &'static str) -> ActionRule {
    ActionRule {
        action_type,
        reversible: true,
        zone_required: Zone::Supervised,
        requires_pre_approval: false,
        post_review_required: true,
        cost_impact: CostImpact::Low,
        recovery_difficulty: RecoveryDifficulty::Easy,
    }
}

const fn irreversible(action_type: &'static str, cost_impact: CostImpact) -> ActionRule {
    ActionRule {
        action_type,
        reversible: false,
        zone_required: Zone::HighStakes,
        requires_pre_approval: true,
        post_review_required: false,
        cost_impact,
        recovery_difficulty: RecoveryDifficulty::Hard,
    }
}

/// Every registered action, by name.
pub const REGISTRY: [ActionRule; 7] = [
    reversible("api.call.idempotent"),
    irreversible("api.call.mutating", CostImpact::High),
    reversible("artifact.create"),
    reversible("artifact.update"),
    irreversible("email.send", CostImpact::Medium),
    irreversible(EXTERNAL_WRITE, CostImpact::High),
    irreversible("payment.execute", CostImpact::High),
];

/// The one spelling of an action.
pub fn canonical_action(action: &str) -> &str {
    let action = action.trim();
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == action)
        .map_or(action, |(_, name)| name)
}

/// The rule of an action in its one spelling, if it is registered.
pub fn rule(action: &str) -> Option<&'static ActionRule> {
    REGISTRY.iter().find(|rule| rule.action_type == action)
}

/// The action that a tool call comes down to: a tool that bears the name of a registered action
/// is that action, so that calling it a tool is no way around its rule.
pub fn of_tool_call(action: &str) -> Option<&str> {
    action.strip_prefix(TOOL_CALL_PREFIX).map(canonical_action)
}

/// Whether the tool of this action does nothing outside of Signalbox.
pub fn is_harmless_tool(action: &str) -> bool {
    of_tool_call(action).is_some_and(|tool| HARMLESS_TOOLS.contains(&tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_repetition() {
        let names: Vec<&str> = REGISTRY.iter().map(|rule| rule.action_type).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for (alias, name) in ALIASES {
            assert_eq!(canonical_action(&format!(" {alias} ")), name);
            assert!(rule(alias).is_none(), "{alias} is another spelling");
        }
    }

    #[test]
    fn a_tool_named_like_an_action_is_that_action() {
        for (action, is) in [
            ("tool.call.email.send", Some("email.send")),
            ("tool.call.external_write", Some(EXTERNAL_WRITE)),
            ("tool.call.ls", Some("ls")),
            ("email.send", None),
        ] {
            assert_eq!(of_tool_call(action), is);
        }
        assert!(is_harmless_tool("tool.call.runtime.noop"));
        assert!(!is_harmless_tool("runtime.noop"));
    }
}

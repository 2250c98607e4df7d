//! What a capability that is shown at the gate takes away.

use super::{Chain, Ended, allows, allows_host};
use crate::gate::egress::Target;
use crate::gate::policy::Reason;
use crate::gate::question::{Category, Question};
use crate::gate::registry;
use crate::time::Timestamp;

/// The refusal of a question that lies outside the capability it names. `holder` is the principal
/// that asks, `chain` the capability if there is one of that id.
pub(in crate::gate) fn refuse(
    question: &Question,
    holder: Option<&str>,
    chain: Option<&Chain>,
    now: Timestamp,
) -> Option<Reason> {
    question.capability_token_id.as_ref()?;
    let Some(chain) = chain.filter(|it| it.own.workspace_id == question.place.workspace_id) else {
        return Some((
            "capability_token_not_found",
            "There is no such capability in this workspace.",
        ));
    };
    match chain.ended(now) {
        Some(Ended::Revoked) => {
            return Some((
                "capability_token_revoked",
                "The capability, or one that it was delegated from, was revoked.",
            ));
        }
        Some(Ended::Expired) => {
            return Some((
                "capability_token_expired",
                "The capability, or one that it was delegated from, has expired.",
            ));
        }
        None => {}
    }
    if holder != Some(chain.own.issued_to_principal_id.as_str()) {
        return Some((
            "capability_token_principal_mismatch",
            "The capability is another principal's.",
        ));
    }
    room(question, chain).or_else(|| match question.category {
        Category::Action => action(question, chain),
        Category::Egress => action(question, chain).or_else(|| domain(question, chain)),
        Category::ToolCall => tool(question, chain),
        Category::DataAccess(_) => data(question, chain),
    })
}

fn room(question: &Question, chain: &Chain) -> Option<Reason> {
    let room_id = question.place.room_id.as_deref()?;
    named(
        &chain.own.scopes.rooms,
        room_id,
        (
            "capability_scope_room_required",
            "The capability reaches no room.",
        ),
        (
            "capability_scope_room_not_allowed",
            "The capability does not reach this room.",
        ),
    )
}

fn action(question: &Question, chain: &Chain) -> Option<Reason> {
    named(
        &chain.own.scopes.action_types,
        &question.binding.action,
        (
            "capability_scope_action_type_required",
            "The capability allows no action.",
        ),
        (
            "capability_scope_action_not_allowed",
            "The capability does not allow this action.",
        ),
    )
}

fn tool(question: &Question, chain: &Chain) -> Option<Reason> {
    let Some(tool) = registry::of_tool_call(&question.binding.action) else {
        return Some((
            "capability_scope_context_missing_tool_name",
            "The tool is not named, so the capability cannot allow it.",
        ));
    };
    named(
        &chain.own.scopes.tools,
        tool,
        (
            "capability_scope_tool_required",
            "The capability allows no tool.",
        ),
        (
            "capability_scope_tool_not_allowed",
            "The capability does not allow this tool.",
        ),
    )
}

fn domain(question: &Question, chain: &Chain) -> Option<Reason> {
    let domains = &chain.own.scopes.egress_domains;
    if domains.is_empty() {
        return Some((
            "capability_scope_egress_domain_required",
            "The capability reaches no host.",
        ));
    }
    match Target::read(question.binding.target.as_deref()) {
        Err(_) => Some((
            "capability_scope_context_missing_egress_domain",
            "The host is not named, so the capability cannot allow it.",
        )),
        Ok(target) => (!allows_host(domains, &target.domain)).then_some((
            "capability_scope_domain_not_allowed",
            "The capability does not reach this host.",
        )),
    }
}

/// A resource is reached by its room, its type, or its own name.
fn data(question: &Question, chain: &Chain) -> Option<Reason> {
    let reach = &chain.own.scopes.data_access;
    let list = match question.binding.action.as_str() {
        registry::DATA_WRITE => &reach.write,
        _ => &reach.read,
    };
    if list.is_empty() {
        return Some((
            "capability_scope_data_access_required",
            "The capability reaches no data.",
        ));
    }
    let resource = question.binding.target.as_deref().unwrap_or_default();
    let resource_type = resource.split(':').next().unwrap_or_default();
    let room_id = question.place.room_id.as_deref();
    let names = [
        Some(resource_type.to_owned()),
        Some(format!("resource_type:{resource_type}")),
        Some(format!("resource:{resource}")),
        room_id.map(|room_id| format!("room:{room_id}")),
    ];
    let reached = names.iter().flatten().any(|name| allows(list, name));
    (!reached).then_some((
        "capability_scope_data_access_not_allowed",
        "The capability does not reach this resource.",
    ))
}

fn named(list: &[String], name: &str, none: Reason, another: Reason) -> Option<Reason> {
    if list.is_empty() {
        return Some(none);
    }
    (!allows(list, name)).then_some(another)
}

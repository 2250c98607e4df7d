//! Capabilities: who may grant, what becomes of a delegation, and what one takes away at the gate.

use crate::script::{check, play};
use crate::world::World;

const PEOPLE: &str = "given principal: p_owner user owner
        and   principal: p1 agent ann
        and   principal: p2 agent bob
        and   principal: pe service e1";

#[test]
fn only_who_has_authority_grants() {
    check(&format!(
        r#"{PEOPLE}
        when local grant c1 to=p1 by=p1 scopes={{"tools":["*"]}}                -> reject owner_only
        then E1 grant c1 to=pe by=pe scopes={{"tools":["*"]}}                   -> reject owner_only
        then system grant c1 to=p1 by=p_owner                                   -> reject owner_only
        then owner grant c1 by=p_owner          -> reject issued_to_principal_id_required issued_to_principal_id
        then owner grant c1 to=" " by=p_owner   -> reject issued_to_principal_id_required issued_to_principal_id
        then owner grant c1 to=p1               -> reject granted_by_principal_id_required granted_by_principal_id
        then owner grant c1 to=p9 by=p_owner    -> reject issued_to_principal_not_found issued_to_principal_id
        then owner grant c1 to=p1 by=p9         -> reject granted_by_principal_not_found granted_by_principal_id
        then owner grant c1 to=p1 by=p_owner until=soon -> reject invalid_valid_until valid_until
        then owner grant c1 to=p1 by=p_owner until=2020-01-01T00:00:00Z -> reject invalid_valid_until valid_until
        then owner grant c1 to=sk-x*24 by=p_owner -> reject secret_in_identifier issued_to_principal_id
        then owner grant c1 to=p1 by=p_owner scopes={{"tools":["*"]}}   -> agent.capability.granted"#
    ));
}

/// Also what was tried in vain is in the log, unless nobody could have been meant.
#[test]
fn only_the_holder_of_a_capability_delegates_it() {
    check(&format!(
        r#"{PEOPLE}
        and   owner grant c1 to=pe by=p_owner scopes={{"tools":["*"]}}
        and   owner grant c2 to=p1 by=p_owner scopes={{"tools":["*"]}}
        when E1 grant d1 to=p1 by=pe parent=nowhere     -> agent.delegation.attempted ; refused parent_token_not_found
        then E1 grant d1 to=pe by=p1 parent=c2          -> agent.delegation.attempted ; refused parent_token_grantor_mismatch
        then E1 grant d1 to=pe by=pe parent=c2          -> agent.delegation.attempted ; refused parent_token_grantor_mismatch
        then E2 grant d1 to=pe by=pe parent=c1          -> agent.delegation.attempted ; refused parent_token_grantor_mismatch
        then local grant d1 to=p1 by=p1 parent=c2       -> reject owner_only
        then owner grant d1 to=p2 by=p2 parent=c2       -> agent.delegation.attempted ; refused parent_token_grantor_mismatch
        then owner/ws_b grant d1 to=p2 by=p1 parent=c2  -> agent.delegation.attempted ; refused parent_token_not_found
        then E1 grant d1 to=p1 by=pe parent=c1          -> agent.capability.granted
        then owner grant d2 to=p2 by=p1 parent=d1       -> agent.capability.granted
        then owner grant d3 to=p1 by=p2 parent=d2       -> agent.capability.granted
        then owner grant d4 to=p2 by=p1 parent=d3       -> agent.delegation.attempted ; refused delegation_depth_exceeded
        then local ungrant d1                           -> reject owner_only
        then E2 ungrant d1                              -> reject owner_only
        then E1 ungrant d2                              -> reject owner_only
        then E1 ungrant d1                              -> agent.capability.revoked
        then E1 ungrant d1                              -> ; already
        then owner grant d5 to=p2 by=p1 parent=d1       -> agent.delegation.attempted ; refused parent_token_revoked
        then owner grant d5 to=p1 by=p2 parent=d2       -> agent.delegation.attempted ; refused parent_token_revoked
        then owner ungrant                              -> reject token_id_required token_id
        then owner ungrant nowhere                      -> reject token_not_found
        then owner/ws_b ungrant c1                      -> reject token_not_found
        then owner ungrant c1                           -> agent.capability.revoked"#
    ));
}

#[test]
fn a_delegation_is_never_wider_nor_longer_than_its_parent() {
    let mut world = World::new();
    let lines = format!(
        r#"{PEOPLE}
        and owner grant c1 to=p1 by=p_owner scopes={{"tools":["*"],"rooms":["r1","r2"],"egress_domains":["*.a.test"]}} until=2030-01-01T00:00:00Z
        and owner grant d1 to=p2 by=p1 parent=c1 scopes={{"tools":["ls"],"rooms":["*"],"egress_domains":["b.a.test","c.test"],"action_types":["*"]}} until=2031-01-01T00:00:00Z
        and owner grant d2 to=p2 by=p1 parent=c1"#
    );
    lines.lines().for_each(|line| play(&mut world, line.trim()));
    let granted = &world.authority.capabilities["d1"];
    assert_eq!(granted.scopes.tools, ["ls"]);
    assert_eq!(granted.scopes.rooms, ["r1", "r2"]);
    assert_eq!(granted.scopes.egress_domains, ["b.a.test"]);
    assert!(granted.scopes.action_types.is_empty());
    assert_eq!(granted.depth, 1);
    let until = granted.valid_until.unwrap().to_string();
    assert_eq!(until, "2030-01-01T00:00:00.000Z");
    let nothing = &world.authority.capabilities["d2"];
    assert_eq!(
        (&nothing.scopes, nothing.valid_until),
        (&Default::default(), granted.valid_until)
    );
}

#[test]
fn the_end_of_any_ancestor_is_the_end() {
    check(&format!(
        r#"{PEOPLE}
        and   owner grant c1 to=p1 by=p_owner scopes={{"action_types":["*"]}}
        and   owner grant d1 to=p2 by=p1 parent=c1 scopes={{"action_types":["*"]}}
        and   owner grant d2 to=p1 by=p2 parent=d1 scopes={{"action_types":["*"]}}
        when local evaluate x type=agent id=ann principal=p1 capability=d2  -> ; allow default_allow
        then owner ungrant c1                                               -> agent.capability.revoked
        then local evaluate x type=agent id=ann principal=p1 capability=d2  -> policy.denied ; deny capability_token_revoked
        then local evaluate x type=agent id=ann principal=p1                -> ; allow default_allow

        {PEOPLE}
        and   owner grant c1 to=p1 by=p_owner scopes={{"action_types":["*"]}} until=2026-11-21T08:00:00Z
        and   owner grant d1 to=p2 by=p1 parent=c1 scopes={{"action_types":["*"]}}
        when local evaluate x type=agent id=bob principal=p2 capability=d1  -> ; allow default_allow
        and  wait: 36000000
        then local evaluate x type=agent id=bob principal=p2 capability=d1  -> policy.denied ; deny capability_token_expired
        then owner grant d2 to=p2 by=p1 parent=c1                           -> agent.delegation.attempted ; refused parent_token_expired"#
    ));
}

#[test]
fn one_that_is_shown_takes_away() {
    check(&format!(
        r#"{PEOPLE}
        and   owner room r1
        and   owner room r2
        and   owner run q1 r1 observed=tok
        and   local step s1 q1 tok
        and   owner grant all to=p1 by=p_owner scopes={{"rooms":["*"],"tools":["*"],"egress_domains":["*"],"action_types":["*"]}}
        and   owner grant none to=p1 by=p_owner
        and   owner grant some to=p1 by=p_owner scopes={{"rooms":["r1"],"tools":["ls"],"egress_domains":["*.a.test"],"action_types":["x","external.write"]}}
        and   owner grant tools to=p1 by=p_owner scopes={{"rooms":["*"],"tools":["ls"]}}
        and   owner grant acts to=p1 by=p_owner scopes={{"rooms":["*"],"action_types":["external_write"]}}
        and   owner grant data to=p1 by=p_owner scopes={{"data_access":{{"read":["resource_type:doc"],"write":["resource:doc:plan"]}}}}
        when local evaluate x capability=all principal=p1                       -> ; allow default_allow
        then local evaluate x capability=all                                    -> policy.denied ; deny capability_token_principal_mismatch
        then local evaluate x capability=all principal=p2                       -> policy.denied ; deny capability_token_principal_mismatch
        then local evaluate x capability=all type=agent id=ann principal=p1     -> ; allow default_allow
        then owner/ws_b evaluate x capability=all principal=p1                  -> policy.denied ; deny capability_token_not_found
        then local evaluate x capability=nowhere principal=p1                   -> policy.denied ; deny capability_token_not_found
        then local evaluate x capability=none principal=p1 room=r1              -> policy.denied ; deny capability_scope_room_required
        then local evaluate x capability=none principal=p1                      -> policy.denied ; deny capability_scope_action_type_required
        then local evaluate x capability=some principal=p1 room=r1              -> ; allow default_allow
        then local evaluate x capability=some principal=p1 room=r2              -> policy.denied ; deny capability_scope_room_not_allowed
        then local evaluate y capability=some principal=p1 room=r1              -> policy.denied ; deny capability_scope_action_not_allowed
        then local evaluate external_write capability=acts principal=p1         -> policy.requires_approval ; require_approval external_write_requires_approval
        then local tool t1 s1 tok name=ls capability=some principal=p1          -> tool.invoked
        then local tool t2 s1 tok name=rm capability=some principal=p1          -> policy.denied ; deny capability_scope_tool_not_allowed
        then local tool t3 s1 tok name=ls capability=acts principal=p1          -> policy.denied ; deny capability_scope_tool_required
        then local egress x1 https://b.a.test/ capability=some principal=p1     -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x1
        then local egress x2 https://b.test/ capability=some principal=p1       -> egress.requested policy.denied egress.blocked ; deny capability_scope_domain_not_allowed
        then local egress x3 https://a.test/ capability=acts principal=p1       -> egress.requested policy.denied egress.blocked ; deny capability_scope_egress_domain_required
        then local egress x4 https://a.test/ capability=tools principal=p1      -> egress.requested policy.denied egress.blocked ; deny capability_scope_action_type_required
        then local access a1 data.read doc other capability=data principal=p1   -> ; allow default_allow by internal
        then local access a1 data.write doc plan capability=data principal=p1   -> ; allow default_allow by internal
        then local access a1 data.write doc other capability=data principal=p1  -> policy.denied data.access.denied ; deny capability_scope_data_access_not_allowed by internal
        then local access a1 data.read doc plan capability=acts principal=p1    -> policy.denied data.access.denied ; deny capability_scope_data_access_required by internal"#
    ));
}

/// Whoever holds an engine's token holds its capability, and can show it without naming a principal.
#[test]
fn an_engine_shows_what_it_holds() {
    check(&format!(
        r#"{PEOPLE}
        and   owner grant c1 to=pe by=p_owner scopes={{"action_types":["x"]}}
        when E1 evaluate x capability=c1    -> ; allow default_allow
        then E1 evaluate y capability=c1    -> policy.denied ; deny capability_scope_action_not_allowed
        then E2 evaluate x capability=c1    -> policy.denied ; deny capability_token_principal_mismatch"#
    ));
}

//! Agents and their quarantine.

use crate::script::check;

#[test]
fn agents_are_registered_by_anybody_and_put_in_quarantine_by_the_owner() {
    check(
        r#"
        when local agent g1 p1                      -> reject invalid_display_name display_name
        then local agent g1 p1 name=" "             -> reject invalid_display_name display_name
        then local agent g1 p1 name=x*301           -> reject field_too_long display_name
        then local agent g1 p1 name=Ann             -> agent.registered
        then local quarantine g1                    -> reject owner_only
        then E1 quarantine g1                       -> reject owner_only
        then system quarantine g1                   -> reject owner_only
        then owner quarantine nowhere               -> reject agent_not_found
        then owner/ws_b quarantine g1               -> reject agent_not_found
        then owner quarantine g1 reason=x*301       -> reject field_too_long quarantine_reason
        then owner unquarantine g1                  -> ; already
        then owner quarantine g1 reason=odd         -> agent.quarantined
        then owner quarantine g1                    -> ; already
        then local unquarantine g1                  -> reject owner_only
        then owner/ws_b unquarantine g1             -> reject agent_not_found
        then owner unquarantine g1                  -> agent.unquarantined
        "#,
    );
}

/// By every door, whatever was approved, and whoever speaks for it.
#[test]
fn an_agent_in_quarantine_is_denied_everything() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1 observed=tok
        and   local step s1 q1 tok
        and   principal: p1 agent g1
        and   local agent g1 p1 name=Ann
        and   local ask a1 external.write type=agent id=g1 scope={"type":"workspace"}
        and   owner decide a1 approve
        when local evaluate external.write type=agent id=g1 principal=p1    -> ; allow approval_allows_action a1
        then owner quarantine g1                                            -> agent.quarantined
        then local evaluate external.write type=agent id=g1 principal=p1    -> policy.denied ; deny agent_quarantined
        then local evaluate anything type=agent id=g1 principal=p1          -> policy.denied ; deny agent_quarantined
        then local evaluate data.read type=agent id=g1 principal=p1         -> policy.denied ; deny agent_quarantined
        then local evaluate email.send type=agent id=g1 principal=p1        -> policy.denied ; deny agent_quarantined
        then local evaluate anything principal=p1                           -> policy.denied ; deny agent_quarantined
        then E1 evaluate anything principal=p1                              -> policy.denied ; deny agent_quarantined
        then local tool t1 s1 tok name=runtime.noop type=agent id=g1 principal=p1 -> policy.denied ; deny agent_quarantined
        then local egress x1 https://a.test/ type=agent id=g1 principal=p1  -> egress.requested policy.denied egress.blocked ; deny agent_quarantined
        then owner mode shadow                                              -> policy.mode.changed
        then local evaluate anything type=agent id=g1 principal=p1          -> policy.denied ; deny agent_quarantined
        then owner unquarantine g1                                          -> agent.unquarantined
        then local evaluate external.write type=agent id=g1 principal=p1    -> ; allow approval_allows_action a1
        "#,
    );
}

/// A command that was approved does not begin once its agent is in quarantine.
#[test]
fn the_runs_of_an_agent_in_quarantine_are_not_begun() {
    check(
        r#"
        given owner room r1
        and   local agent g1 p1 name=Ann
        and   local run q1 r1 type=agent id=g1 input={"command":{"argv":["true"]}}
        and   owner decide a_q1 approve
        and   owner quarantine g1
        when E1 claim t     -> policy.denied run.failed(agent_quarantined) incident.opened(medium) ; passed over
        then E1 claim t     -> ; nothing queued
        "#,
    );
}

//! Runs with a command that the owner did not ask for, and runs that wait for other reasons.

use crate::script::check;

const LS: &str = r#"input={"command":{"argv":["ls"]}}"#;

fn played(table: &str) {
    check(&table.replace("LS", LS));
}

#[test]
fn a_command_of_somebody_else_waits_for_the_owner() {
    played(
        r#"
        given owner room r1
        when local run q1 r1 LS             -> run.created policy.requires_approval approval.requested run.waiting
        then E1 claim one                   -> ; nothing queued
        then local start q1                 -> reject run_waiting_for_approval
        then E1 start q1                    -> reject run_waiting_for_approval
        then owner decide a_q1 hold         -> approval.decided
        then E1 claim one                   -> ; nothing queued
        then owner decide a_q1 approve      -> approval.decided run.approved
        then E1 claim one                   -> approval.consumed run.claimed#1 run.started ; leased
        then E1 claim two                   -> ; nothing queued

        given owner room r1
        when owner run q1 r1 LS             -> run.created
        then E1 claim one                   -> run.claimed#1 run.started ; leased

        given owner room r1
        when E1 run q1 r1 LS                -> run.created policy.requires_approval approval.requested run.waiting
        then owner decide a_q1 deny         -> approval.decided run.failed(approval_denied)
        then E1 claim one                   -> ; nothing queued

        given owner room r1
        when local run q1 r1 LS             -> run.created policy.requires_approval approval.requested run.waiting
        then owner withdraw a_q1            -> approval.expired run.failed(approval_expired)

        given owner room r1
        when local run q1 r1 LS             -> run.created policy.requires_approval approval.requested run.waiting
        then owner cancel q1                -> approval.expired run.cancelled
        then owner decide a_q1 approve      -> reject approval_expired

        given owner room r1
        when local run q1 r1 observed=mine LS -> run.created run.claimed#1 run.started ; leased
        "#,
    );
}

#[test]
fn time_ends_a_run_that_nobody_decides() {
    played(
        r#"
        given owner room r1
        and   local run q1 r1 LS
        and   local run q2 r1 LS
        and   owner decide a_q2 approve
        given wait: 86399999
        when system lapse   ->
        given wait: 1
        when E1 claim one   -> policy.requires_approval run.failed(approval_expired) incident.opened(medium) ; passed over
        then E1 claim one   -> ; nothing queued
        then system lapse   -> approval.expired run.failed(approval_expired) incident.opened(medium) approval.expired
        "#,
    );
}

/// Identical or not, each run has its own: once is one run.
#[test]
fn every_run_asks_for_itself_unless_an_approval_stays() {
    played(
        r#"
        given owner room r1
        and   owner room r2
        and   local run q1 r1 LS
        and   local run q2 r1 LS
        when owner decide a_q1 approve                              -> approval.decided run.approved
        then E1 claim one                                           -> approval.consumed run.claimed#1 run.started ; leased
        then E1 claim two                                           -> ; nothing queued
        then owner decide a_q2 approve scope={"type":"room"}        -> approval.decided run.approved
        then E1 claim two                                           -> run.claimed#1 run.started ; leased
        then local run q3 r1 LS                                     -> run.created run.approved
        then E1 claim three                                         -> run.claimed#1 run.started ; leased
        then local run q4 r2 LS                                     -> run.created policy.requires_approval approval.requested run.waiting
        then local run q5 r1 input={"command":{"argv":["ls","/"]}}  -> run.created policy.requires_approval approval.requested run.waiting
        then local run q6 r1 input={"command":{"argv":["ls"],"cwd":"/"}} -> run.created policy.requires_approval approval.requested run.waiting
        then local run q7 r1 input={"command":{"argv":["ls"],"env":{"A":"b"}}} -> run.created policy.requires_approval approval.requested run.waiting
        then local run q8 r1 input={"command":{"argv":["ls"],"timeout_seconds":5}} -> run.created policy.requires_approval approval.requested run.waiting
        then local run q9 r1 input={"command":{"argv":["ls"],"retry":true}} -> run.created policy.requires_approval approval.requested run.waiting
        "#,
    );
}

#[test]
fn a_command_is_approved_exactly() {
    played(
        r#"
        given owner room r1
        and   local run q1 r1 LS
        when owner decide a_q1 approve scope={"type":"template","target":"*"} -> reject invalid_scope scope
        then local evaluate command.execute run=q1                            -> reject action_reserved action
        then owner decide a_q1 approve scope={"type":"workspace"}             -> approval.decided run.approved
        then owner withdraw a_q1                                              -> approval.expired run.failed(approval_expired)
        "#,
    );
}

/// An approval that stays may be over when the run is claimed.
#[test]
fn what_allowed_a_run_at_its_creation_must_allow_it_at_its_claim() {
    played(
        r#"
        given owner room r1
        and   local run q1 r1 LS
        and   owner decide a_q1 approve scope={"type":"room"}
        and   E1 claim one
        and   E1 complete q1 one
        and   local run q2 r1 LS
        and   owner withdraw a_q1
        and   owner run q3 r1
        when E1 claim two   -> policy.requires_approval run.failed(approval_expired) incident.opened(medium) ; passed over
        then E1 claim two   -> run.claimed#1 run.started ; leased
        "#,
    );
}

/// Its command had not begun: nothing was used up.
#[test]
fn an_attempt_that_did_not_begin_keeps_its_approval() {
    played(
        r#"
        given owner room r1
        and   local run q1 r1 LS
        and   owner decide a_q1 approve
        and   E1 claim one
        given wait: 30000
        when system expire  -> run.lease.expired ; 1 expired
        then E1 claim two   -> run.claimed#2 run.started ; leased
        then E1 release q1 two -> run.lease.released ; released
        then E1 claim three -> run.claimed#3 run.started ; leased
        then E1 step s1 q1 three -> step.created
        then E1 tool c1 s1 three name=shell.exec -> tool.invoked
        then E1 release q1 three -> tool.failed(attempt_ended) run.failed(outcome_unknown) incident.opened(medium) ; released
        "#,
    );
}

#[test]
fn the_kill_switch_stops_every_command() {
    played(
        r#"
        given owner room r1
        and   owner run q1 r1 LS
        and   local run q2 r1 LS
        and   owner decide a_q2 approve
        and   owner run q3 r1
        and   owner switch on
        when local run q4 r1 LS -> run.created policy.denied run.failed(kill_switch_active) incident.opened(medium)
        then owner run q5 r1 LS -> run.created policy.denied run.failed(kill_switch_active) incident.opened(medium)
        then E1 claim one       -> policy.denied run.failed(kill_switch_active) incident.opened(medium) ; passed over
        then E1 claim one       -> policy.denied run.failed(kill_switch_active) incident.opened(medium) ; passed over
        then E1 claim one       -> run.claimed#1 run.started ; leased
        "#,
    );
}

#[test]
fn shadow_mode_does_not_execute_what_nobody_approved() {
    played(
        r#"
        given owner room r1
        and   owner mode shadow
        when local run q1 r1 LS     -> run.created policy.requires_approval approval.requested run.waiting
        then E1 claim one           -> ; nothing queued
        "#,
    );
}

#[test]
fn a_run_is_released_to_wait_and_goes_on_by_itself() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        and   E1 egress g1 https://a.test/ run=q1
        when E1 release q1 one waiting=nothing  -> reject approval_not_found
        then E1 release q1 two waiting=a_g1     -> reject lease_token_mismatch
        then E1 release q1 one waiting=a_g1     -> run.lease.released run.waiting ; released
        then E1 claim two                       -> ; nothing queued
        then owner decide a_g1 approve          -> approval.decided run.approved
        then E1 claim two                       -> run.claimed#2 run.started ; leased
        then E1 egress g2 https://a.test/ run=q1 -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_g1

        given owner room r1
        and   owner run q1 r1
        and   owner run q2 r1
        and   E1 claim one
        and   E1 egress g1 https://a.test/ run=q2
        when E1 release q1 one waiting=a_g1     -> reject approval_not_found

        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        and   E1 egress g1 https://a.test/ run=q1
        and   owner decide a_g1 approve
        when E1 release q1 one waiting=a_g1     -> run.lease.released ; released
        then E1 claim two                       -> run.claimed#2 run.started ; leased

        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        and   E1 egress g1 https://a.test/ run=q1
        and   owner decide a_g1 deny
        when E1 release q1 one waiting=a_g1     -> run.failed(approval_denied) ; released

        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        and   E1 egress g1 https://a.test/ run=q1
        and   owner cancel q1
        when E1 release q1 one waiting=a_g1     -> run.cancelled ; released
        "#,
    );
}

/// Waiting is not failing: a run may wait more often than it may break.
#[test]
fn an_attempt_that_ends_by_waiting_is_not_counted() {
    let mut table = "given owner room r1\nand owner run q1 r1\n".to_owned();
    for turn in 1..=7 {
        table += &format!(
            "and E1 claim t{turn}\nand E1 egress g{turn} https://a.test/{turn} run=q1\n
             and E1 release q1 t{turn} waiting=a_g{turn}\nand owner decide a_g{turn} approve\n"
        )
        .replace("\n\n", "\n");
    }
    for attempt in 8..=11 {
        table += &format!(
            "when E1 claim u{attempt} -> run.claimed#{attempt} run.started ; leased
             given wait: 30000
             then system expire -> run.lease.expired ; 1 expired\n"
        );
    }
    table += "when E1 claim last -> run.claimed#12 run.started ; leased
        given wait: 30000
        then system expire -> run.failed(attempts_exhausted) incident.opened(high) ; 1 expired";
    check(&table);
}

#[test]
fn a_tool_call_that_is_not_allowed_is_not_made() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim one
        and   E1 step s1 q1 one
        when E1 tool c1 s1 one name=ls                              -> tool.invoked
        then E1 tool c2 s1 one name=email.send input={"to":"a"}     -> policy.requires_approval approval.requested ; require_approval action_pre_approval_required a_c2
        then E1 tool c3 s1 one name=email.send input={"to":"a"}     -> policy.requires_approval ; require_approval action_pre_approval_required a_c2
        then E1 tool c4 s1 one name=email.send input={"to":"b"}     -> policy.requires_approval approval.requested ; require_approval action_pre_approval_required a_c4
        then E1 tool c5 s1 one name=external_write                  -> policy.requires_approval approval.requested ; require_approval external_write_requires_approval a_c5
        then owner decide a_c2 approve                              -> approval.decided
        then E1 tool c6 s1 one name=email.send input={"to":"a"}     -> approval.consumed tool.invoked
        then E1 tool c7 s1 one name=email.send input={"to":"a"}     -> policy.requires_approval approval.requested ; require_approval action_pre_approval_required a_c7
        then E1 tool c8 s1 one name=ls capability=cap               -> policy.denied ; deny capability_token_not_found
        then E1 tool c8 s1 one name=ls zone=safe                    -> reject invalid_zone zone
        then owner switch on                                        -> policy.kill_switch.changed
        then E1 tool c8 s1 one name=ls                              -> policy.denied ; deny kill_switch_active
        then E1 tool c8 s1 one name=runtime.noop                    -> tool.invoked
        then E1 tool c9 nowhere one name=ls                         -> reject step_not_found
        then E1 tool c9 s1 one name=" "                             -> reject missing_tool_name tool_name
        then E1 complete q1 one                                     -> tool.failed(attempt_ended) tool.failed(attempt_ended) tool.failed(attempt_ended) run.completed
        then E1 tool c9 s1 name=ls                                  -> reject run_not_running
        "#,
    );
}

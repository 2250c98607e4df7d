//! Requests that Signalbox performs: begun at most once, ended exactly once.

use crate::script::check;

const APPROVED: &str = r#"
        given local ask a1 external.write to=https://a.test/ scope={"type":"template","target":"https://a.test/*"}
        and   owner decide a1 approve"#;

#[test]
fn once_allowed_it_is_begun_once_and_ended_once() {
    check(&format!(
        r#"{APPROVED}
        when local perform x1 https://a.test/1   -> egress.requested egress.allowed ; allow approval_allows_action a1
        then local begin_request x1                      -> reject internal_command
        then owner begin_request x1                      -> reject internal_command
        then system begin_request x1                     -> egress.request.started
        then system begin_request x1                     -> reject egress_not_pending
        then local end_request x1                     -> reject internal_command
        then system end_request x1                    -> egress.request.performed
        then system end_request x1                    -> ; already
        then system begin_request x1                     -> reject egress_not_pending
        then system interrupt_requests                    -> ; 0 expired"#
    ));
}

#[test]
fn only_what_was_allowed_and_asked_for_is_performed() {
    check(&format!(
        r#"{APPROVED}
        and   local egress x1 https://a.test/1
        when system begin_request x1                     -> reject egress_request_not_found
        then local perform x2 https://b.test/    -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x2
        then system begin_request x2                     -> reject egress_request_not_found
        then owner mode shadow                   -> policy.mode.changed
        then local perform x3 https://b.test/    -> egress.requested policy.requires_approval egress.blocked ; require_approval external_write_requires_approval a_x2 (watched)
        then system begin_request x3                     -> reject egress_request_not_found
        then system begin_request nowhere                -> reject egress_request_not_found"#
    ));
}

/// It was allowed, and the owner pulled the switch before it left.
#[test]
fn the_kill_switch_between_the_allow_and_the_sending() {
    check(&format!(
        r#"{APPROVED}
        and   local perform x1 https://a.test/1
        and   local perform x2 https://a.test/2
        and   system begin_request x2
        when owner switch on      -> policy.kill_switch.changed
        then system begin_request x1      -> egress.request.failed ; already
        then system begin_request x1      -> reject egress_not_pending
        then system abort x2      -> egress.request.failed
        then owner switch off     -> policy.kill_switch.changed
        then system begin_request x1      -> reject egress_not_pending"#
    ));
}

#[test]
fn what_a_dead_process_left_open_is_ended_and_not_sent_again() {
    check(&format!(
        r#"{APPROVED}
        and   local perform x1 https://a.test/1
        and   local perform x2 https://a.test/2
        and   local perform x3 https://a.test/3
        and   system begin_request x2
        and   system begin_request x3
        and   system end_request x3
        when system interrupt_requests     -> egress.request.failed egress.request.failed ; 2 expired
        then system interrupt_requests     -> ; 0 expired
        then system begin_request x1      -> reject egress_not_pending
        then system begin_request x2      -> reject egress_not_pending"#
    ));
}

/// An approval of the answer is none of the sending, and one of other headers none of these.
#[test]
fn an_approval_covers_who_sends_and_the_headers() {
    check(
        r#"
        given local egress x1 https://a.test/ method=POST payload=["hello"]
        and   owner decide a_x1 approve
        when local perform x2 https://a.test/ method=POST payload=["hello"] -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x2
        then owner decide a_x2 approve -> approval.decided
        then local perform x3 https://a.test/ method=POST payload=["hello"] headers={"x-a":"{{secret:B}}"} -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x3
        then local perform x4 https://a.test/ method=POST payload=["hello"] -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_x2
        then local perform x5 https://a.test/ method=POST payload=["hello"] -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x5
        then owner decide a_x3 approve -> approval.decided
        then local perform x6 https://a.test/ method=POST payload=["hello"] headers={"x-a":"{{secret:C}}"} -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x6
        then local perform x7 https://a.test/ method=POST payload=["hello"] headers={"X-A":"{{secret:B}}"} -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_x3"#,
    );
}

#[test]
fn what_cannot_be_sent_is_not_asked_for() {
    check(
        r#"
        when local perform x1 https://a.test/ payload={"a":1}                    -> reject invalid_payload payload
        then local perform x1 https://a.test/ method=HEAD payload=1              -> reject invalid_payload payload
        then local perform x1 https://a.test/ headers=[]                         -> reject invalid_headers headers
        then local perform x1 https://a.test/ headers={"host":"b.test"}          -> reject invalid_headers headers.host
        then local perform x1 https://a.test/ headers={"authorization":"Basic"}  -> reject secret_in_request headers.authorization
        then local perform x1 https://a.test/ method=POST payload=["sk-aaaaaaaaaaaaaaaaaaaaaaaa"] -> reject secret_in_request payload
        then local perform x1 https://a.test/?k=sk-x*24                         -> reject secret_in_identifier target_url"#,
    );
}

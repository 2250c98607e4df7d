//! The egress quota: as many requests as an hour may have.

use crate::script::check;

const APPROVED: &str = r#"
        given local ask a1 external.write to=https://a.test/ scope={"type":"template","target":"https://a.test/*"}
        and   owner decide a1 approve"#;

#[test]
fn requests_past_the_quota_are_denied_until_an_hour_is_over() {
    check(&format!(
        r#"{APPROVED}
        and   quota: 2
        when local egress x1 https://a.test/1   -> egress.requested egress.allowed ; allow approval_allows_action a1
        then local egress x2 https://b.test/    -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_x2
        and  wait: 1000
        then local egress x3 https://a.test/2   -> egress.requested egress.allowed ; allow approval_allows_action a1
        then local egress x4 https://a.test/3   -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        then local egress x5 https://b.test/    -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        and  wait: 3598999
        then local egress x6 https://a.test/4   -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        and  wait: 1
        then local egress x7 https://a.test/5   -> egress.requested egress.allowed ; allow approval_allows_action a1
        then local egress x8 https://a.test/6   -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        and  quota: 0
        then local egress x9 https://a.test/7   -> egress.requested egress.allowed ; allow approval_allows_action a1"#
    ));
}

/// A name that costs nothing buys nothing; who proves to be somebody has a count of its own.
#[test]
fn it_counts_by_who_has_proven_to_ask() {
    check(&format!(
        r#"{APPROVED}
        and   quota: 1
        when local egress x1 https://a.test/ id=ann     -> egress.requested egress.allowed ; allow approval_allows_action a1
        then local egress x2 https://a.test/ id=bob     -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        then E1 egress x3 https://a.test/               -> egress.requested egress.allowed ; allow approval_allows_action a1
        then E1 egress x4 https://a.test/               -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        then E2 egress x5 https://a.test/               -> egress.requested egress.allowed ; allow approval_allows_action a1
        then owner egress x6 https://a.test/ id=ann     -> egress.requested egress.allowed ; allow approval_allows_action a1"#
    ));
}

#[test]
fn what_stands_before_it_is_told_first() {
    check(&format!(
        r#"{APPROVED}
        and   quota: 1
        and   local egress x1 https://a.test/
        when local egress x2 https://a.test/ type=agent id=ann              -> egress.requested policy.denied egress.blocked ; deny agent_principal_required
        then local egress x3 https://a.test/ capability=nowhere             -> egress.requested policy.denied egress.blocked ; deny capability_token_not_found
        then local egress x4 https://a.test/ action=artifact.create zone=sandbox -> egress.requested policy.denied egress.blocked ; deny action_zone_mismatch
        then local egress x5 https://a.test/ action=email.send              -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval action_zone_requires_high_stakes a_x5
        then owner decide a_x5 approve                                      -> approval.decided
        then local egress x6 https://a.test/ action=email.send              -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        then owner switch on                                                -> policy.kill_switch.changed
        then local egress x7 https://a.test/                                -> egress.requested policy.denied egress.blocked ; deny kill_switch_active"#
    ));
}

#[test]
fn what_is_denied_uses_no_approval_up() {
    check(
        r#"
        given local egress x1 https://a.test/
        and   local egress x2 https://b.test/
        and   owner decide a_x1 approve
        and   owner decide a_x2 approve
        and   quota: 1
        when local egress x3 https://a.test/    -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_x1
        then local egress x4 https://b.test/    -> egress.requested policy.denied egress.blocked quota.exceeded ; deny quota_exceeded
        and  wait: 3600000
        then local egress x5 https://b.test/    -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_x2
        "#,
    );
}

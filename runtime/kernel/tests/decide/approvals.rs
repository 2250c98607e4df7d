//! Asking the owner, and what the owner says.

use crate::script::check;

#[test]
fn what_may_be_asked() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner thread t2 r2
        and   owner run q1 r1
        and   owner/ws_b room rb
        when local ask a1 external.write                        -> approval.requested
        then local ask a2                                       -> reject missing_action action
        then local ask a2 " "                                   -> reject missing_action action
        then local ask a2 command.execute payload={"argv":[]}   -> reject action_reserved action
        then local ask a2 x to=sk-x*24                          -> reject secret_in_identifier target
        then local ask a2 x to=x*2049                           -> reject field_too_long target
        then local ask a2 x payload={"a":"\u0000"}              -> reject invalid_text payload
        then local ask a2 x room=nowhere                        -> reject room_not_found
        then local ask a2 x room=rb                             -> reject room_not_found
        then local ask a2 x run=nowhere                         -> reject run_not_found
        then local ask a2 x step=nowhere                        -> reject step_not_found
        then local ask a2 x run=q1 room=r2                      -> reject run_room_mismatch room_id
        then local ask a2 x run=q1 thread=t2                    -> reject thread_room_mismatch thread_id
        then local ask a2 x id=owner                            -> reject actor_reserved actor_id
        then local ask a2 x until=soon                          -> reject invalid_expires_at expires_at
        then local ask a2 x until=2026-11-21T07:14:12Z          -> reject invalid_expires_at expires_at
        then local ask a2 x until=2027-11-22T07:14:12Z          -> reject invalid_expires_at expires_at
        then local ask a2 x until=2027-11-21T07:14:12Z          -> approval.requested
        then local ask a3 x scope={}                            -> reject invalid_scope scope
        then local ask a3 x scope="room"                        -> reject invalid_scope scope
        then local ask a3 x scope={"type":"forever"}            -> reject invalid_scope scope
        then local ask a3 x scope={"type":"room"}               -> reject invalid_scope scope
        then local ask a3 x scope={"type":"run"} room=r1        -> reject invalid_scope scope
        then local ask a3 x scope={"type":"room","room_id":"rb"} -> reject room_not_found
        then local ask a3 x scope={"type":"run","run_id":"q9"}  -> reject run_not_found
        then local ask a3 x scope={"type":"template"}           -> reject invalid_scope scope
        then local ask a3 x scope={"type":"template","target":"https://a.test*"} -> reject invalid_scope scope
        then local ask a3 x scope={"type":"run"} run=q1         -> approval.requested
        "#
        .replace("scope=\"room\"", "scope=[1]")
        .as_str(),
    );
}

#[test]
fn only_the_owner_decides_and_never_its_own_request() {
    check(
        r#"
        given owner room r1
        and   local ask a1 external.write
        and   owner ask a2 payment.execute
        and   owner ask a3 email.send type=agent id=ann
        when local decide a1 approve        -> reject owner_only
        then E1 decide a1 approve           -> reject owner_only
        then system decide a1 approve       -> reject owner_only
        then owner/ws_b decide a1 approve   -> reject approval_not_found
        then owner decide nothing approve   -> reject approval_not_found
        then owner decide a1                -> reject invalid_decision decision
        then owner decide a1 yes            -> reject invalid_decision decision
        then owner decide a2 approve        -> reject own_request
        then owner decide a2 deny           -> reject own_request
        then owner decide a3 approve        -> approval.decided
        then owner decide a1 approve        -> approval.decided
        then local withdraw a1              -> reject owner_only
        then owner withdraw a2              -> approval.expired
        then owner withdraw a2              -> reject approval_already_decided
        "#,
    );
}

#[test]
fn what_is_decided_is_decided() {
    for verdict in ["approve", "deny"] {
        check(&format!(
            "given local ask a1 external.write
             when owner decide a1 hold      -> approval.decided
             then owner decide a1 hold      -> approval.decided
             then owner decide a1 {verdict} -> approval.decided
             then owner decide a1 approve   -> reject approval_already_decided
             then owner decide a1 deny      -> reject approval_already_decided
             then owner decide a1 hold      -> reject approval_already_decided"
        ));
    }
    check(
        "given local ask a1 external.write
         and   owner decide a1 approve
         and   local evaluate external.write
         when owner decide a1 deny -> reject approval_already_decided
         then owner withdraw a1    -> reject approval_already_decided",
    );
}

#[test]
fn an_identical_request_waits_with_the_first() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        when local ask a1 external.write to=x payload={"n":1,"m":2} room=r1         -> approval.requested
        then local ask a2 external_write to=x payload={"m":2,"n":1.0} room=r1       -> ; was a1
        then local ask a2 external.write to=x payload={"n":1,"m":2} room=r1 id=ann  -> approval.joined
        then local ask a2 external.write to=x payload={"n":1,"m":2} room=r1 id=ann  -> ; was a1
        then E1 ask a2 external.write to=x payload={"n":1,"m":2} room=r1            -> approval.joined
        then local ask a3 external.write to=x payload={"n":2,"m":2} room=r1         -> approval.requested
        then local ask a4 external.write to=y payload={"n":1,"m":2} room=r1         -> approval.requested
        then local ask a5 external.write to=x payload={"n":1,"m":2} room=r2         -> approval.requested
        then local ask a6 external.write to=x payload={"n":1,"m":2}                 -> approval.requested
        then local ask a7 external.write to=x room=r1                               -> approval.requested
        then local ask a8 email.send to=x payload={"n":1,"m":2} room=r1             -> approval.requested
        then local ask a9 external.write to=x payload={"n":1,"m":2} room=r1 scope={"type":"room"} -> approval.requested
        then owner decide a1 hold                                                   -> approval.decided
        then local ask b1 external.write to=x payload={"n":1,"m":2} room=r1 id=bob  -> approval.joined
        then owner decide a1 deny                                                   -> approval.decided
        then local ask b1 external.write to=x payload={"n":1,"m":2} room=r1         -> approval.requested
        "#,
    );
}

#[test]
fn once_is_once_and_bound_to_all_of_it() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner run q1 r1
        and   local ask a1 external.write to=x payload={"n":1} room=r1
        and   owner decide a1 approve
        when local evaluate external.write to=x payload={"n":2} room=r1 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=y payload={"n":1} room=r1 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x room=r1                 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write room=r1                      -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x payload={"n":1}         -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x payload={"n":1} room=r2 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x payload={"n":1} run=q1  -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate email.send to=x payload={"n":1} room=r1     -> policy.requires_approval ; require_approval action_zone_requires_high_stakes
        then local evaluate external_write to=x payload={"n":1} room=r1 -> approval.consumed ; allow approval_allows_action a1
        then local evaluate external.write to=x payload={"n":1} room=r1 -> policy.requires_approval ; require_approval external_write_requires_approval
        "#,
    );
}

#[test]
fn who_asks_again_is_told_what_it_waits_for() {
    check(
        r#"
        given local ask a1 external.write to=x
        when local evaluate external.write to=x -> policy.requires_approval ; require_approval external_write_requires_approval a1
        then local evaluate external.write to=y -> policy.requires_approval ; require_approval external_write_requires_approval
        "#,
    );
}

#[test]
fn how_far_an_approval_reaches() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner run q1 r1
        and   owner run q2 r1
        and   local ask a1 external.write to=x run=q1
        and   owner decide a1 approve scope={"type":"run"}
        when local evaluate external.write to=x run=q1 -> ; allow approval_allows_action a1
        then local evaluate external.write to=x run=q1 -> ; allow approval_allows_action a1
        then local evaluate external.write to=y run=q1 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x run=q2 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x room=r1 -> policy.requires_approval ; require_approval external_write_requires_approval

        given owner room r1
        and   owner room r2
        and   owner run q1 r1
        and   local ask a1 external.write to=x room=r1
        and   owner decide a1 approve scope={"type":"room"}
        when local evaluate external.write to=x room=r1 -> ; allow approval_allows_action a1
        then local evaluate external.write to=x run=q1  -> ; allow approval_allows_action a1
        then local evaluate external.write to=x room=r2 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=x         -> policy.requires_approval ; require_approval external_write_requires_approval

        given owner room r1
        and   local ask a1 external.write to=x room=r1 scope={"type":"workspace"}
        and   owner decide a1 approve
        when local evaluate external.write to=x         -> ; allow approval_allows_action a1
        then E1 evaluate external.write to=x room=r1    -> ; allow approval_allows_action a1
        then owner/ws_b evaluate external.write to=x    -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=y         -> policy.requires_approval ; require_approval external_write_requires_approval

        given owner room r1
        and   owner room r2
        and   local ask a1 external.write to=https://a.test/v1/x payload={"n":1} room=r1
        and   owner decide a1 approve scope={"type":"template","target":"https://a.test/v1/*","room_id":"r1"}
        when local evaluate external.write to=https://a.test/v1/y payload={"n":2} room=r1 -> ; allow approval_allows_action a1
        then local evaluate external.write to=https://a.test/v1/y room=r1                 -> ; allow approval_allows_action a1
        then local evaluate external.write to=https://a.test/v2/y room=r1 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate external.write to=https://a.test/v1/y room=r2 -> policy.requires_approval ; require_approval external_write_requires_approval
        then local evaluate email.send to=https://a.test/v1/y room=r1     -> policy.requires_approval ; require_approval action_zone_requires_high_stakes
        "#,
    );
}

#[test]
fn an_approval_that_stays_is_used_before_one_that_is_used_up() {
    check(
        r#"
        given local ask a1 external.write
        and   owner decide a1 approve
        and   local ask a2 external.write
        and   owner decide a2 approve scope={"type":"workspace"}
        when local evaluate external.write  -> ; allow approval_allows_action a2
        then owner withdraw a2              -> approval.expired
        then local evaluate external.write  -> approval.consumed ; allow approval_allows_action a1
        "#,
    );
}

#[test]
fn registered_actions_are_allowed_by_their_approvals_too() {
    for action in ["email.send", "payment.execute", "api.call.mutating"] {
        check(&format!(
            "given local ask a1 {action}
             and   owner decide a1 approve
             when local evaluate {action} zone=high_stakes -> approval.consumed ; allow approval_allows_action a1
             then local evaluate {action} zone=high_stakes -> policy.requires_approval ; require_approval action_pre_approval_required"
        ));
    }
}

#[test]
fn time_ends_what_waits_and_what_is_allowed() {
    check(
        r#"
        given local ask a1 external.write until=2026-11-21T07:14:22Z
        and   local ask a2 email.send until=2026-11-21T07:14:22Z
        and   owner decide a2 approve scope={"type":"workspace"}
        and   local ask a3 payment.execute
        and   owner decide a3 approve until=2026-11-21T07:14:22Z
        given wait: 9999
        when system lapse                                   ->
        then local evaluate email.send zone=high_stakes     -> ; allow approval_allows_action a2
        given wait: 1
        when owner decide a1 approve                        -> reject approval_expired
        then local evaluate email.send zone=high_stakes     -> policy.requires_approval ; require_approval action_pre_approval_required
        then local evaluate payment.execute zone=high_stakes -> policy.requires_approval ; require_approval action_pre_approval_required
        then local ask a4 external.write                    -> approval.requested
        then owner lapse                                    -> reject internal_command
        then system lapse                                   -> approval.expired approval.expired approval.expired
        then system lapse                                   ->
        then owner decide a1 approve                        -> reject approval_expired
        then owner decide a4 approve                        -> approval.decided
        given wait: 86399999
        when system lapse                                   ->
        given wait: 1
        when system lapse                                   -> approval.expired
        "#,
    );
}

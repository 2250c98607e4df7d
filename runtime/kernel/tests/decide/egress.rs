//! Requests that would leave this machine.

use crate::script::check;

#[test]
fn a_request_is_written_down_decided_and_asked_for() {
    check(
        r#"
        given owner room r1
        when local egress g1 https://A.test/x method=post room=r1                   -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g1
        then local egress g2 https://a.test/x method=POST room=r1                   -> egress.requested policy.requires_approval egress.blocked ; require_approval external_write_requires_approval a_g1
        then local egress g3 https://a.test/x method=POST room=r1 id=ann            -> egress.requested policy.requires_approval approval.joined egress.blocked ; require_approval external_write_requires_approval a_g1
        then local egress g4 https://a.test/y method=POST room=r1                   -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g4
        then owner decide a_g1 approve                                              -> approval.decided
        then local egress g5 https://a.test/x method=PUT room=r1                    -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g5
        then local egress g6 https://a.test/x method=POST room=r1                   -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_g1
        then local egress g7 https://a.test/x method=POST room=r1                   -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g7
        then owner decide a_g7 deny                                                 -> approval.decided
        then local egress g8 https://a.test/x method=POST room=r1                   -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g8
        "#,
    );
}

#[test]
fn what_it_is_called_is_no_way_around() {
    check(
        r#"
        given owner room r1
        when local egress g1 https://a.test/ action=harmless            -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g1
        then local egress g2 https://a.test/ action=artifact.create     -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g2
        then local egress g3 https://a.test/ action=email.send          -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval action_zone_requires_high_stakes a_g3
        then local egress g4 https://a.test/ action=api.call.idempotent zone=sandbox -> egress.requested policy.denied egress.blocked ; deny action_zone_mismatch
        then local egress g5 https://a.test/ action=command.execute     -> reject action_reserved action
        then local egress g6 ftp://a.test/                              -> reject invalid_target_url target_url
        then local egress g6                                            -> reject invalid_target_url target_url
        then local egress g6 https://a.test/ method=BREW                -> reject invalid_method method
        then local egress g6 https://a.test/ zone=safe                  -> reject invalid_zone zone
        then local egress g6 https://a.test/ room=nowhere               -> reject room_not_found
        then local egress g6 https://a.test/?k=sk-x*24                  -> reject secret_in_identifier target_url
        "#,
    );
}

#[test]
fn in_shadow_mode_it_is_only_watched_but_the_kill_switch_holds() {
    check(
        r#"
        given owner mode shadow
        when local egress g1 https://a.test/    -> egress.requested policy.requires_approval approval.requested egress.blocked ; require_approval external_write_requires_approval a_g1 (watched)
        then owner switch on                    -> policy.kill_switch.changed
        then local egress g2 https://a.test/    -> egress.requested policy.denied egress.blocked ; deny kill_switch_active
        then owner decide a_g1 approve          -> approval.decided
        then local egress g3 https://a.test/    -> egress.requested policy.denied egress.blocked ; deny kill_switch_active
        then owner switch off                   -> policy.kill_switch.changed
        then local egress g4 https://a.test/    -> egress.requested approval.consumed egress.allowed ; allow approval_allows_action a_g1
        "#,
    );
}

//! Labels of resources, and requests to read or write them.

use crate::script::{check, play};
use crate::world::World;
use kernel::Event;

#[test]
fn the_owner_labels() {
    check(
        r#"
        given owner room r1
        and   owner/ws_b room rb
        when local label doc plan public                        -> reject owner_only
        then E1 label doc plan public                           -> reject owner_only
        then system label doc plan public                       -> reject owner_only
        then owner label                                        -> reject invalid_resource resource_type
        then owner label " " plan public                        -> reject invalid_resource resource_type
        then owner label a:b plan public                        -> reject invalid_resource resource_type
        then owner label doc                                    -> reject invalid_resource resource_id
        then owner label doc sk-x*24 public                     -> reject secret_in_identifier resource_id
        then owner label doc x*1025 public                      -> reject field_too_long resource_id
        then owner label doc plan                               -> reject invalid_label label
        then owner label doc plan secret                        -> reject invalid_label label
        then owner label doc plan public for=7                  -> reject invalid_purpose_tags purpose_tags
        then owner label doc plan public for={}                 -> reject invalid_purpose_tags purpose_tags
        then owner label doc plan public for=[1]                -> reject invalid_purpose_tags purpose_tags
        then owner label doc plan public for=[""]               -> reject invalid_purpose_tags purpose_tags
        then owner label doc plan restricted room=nowhere       -> reject room_not_found
        then owner label doc plan restricted room=rb            -> reject room_not_found
        then owner label doc plan restricted room=r1            -> resource.labelled
        then owner label doc plan restricted room=r1            ->
        then owner label doc plan restricted                    -> resource.labelled
        then owner label doc plan public for=["a","b","a"]      -> resource.labelled
        then owner label doc plan public for=["b","a"]          ->
        then owner label doc plan public for=null               -> resource.labelled
        "#,
    );
}

#[test]
fn what_a_request_must_say() {
    check(
        r#"
        given owner room r1
        when local access a1                                -> reject invalid_action action
        then local access a1 data.delete doc plan           -> reject invalid_action action
        then local access a1 data.read                      -> reject invalid_resource resource_type
        then local access a1 data.read doc                  -> reject invalid_resource resource_id
        then local access a1 data.read doc plan for=[null]  -> reject invalid_purpose_tags purpose_tags
        then local access a1 data.read doc plan room=r9     -> reject room_not_found
        then local access a1 data.read doc plan zone=wild   -> reject invalid_zone zone
        then local access a1 data.read doc plan id=owner    -> reject actor_reserved actor_id
        then local access a1 data_read doc plan             -> ; allow default_allow by internal
        then local access a1 data_write doc plan            -> ; allow default_allow by internal
        "#,
    );
}

#[test]
fn restricted_is_for_one_room() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner run q1 r1
        and   owner label doc plan restricted room=r1
        and   owner label doc shut restricted
        and   owner label doc open confidential room=r1
        when local access a1 data.read doc plan             -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then local access a1 data.read doc plan room=r2     -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then owner access a1 data.read doc plan room=r2     -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then local access a1 data.read doc plan room=r1     -> ; allow default_allow by restricted
        then local access a1 data.read doc plan run=q1      -> ; allow default_allow by restricted
        then E1 access a1 data.read doc plan room=r1        -> ; allow default_allow by restricted
        then E1@r1 access a1 data.read doc plan room=r1     -> ; allow default_allow by restricted
        then E1@r2 access a1 data.read doc plan room=r1     -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then local access a1 data.read doc shut             -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then local access a1 data.read doc shut room=r1     -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then local access a1 data.read doc open room=r2     -> ; allow default_allow by confidential
        then owner/ws_b access a1 data.read doc plan        -> ; allow default_allow by internal
        "#,
    );
}

#[test]
fn another_purpose_needs_a_reason_or_the_owner() {
    for label in ["confidential", "sensitive_pii"] {
        check(&format!(
            r#"
            given owner label doc plan {label} for=["billing","tax"]
            when local access a1 data.read doc plan                    -> ; allow default_allow by {label}
            then local access a1 data.read doc plan for=["tax","x"]    -> ; allow default_allow by {label}
            then local access a1 data.read doc plan for=["ads"] because=audit -> data.access.purpose_hint_mismatch data.access.justified ; allow default_allow by {label}
            then local access a1 data.read doc plan for=["ads"]        -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a1 by {label}
            then local access a2 data.read doc plan for=["ads"]        -> policy.requires_approval data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a1 by {label}
            then owner decide a1 approve                               -> approval.decided
            then local access a3 data.write doc plan for=["ads"]       -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a3 by {label}
            then local access a4 data.read doc plan for=["news"]       -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a4 by {label}
            then local access a5 data.read doc plan for=["ads"]        -> approval.consumed data.access.purpose_hint_mismatch data.access.unjustified ; allow approval_allows_action a1 by {label}
            then local access a6 data.read doc plan for=["ads"]        -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a6 by {label}
            "#
        ));
    }
    check(
        r#"
        given owner label doc plan internal for=["billing"]
        when local access a1 data.read doc plan for=["ads"]         -> data.access.purpose_hint_mismatch ; allow default_allow by internal
        then owner label doc plan confidential for=["billing"]      -> resource.labelled
        then local access a1 data.read doc plan for=["ads"] because=" " -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a1 by confidential
        then owner decide a1 approve scope={"type":"workspace"}     -> approval.decided
        then owner label doc plan sensitive_pii for=["billing"]     -> resource.labelled
        then local access a2 data.read doc plan for=["ads"]         -> policy.requires_approval approval.requested data.access.purpose_hint_mismatch data.access.unjustified ; require_approval data_access_purpose_hint_mismatch a2 by sensitive_pii
        "#,
    );
}

#[test]
fn what_is_true_of_every_action_is_true_of_data() {
    check(
        r#"
        given principal: p1 agent ann
        given owner room r1
        and   owner label doc plan confidential for=["tax"]
        and   owner label doc shut restricted
        when local access a1 data.read doc x type=agent id=ann              -> policy.denied data.access.denied ; deny agent_principal_required by internal
        then local access a1 data.read doc x type=agent id=ann principal=p1 -> ; allow default_allow by internal
        then local access a1 data.read doc x capability=c1                  -> policy.denied data.access.denied ; deny capability_token_not_found by internal
        then owner switch on                                                -> policy.kill_switch.changed
        then local access a1 data.read doc x                                -> ; allow default_allow by internal
        then local access a1 data.write doc x                               -> policy.denied data.access.denied ; deny kill_switch_active by internal
        then local access a1 data.write doc plan for=["ads"] because=audit  -> policy.denied data.access.denied ; deny kill_switch_active by confidential
        then local access a1 data.write doc shut                            -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch by restricted
        then owner switch off                                               -> policy.kill_switch.changed
        then owner mode shadow                                              -> policy.mode.changed
        then local access a1 data.write doc shut                            -> policy.denied data.access.denied ; deny data_access_restricted_room_mismatch (watched) by restricted
        "#,
    );
}

/// What is in the events of an access is enough to understand it later.
#[test]
fn the_events_tell_the_label_of_then_and_why() {
    let mut world = World::new();
    for line in [
        "given owner room r1",
        r#"and owner label doc plan confidential room=r1 for=["tax"]"#,
        r#"and local access a1 data.read doc plan for=["ads"] because=audit room=r1"#,
    ] {
        play(&mut world, line);
    }
    let entry = world.log.last().unwrap();
    assert_eq!(entry.draft.scope.room_id.as_deref(), Some("r1"));
    let Event::DataAccessJustified(data) = &entry.draft.event else {
        panic!("{entry:?}")
    };
    assert_eq!(
        serde_json::to_value(data).unwrap(),
        serde_json::json!({
            "action": "data.read", "resource_type": "doc", "resource_id": "plan",
            "resolved_label": "confidential", "resolved_room_id": "r1", "resolved_purpose_tags": ["tax"],
            "request_purpose_tags": ["ads"], "justification_provided": true, "justification": "audit",
            "decision": "allow", "reason_code": "default_allow", "blocked": false, "enforcement_mode": "enforce",
        })
    );
}

/// Asking for permission first gives the answer that the request itself would get.
#[test]
fn the_label_answers_an_evaluation_too() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   owner label doc plan restricted room=r1
        when local evaluate data.read to=doc:plan           -> policy.denied ; deny data_access_restricted_room_mismatch
        then local evaluate data_write to=doc:plan room=r2  -> policy.denied ; deny data_access_restricted_room_mismatch
        then local evaluate data.read to=doc:plan room=r1   -> ; allow default_allow
        then local evaluate data.read to=doc:other          -> ; allow default_allow
        then local evaluate data.read to=doc                -> ; allow default_allow
        then local evaluate report.read to=doc:plan         -> ; allow default_allow
        "#,
    );
}

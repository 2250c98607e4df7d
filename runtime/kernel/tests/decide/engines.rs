//! Engines and their tokens.

use crate::script::{caller, check};
use crate::world::World;
use kernel::actor::EngineIdentity;
use kernel::gate::capability::Scopes;
use kernel::{Caller, Command, engines, runs};

#[test]
fn engines_are_registered_by_the_owner() {
    check(
        r#"
        when local register E1 k1 actor=builder     -> reject owner_only
        then E9 register E1 k1 actor=builder        -> reject owner_only
        then owner register E1 k1                   -> reject actor_id_required actor_id
        then owner register E1 k1 actor=" "         -> reject actor_id_required actor_id
        then owner register E1 k1 actor=x*201       -> reject field_too_long actor_id
        then owner register E1 k1 actor=a name=x*301 -> reject field_too_long engine_name
        then owner register E1 k1 actor=a label=x*301 -> reject field_too_long token_label
        then owner register E1 k1 actor=sk-x*24     -> reject secret_in_identifier actor_id
        then owner register E1 k1 actor=a label=sk-x*24 -> reject secret_in_identifier token_label
        then owner register E1 k1 actor=a until=tomorrow -> reject invalid_valid_until valid_until
        then owner register E1 k1 actor=a until=2020-01-01T00:00:00Z -> reject invalid_valid_until valid_until
        then owner register E1 k1 actor=a until=2036-01-01T00:00:00Z -> engine.registered agent.capability.granted engine.token.issued
        "#,
    );
}

#[test]
fn an_actor_is_one_engine_with_many_tokens() {
    check(
        r#"
        when owner register E1 k1 actor=builder             -> engine.registered agent.capability.granted engine.token.issued
        then owner register E2 k2 actor=builder             -> agent.capability.granted engine.token.issued
        then owner register E3 k3 actor=other               -> engine.registered agent.capability.granted engine.token.issued
        then owner/ws_b register E4 k4 actor=builder        -> engine.registered agent.capability.granted engine.token.issued
        then owner register E5 k5 actor=builder rotate=yes  -> engine.token.revoked agent.capability.revoked engine.token.revoked agent.capability.revoked agent.capability.granted engine.token.issued
        then owner register E6 k6 actor=builder rotate=yes  -> engine.token.revoked agent.capability.revoked agent.capability.granted engine.token.issued
        then owner revoke E3 k3                             -> engine.token.revoked agent.capability.revoked
        then owner/ws_b revoke E4 k4                        -> engine.token.revoked agent.capability.revoked
        "#,
    );
}

#[test]
fn what_is_told_of_an_engine_is_kept_until_it_is_told_otherwise() {
    check(
        r#"
        given owner register E1 k1 actor=builder
        when owner register E2 k2 actor=builder name=Builder            -> engine.registered agent.capability.granted engine.token.issued
        then owner register E2 k3 actor=builder name=Builder            -> agent.capability.granted engine.token.issued
        then owner register E2 k4 actor=builder                         -> agent.capability.granted engine.token.issued
        then owner register E2 k5 actor=builder metadata={"os":"linux"} -> engine.registered agent.capability.granted engine.token.issued
        then owner register E2 k6 actor=builder metadata={"os":"linux"} -> agent.capability.granted engine.token.issued
        "#,
    );
}

#[test]
fn tokens_are_revoked_once_by_the_owner() {
    check(
        r#"
        given owner register E1 k1 actor=builder
        and   owner register E2 k2 actor=other
        when local revoke E1 k1                 -> reject owner_only
        then E1 revoke E1 k1                    -> reject owner_only
        then owner revoke nowhere k1            -> reject engine_not_found
        then owner/ws_b revoke E1 k1            -> reject engine_not_found
        then owner revoke E1 k2                 -> reject engine_token_not_found
        then owner revoke E1 nowhere            -> reject engine_token_not_found
        then owner revoke E1 k1 reason=x*301    -> reject field_too_long reason
        then owner revoke E1 k1                 -> engine.token.revoked agent.capability.revoked
        then owner revoke E1 k1                 -> ; already

        given owner register E1 k1 actor=builder
        and   owner ungrant c_k1
        when owner revoke E1 k1                 -> engine.token.revoked
        "#,
    );
}

#[test]
fn an_engine_is_deactivated_with_its_tokens_and_comes_back_by_registering() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   owner run q2 r1
        and   owner register E1 k1 actor=e1
        and   owner issue E1 k2
        and   E1#k1 claim t1
        when local deactivate E1                -> reject owner_only
        then E1#k1 deactivate E1                -> reject owner_only
        then owner deactivate nowhere           -> reject engine_not_found
        then owner/ws_b deactivate E1           -> reject engine_not_found
        then owner deactivate E1 reason=x*301   -> reject field_too_long reason
        then owner deactivate E1 reason=lost    -> engine.token.revoked agent.capability.revoked engine.token.revoked agent.capability.revoked engine.deactivated
        then owner deactivate E1                -> ; already
        then owner issue E1 k3                  -> reject engine_inactive
        then E1#k1 claim t2                     -> reject engine_inactive
        then E1#k1 extend q1 t1                 -> reject engine_inactive
        then owner revoke E1 k1                 -> ; already
        and  wait: 30000
        then system expire                      -> run.lease.expired ; 1 expired
        then owner register E1 k4 actor=e1      -> engine.registered agent.capability.granted engine.token.issued
        then E1#k1 claim t2                     -> reject engine_token_expired
        then E1#k4 claim t2                     -> run.claimed#2 run.started ; leased
        "#,
    );
}

#[test]
fn tokens_are_issued_by_the_owner_to_engines_that_are_there() {
    check(
        r#"
        given owner register E1 k1 actor=e1
        when local issue E1 k2          -> reject owner_only
        then E1#k1 issue E1 k2          -> reject owner_only
        then owner issue nowhere k2     -> reject engine_not_found
        then owner/ws_b issue E1 k2     -> reject engine_not_found
        then owner issue E1 k2 until=x  -> reject invalid_valid_until valid_until
        then owner issue E1 k2 label=ci -> agent.capability.granted engine.token.issued
        "#,
    );
}

/// Each reason why a token does not count, looked at in the transaction of the claim, in this order.
#[test]
fn a_claim_is_refused_by_how_its_token_stands() {
    check(
        r#"
        given owner register E1 k1 actor=e1 until=2026-11-21T08:00:00Z
        and   owner register E1 k2 actor=e1
        and   owner register E1 k3 actor=e1
        when E1#k1 claim t  -> ; nothing queued
        then owner revoke E1 k2 -> engine.token.revoked agent.capability.revoked
        then E1#k2 claim t  -> reject engine_token_expired
        then owner ungrant c_k3 -> agent.capability.revoked
        then E1#k3 claim t  -> reject capability_token_revoked
        and  wait: 36000000
        then E1#k1 claim t  -> reject engine_token_expired
        "#,
    );
}

#[test]
fn what_a_token_does_not_name_it_does_not_allow() {
    let mut world = World::new();
    for line in ["given owner room r1", "and owner run q1 r1"] {
        crate::script::play(&mut world, line);
    }
    let list = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let claim = |actions: &str, rooms: &str, room_id: Option<&str>| {
        let engine = Caller::Engine(EngineIdentity {
            engine_id: "E1".into(),
            actor_id: "e1".into(),
            workspace_id: "ws_dev".into(),
            token_id: "k".into(),
            scopes: Scopes {
                action_types: list(actions),
                rooms: list(rooms),
                ..Scopes::default()
            },
        });
        let claim = runs::ClaimRun {
            room_id: room_id.map(str::to_owned),
            claim_token: "t".into(),
        };
        let outcome = world.decide(&engine, "ws_dev", Command::ClaimRun(claim));
        outcome.map(|_| "yes").unwrap_or_else(|reject| reject.code)
    };
    for (actions, rooms, room_id, expected) in [
        ("run.claim", "*", None, "yes"),
        ("*", "*", Some("r1"), "yes"),
        ("run.claim", "r1", Some("r1"), "yes"),
        ("", "*", None, "engine_action_not_allowed"),
        (
            "run.lease.heartbeat",
            "*",
            None,
            "engine_action_not_allowed",
        ),
        ("run.claim", "", None, "engine_room_scope_required"),
        ("run.claim", "r2", Some("r1"), "engine_room_not_allowed"),
        ("", "", Some("r2"), "engine_action_not_allowed"),
    ] {
        assert_eq!(
            claim(actions, rooms, room_id),
            expected,
            "{actions:?} {rooms:?}"
        );
    }
}

#[test]
fn the_log_never_holds_a_secret_and_the_digest_is_kept() {
    let mut world = World::new();
    let (owner, workspace_id) = caller("owner");
    let command = engines::RegisterEngine {
        engine_id: "E1".into(),
        actor_id: Some("builder".into()),
        token: engines::NewToken {
            token_id: "k1".into(),
            token: "a very secret token".into(),
            ..Default::default()
        },
        ..Default::default()
    };
    world
        .submit(&owner, &workspace_id, Command::RegisterEngine(command))
        .unwrap();
    for entry in &world.log {
        assert!(
            !entry.draft.event.data().to_string().contains("very secret"),
            "{entry:?}"
        );
    }
    let (token, live) = &world.tokens["k1"];
    assert!(live);
    assert_eq!(token.token_digest, engines::digest("a very secret token"));
    assert_ne!(token.token_digest, engines::digest("a very secret token "));
}

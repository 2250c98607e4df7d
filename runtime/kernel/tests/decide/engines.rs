//! Engines and their tokens.

use crate::script::{caller, check};
use crate::world::World;
use kernel::{Command, engines};

#[test]
fn engines_are_registered_by_the_owner() {
    check(
        r#"
        when local register E1 k1 actor=builder     -> reject owner_only
        then E9 register E1 k1 actor=builder        -> reject owner_only
        then owner register E1 k1                   -> reject actor_id_required actor_id
        then owner register E1 k1 actor=" "         -> reject actor_id_required actor_id
        then owner register E1 k1 actor=x*201       -> reject field_too_long actor_id
        then owner register E1 k1 actor=a name=x*301 -> reject field_too_long display_name
        then owner register E1 k1 actor=a until=tomorrow -> reject invalid_valid_until valid_until
        then owner register E1 k1 actor=a until=2020-01-01T00:00:00Z -> reject invalid_valid_until valid_until
        then owner register E1 k1 actor=a until=2036-01-01T00:00:00Z -> engine.registered engine.token.issued
        "#,
    );
}

#[test]
fn an_actor_is_one_engine_with_many_tokens() {
    check(
        r#"
        when owner register E1 k1 actor=builder             -> engine.registered engine.token.issued
        then owner register E2 k2 actor=builder             -> engine.token.issued
        then owner register E3 k3 actor=other               -> engine.registered engine.token.issued
        then owner/ws_b register E4 k4 actor=builder        -> engine.registered engine.token.issued
        then owner register E5 k5 actor=builder rotate=yes  -> engine.token.revoked engine.token.revoked engine.token.issued
        then owner register E6 k6 actor=builder rotate=yes  -> engine.token.revoked engine.token.issued
        then owner revoke E3 k3                             -> engine.token.revoked
        then owner/ws_b revoke E4 k4                        -> engine.token.revoked
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
        then owner revoke E1 k1 reason=x*301    -> reject field_too_long reason
        then owner revoke E1 k1                 -> engine.token.revoked
        then owner revoke E1 k1                 -> reject engine_token_not_found
        "#,
    );
}

#[test]
fn the_log_never_holds_a_secret_and_the_digest_is_kept() {
    let mut world = World::new();
    let (owner, workspace_id) = caller("owner");
    let command = engines::RegisterEngine {
        engine_id: "E1".into(),
        actor_id: Some("builder".into()),
        token_id: "k1".into(),
        token: "a very secret token".into(),
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

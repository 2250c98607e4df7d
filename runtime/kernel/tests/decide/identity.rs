//! Who is who on the event bus: apps, public keys and claims.

use crate::world::World;
use kernel::actor::AgentIdentity;
use kernel::broker::{
    AddTopicPublicKey, CreateTopicApp, DecideTopicClaim, DeleteTopicApp, IssueTopicKey, Principal,
    RemoveTopicKey, RequestTopicClaim, RotateTopicAppKey, UseTopicClaim,
};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::limits::{APPS_MAX, CLAIM_MS, CLAIM_PICKUP_MS, CLAIMS_MAX, PUBLIC_KEYS_MAX};
use kernel::{Caller, Command, Reject};

fn submit(world: &mut World, who: &Caller, command: Command) -> Result<Vec<String>, Reject> {
    let accepted = world.submit(who, DEFAULT_WORKSPACE_ID, command)?;
    let types = accepted.events.iter().map(|event| event.event_type());
    Ok(types.map(str::to_owned).collect())
}

fn agent(world: &mut World, name: &str, key_id: &str) -> Caller {
    let command = Command::IssueTopicKey(IssueTopicKey {
        key_id: key_id.to_owned(),
        principal: name.to_owned(),
        ..IssueTopicKey::default()
    });
    submit(world, &Caller::Owner, command).unwrap();
    shows(name, key_id)
}

fn shows(name: &str, key_id: &str) -> Caller {
    Caller::Agent(AgentIdentity {
        principal: Principal::parse(name).unwrap(),
        key_id: key_id.to_owned(),
    })
}

fn app(name: &str, key_id: &str) -> Command {
    Command::CreateTopicApp(CreateTopicApp {
        name: name.to_owned(),
        key_id: key_id.to_owned(),
        ..CreateTopicApp::default()
    })
}

fn rotate(name: &str, key_id: &str) -> Command {
    Command::RotateTopicAppKey(RotateTopicAppKey {
        name: name.to_owned(),
        key_id: key_id.to_owned(),
        ..RotateTopicAppKey::default()
    })
}

fn delete(name: &str) -> Command {
    Command::DeleteTopicApp(DeleteTopicApp {
        name: name.to_owned(),
    })
}

fn code<T>(outcome: Result<T, Reject>) -> &'static str {
    outcome.err().map_or("", |reject| reject.code)
}

#[test]
fn an_app_is_its_makers() {
    let mut world = World::new();
    let bob = agent(&mut world, "bob", "ck_1");
    let eve = agent(&mut world, "eve", "ck_2");
    let made = submit(&mut world, &bob, app(" shop ", "ck_3")).unwrap();
    assert_eq!(made, ["topic.app.created", "topic.key.issued"]);
    for who in [&bob, &eve, &Caller::Owner] {
        assert_eq!(
            code(submit(&mut world, who, app("shop", "ck_4"))),
            "app_exists"
        );
    }
    for command in [rotate("shop", "ck_4"), delete("shop")] {
        assert_eq!(code(submit(&mut world, &eve, command)), "app_forbidden");
    }
    let shop = shows("app:shop", "ck_3");
    assert_eq!(
        code(submit(&mut world, &shop, app("other", "ck_4"))),
        "app_forbidden"
    );
    let rotated = submit(&mut world, &bob, rotate("shop", "ck_4")).unwrap();
    assert_eq!(rotated, ["topic.key.revoked", "topic.key.issued"]);
    assert_eq!(
        code(submit(&mut world, &shop, delete("shop"))),
        "key_revoked"
    );
    // The person governs every app.
    let deleted = submit(&mut world, &Caller::Owner, delete("shop")).unwrap();
    assert_eq!(deleted, ["topic.app.deleted", "topic.key.revoked"]);
    assert!(world.bus.keys.values().all(|key| key.key_id != "ck_4"));
    assert_eq!(
        code(submit(&mut world, &bob, rotate("shop", "ck_5"))),
        "app_not_found"
    );
    // What it said is still there: nobody else gets to speak by its name.
    assert_eq!(
        code(submit(&mut world, &eve, app("shop", "ck_5"))),
        "app_exists"
    );
    submit(&mut world, &bob, app("shop", "ck_5")).unwrap();
}

#[test]
fn the_name_of_an_app_is_not_taken_from_whoever_has_its_key() {
    let mut world = World::new();
    agent(&mut world, "app:till", "ck_1");
    let bob = agent(&mut world, "bob", "ck_2");
    assert_eq!(
        code(submit(&mut world, &bob, app("till", "ck_3"))),
        "app_exists"
    );
    assert_eq!(
        code(submit(&mut world, &bob, app("a b", "ck_3"))),
        "invalid_app_name"
    );
    for n in 0..APPS_MAX {
        submit(&mut world, &bob, app(&format!("app_{n}"), &format!("k{n}"))).unwrap();
    }
    assert_eq!(
        code(submit(&mut world, &bob, app("more", "ck_3"))),
        "too_many_apps"
    );
    submit(&mut world, &Caller::Owner, app("more", "ck_3")).unwrap();
}

fn public_key(name: &str, key_name: &str) -> Command {
    Command::AddTopicPublicKey(AddTopicPublicKey {
        username: name.to_owned(),
        key_name: Some(key_name.to_owned()),
        public_key: "ssh-ed25519 AAAA".to_owned(),
        fingerprint: "SHA256:x".to_owned(),
    })
}

#[test]
fn public_keys_are_few_and_end_with_what_was_given_for_them() {
    let mut world = World::new();
    let remove = |principal: &str, name: &str| {
        Command::RemoveTopicKey(RemoveTopicKey {
            principal: principal.to_owned(),
            key_name: Some(name.to_owned()),
        })
    };
    for n in 0..PUBLIC_KEYS_MAX {
        let added = submit(
            &mut world,
            &Caller::Owner,
            public_key("bob", &format!("k{n}")),
        );
        assert_eq!(added.unwrap(), ["topic.public_key.added"]);
    }
    let more = submit(&mut world, &Caller::Owner, public_key("bob", "more"));
    assert_eq!(code(more), "too_many_keys");
    submit(&mut world, &Caller::Owner, public_key("bob", "k0")).unwrap();
    submit(&mut world, &Caller::Owner, public_key("eve", "more")).unwrap();
    let issue = Command::IssueTopicKey(IssueTopicKey {
        key_id: "ck_1".to_owned(),
        principal: "bob".to_owned(),
        key_name: Some("k0".to_owned()),
        ..IssueTopicKey::default()
    });
    submit(&mut world, &Caller::System, issue).unwrap();
    let removed = submit(&mut world, &Caller::Owner, remove("bob", "k0")).unwrap();
    assert_eq!(removed, ["topic.public_key.removed", "topic.key.revoked"]);
    let again = submit(&mut world, &Caller::Owner, remove("bob", "k0"));
    assert_eq!(code(again), "key_not_found");
    let bad = submit(&mut world, &Caller::Owner, public_key("app:shop", "main"));
    assert_eq!(code(bad), "invalid_username");
}

fn claim(name: &str, claim_id: &str) -> Command {
    Command::RequestTopicClaim(RequestTopicClaim {
        claim_id: claim_id.to_owned(),
        username: name.to_owned(),
        signature: "claw-sig-x".to_owned(),
        ..RequestTopicClaim::default()
    })
}

fn decide(claim_id: &str, confirm: bool) -> Command {
    let claim_id = claim_id.to_owned();
    Command::DecideTopicClaim(DecideTopicClaim { claim_id, confirm })
}

fn fetch(claim_id: &str, key_id: &str) -> Command {
    Command::UseTopicClaim(UseTopicClaim {
        claim_id: claim_id.to_owned(),
        key_id: key_id.to_owned(),
        ..UseTopicClaim::default()
    })
}

#[test]
fn a_claim_is_confirmed_by_the_person_and_used_once() {
    let mut world = World::new();
    let system = Caller::System;
    let bob = agent(&mut world, "bob", "ck_1");
    submit(&mut world, &system, claim("bob", "claim_1")).unwrap();
    assert_eq!(
        code(submit(&mut world, &system, fetch("claim_1", "ck_2"))),
        "claim_not_confirmed"
    );
    for who in [&bob, &Caller::Local, &system] {
        assert!(submit(&mut world, who, decide("claim_1", true)).is_err());
    }
    let confirmed = submit(&mut world, &Caller::Owner, decide("claim_1", true)).unwrap();
    assert_eq!(confirmed, ["topic.claim.confirmed"]);
    for confirm in [true, false] {
        let again = submit(&mut world, &Caller::Owner, decide("claim_1", confirm));
        assert_eq!(code(again), "claim_already_decided");
    }
    // The key that bob had ends when the new one is fetched.
    let used = submit(&mut world, &system, fetch("claim_1", "ck_2")).unwrap();
    assert_eq!(
        used,
        ["topic.claim.used", "topic.key.revoked", "topic.key.issued"]
    );
    assert_eq!(
        code(submit(&mut world, &system, fetch("claim_1", "ck_3"))),
        "claim_not_found"
    );

    submit(&mut world, &system, claim("bob", "claim_2")).unwrap();
    let refused = submit(&mut world, &Caller::Owner, decide("claim_2", false)).unwrap();
    assert_eq!(refused, ["topic.claim.refused"]);
    assert_eq!(
        code(submit(&mut world, &system, fetch("claim_2", "ck_3"))),
        "claim_refused"
    );
    assert_eq!(
        code(submit(&mut world, &Caller::Owner, decide("claim_9", true))),
        "claim_not_found"
    );
}

#[test]
fn claims_end_by_themselves_and_are_not_many() {
    let mut world = World::new();
    let system = Caller::System;
    for n in 0..CLAIMS_MAX {
        submit(&mut world, &system, claim("bob", &format!("claim_{n}"))).unwrap();
    }
    assert_eq!(
        code(submit(&mut world, &system, claim("eve", "more"))),
        "too_many_claims"
    );
    submit(&mut world, &Caller::Owner, decide("claim_0", true)).unwrap();
    submit(&mut world, &Caller::Owner, decide("claim_1", false)).unwrap();
    submit(&mut world, &system, claim("eve", "more")).unwrap();
    world.now = world.now.plus_millis(CLAIM_PICKUP_MS);
    assert_eq!(
        code(submit(&mut world, &system, fetch("claim_0", "ck_1"))),
        "claim_not_found"
    );
    world.now = world.now.plus_millis(CLAIM_MS);
    assert_eq!(
        code(submit(&mut world, &Caller::Owner, decide("claim_2", true))),
        "claim_expired"
    );
    submit(&mut world, &system, claim("eve", "another")).unwrap();
}

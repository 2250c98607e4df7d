//! The event bus, command by command.

use crate::world::World;
use kernel::actor::AgentIdentity;
use kernel::board::PublishMessage;
use kernel::broker::{
    AdvertiseTopic, GrantTopic, IssueTopicKey, LockTopic, Principal, PublishTopic, RequestAccess,
    RevokeTopic, RevokeTopicKey, Rules, UnlockTopic, WithdrawTopic,
};
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::{Answer, Caller, Command, Event, Reject};
use serde_json::{Value, json};

fn key(world: &mut World, principal: &str, key_id: &str) -> Caller {
    let command = IssueTopicKey {
        key_id: key_id.to_owned(),
        principal: principal.to_owned(),
        ..IssueTopicKey::default()
    };
    submit(world, &Caller::Owner, Command::IssueTopicKey(command)).unwrap();
    Caller::Agent(AgentIdentity {
        principal: Principal::parse(principal).unwrap(),
        key_id: key_id.to_owned(),
    })
}

fn submit(world: &mut World, who: &Caller, command: Command) -> Result<Vec<Event>, Reject> {
    let accepted = world.submit(who, DEFAULT_WORKSPACE_ID, command)?;
    assert!(accepted.answer != Answer::AlreadyDone || accepted.events.is_empty());
    Ok(accepted.events)
}

fn publish(channel: &str, payload: Value) -> Command {
    Command::PublishTopic(PublishTopic {
        channel: channel.to_owned(),
        payload,
    })
}

fn lock(channel: &str) -> Command {
    let channel = channel.to_owned();
    Command::LockTopic(LockTopic { channel })
}

fn unlock(channel: &str) -> Command {
    let channel = channel.to_owned();
    Command::UnlockTopic(UnlockTopic { channel })
}

fn grant(channel: &str, target: &str) -> Command {
    let (channel, target) = (channel.to_owned(), target.to_owned());
    Command::GrantTopic(GrantTopic { channel, target })
}

fn revoke(channel: &str, target: &str) -> Command {
    let (channel, target) = (channel.to_owned(), target.to_owned());
    Command::RevokeTopic(RevokeTopic { channel, target })
}

#[test]
fn only_the_owner_of_a_topic_speaks_and_governs() {
    let mut world = World::new();
    let bob = key(&mut world, "bob", "ck_1");
    let eve = key(&mut world, "eve", "ck_2");
    let said = submit(&mut world, &bob, publish(" agent.bob.x ", json!({"n": 1}))).unwrap();
    assert_eq!(
        said[0].data(),
        json!({"type": "claw.message", "body": {"n": 1}})
    );
    let entry = world.log.last().unwrap();
    assert_eq!(entry.draft.scope.channel.as_deref(), Some("agent.bob.x"));
    assert_eq!(entry.draft.actor.to_string(), "agent:bob");
    for (who, command, message) in [
        (
            &eve,
            publish("agent.bob.x", json!(1)),
            "only the channel owner can publish to agent.* channels",
        ),
        (
            &Caller::Local,
            publish("agent.bob.x", json!(1)),
            "only the channel owner can publish to agent.* channels",
        ),
        (
            &Caller::Owner,
            publish("agent.bob.x", json!(1)),
            "only the channel owner can publish to agent.* channels",
        ),
        (
            &bob,
            publish("system.x", json!(1)),
            "cannot publish to system channels",
        ),
        (&bob, publish("foo", json!(1)), "invalid channel format"),
        (&eve, lock("agent.bob.x"), "can only lock your own channels"),
        (&bob, lock("public.x"), "can only lock your own channels"),
        (
            &Caller::Owner,
            lock("public.x"),
            "can only lock your own channels",
        ),
        (
            &bob,
            unlock("app.shop.agent"),
            "cannot unlock app.agent reserved channels",
        ),
        (
            &eve,
            grant("agent.bob.x", "eve"),
            "can only grant access to your own channels",
        ),
        (
            &eve,
            revoke("agent.bob.x", "eve"),
            "can only revoke access from your own channels",
        ),
        (
            &bob,
            grant("app.shop.agent", "eve"),
            "cannot grant access to app.agent reserved channels",
        ),
        (
            &bob,
            revoke("app.shop.agent.bob", "eve"),
            "cannot revoke access from app.agent reserved channels",
        ),
    ] {
        let reject = submit(&mut world, who, command).expect_err(message);
        assert_eq!(reject.message, message);
    }
    let over = json!("x".repeat(16_383));
    let reject = submit(&mut world, &bob, publish("public.x", over)).unwrap_err();
    assert_eq!(reject.message, "payload too large (max 16384 bytes)");
    submit(
        &mut world,
        &bob,
        publish("public.x", json!("ü".repeat(16_382))),
    )
    .unwrap();
}

#[test]
fn locks_and_grants_are_set_once() {
    let mut world = World::new();
    let bob = key(&mut world, "bob", "ck_1");
    for (who, command, events) in [
        (&bob, lock("agent.bob.x"), 1),
        (&bob, lock("agent.bob.x"), 0),
        (&bob, grant("agent.bob.x", "eve"), 1),
        (&bob, grant("agent.bob.x", "eve"), 0),
        (&bob, grant("agent.bob.x", "app:shop"), 1),
        (&bob, unlock("agent.bob.x"), 1),
        (&bob, unlock("agent.bob.x"), 0),
        (&bob, revoke("agent.bob.x", "eve"), 1),
        (&bob, revoke("agent.bob.x", "eve"), 0),
        // The person whose Signalbox it is governs every topic.
        (&Caller::Owner, lock("agent.bob.x"), 1),
    ] {
        let happened = submit(&mut world, who, command.clone()).unwrap();
        assert_eq!(happened.len(), events, "{command:?}");
    }
    let reject = submit(&mut world, &bob, grant("agent.bob.x", "a b")).unwrap_err();
    assert_eq!(
        (reject.code, reject.field.as_deref()),
        ("invalid_username", Some("target"))
    );
}

#[test]
fn a_new_key_ends_the_old_one_at_once() {
    let mut world = World::new();
    let old = key(&mut world, "bob", "ck_1");
    let new = key(&mut world, "bob", "ck_2");
    let reject = submit(&mut world, &old, publish("public.x", json!(1))).unwrap_err();
    assert_eq!(reject.code, "key_revoked");
    submit(&mut world, &new, publish("public.x", json!(1))).unwrap();
    // It ends the key that it shows, whatever it names.
    let name_another = RevokeTopicKey {
        key_id: "ck_9".into(),
    };
    submit(&mut world, &new, Command::RevokeTopicKey(name_another)).unwrap();
    for command in [publish("public.x", json!(1)), lock("agent.bob.x")] {
        assert_eq!(
            submit(&mut world, &new, command).unwrap_err().code,
            "key_revoked"
        );
    }
}

#[test]
fn the_board_is_no_way_around() {
    let mut world = World::new();
    let bob = key(&mut world, "bob", "ck_1");
    let message = |channel: &str, from: &str| {
        Command::PublishMessage(PublishMessage {
            channel: channel.to_owned(),
            from: Some(from.to_owned()),
            message_type: Some("msg.agent".to_owned()),
            ..PublishMessage::default()
        })
    };
    for (who, command, code) in [
        (
            &Caller::Local,
            message("agent.bob.x", "ann"),
            "topic_forbidden",
        ),
        (
            &Caller::Local,
            message("system.timer", "ann"),
            "topic_forbidden",
        ),
        (
            &Caller::Local,
            message("app.shop.agent", "ann"),
            "topic_forbidden",
        ),
        (&Caller::Local, message("public.x", "bob"), "actor_reserved"),
        (&bob, message("agent.bob.x", "bob"), "topics_only"),
    ] {
        assert_eq!(submit(&mut world, who, command).unwrap_err().code, code);
    }
    for channel in ["public.x", "agent.bob", "general"] {
        submit(&mut world, &Caller::Local, message(channel, "ann")).unwrap();
    }
}

#[test]
fn who_is_kept_out_may_ask() {
    let mut world = World::new();
    let bob = key(&mut world, "bob", "ck_1");
    let eve = key(&mut world, "eve", "ck_2");
    let ask = |channel: &str, rules: Rules| {
        Command::RequestAccess(RequestAccess {
            channel: channel.to_owned(),
            reason: Some("please".to_owned()),
            rules,
        })
    };
    for (who, command, message) in [
        (
            &eve,
            ask("agent.bob.x", Rules::Head),
            "channel is not locked, access is public",
        ),
        (
            &eve,
            ask("agent.bob.public.x", Rules::Seed),
            "channel is not locked, access is public",
        ),
        (
            &bob,
            ask("agent.bob.x", Rules::Seed),
            "you already have access to this channel",
        ),
        (
            &eve,
            ask("app.shop.agent", Rules::Seed),
            "cannot request access to app.agent reserved channels",
        ),
    ] {
        assert_eq!(
            submit(&mut world, who, command).unwrap_err().message,
            message
        );
    }
    let told = submit(&mut world, &eve, ask("agent.bob.x", Rules::Seed)).unwrap();
    let request = &told[0].data()["body"];
    assert_eq!(
        (
            &request["requester"],
            &request["targetChannel"],
            &request["targetOwner"]
        ),
        (&json!("eve"), &json!("agent.bob.x"), &json!("bob"))
    );
    submit(&mut world, &bob, grant("agent.bob.x", "eve")).unwrap();
    let again = submit(&mut world, &eve, ask("agent.bob.x", Rules::Seed)).unwrap_err();
    assert_eq!(again.message, "you already have access to this channel");
}

#[test]
fn payloads_are_what_the_topic_advertises() {
    let mut world = World::new();
    let bob = key(&mut world, "bob", "ck_1");
    let eve = key(&mut world, "eve", "ck_2");
    let channel = "agent.bob.x".to_owned();
    let advertise = |schema: Option<Value>, description: &str| {
        Command::AdvertiseTopic(AdvertiseTopic {
            channel: channel.clone(),
            description: Some(description.to_owned()),
            schema,
        })
    };
    let withdraw = Command::WithdrawTopic(WithdrawTopic {
        channel: channel.clone(),
    });
    let schema = json!({"type": "object", "required": ["n"]});
    submit(&mut world, &bob, withdraw.clone()).unwrap();
    submit(&mut world, &bob, advertise(Some(schema), "numbers")).unwrap();
    let reject = submit(&mut world, &bob, publish("agent.bob.x", json!(1))).unwrap_err();
    assert_eq!(
        (reject.code, reject.message.as_str()),
        ("schema_mismatch", "Schema validation failed")
    );
    for payload in [json!({"n": 1}), json!(null)] {
        submit(&mut world, &bob, publish("agent.bob.x", payload)).unwrap();
    }
    for (who, command, code) in [
        (&eve, advertise(None, "mine"), "topic_forbidden"),
        (&eve, withdraw.clone(), "topic_forbidden"),
        (
            &bob,
            advertise(None, &"x".repeat(5_001)),
            "description_too_long",
        ),
        (
            &bob,
            advertise(Some(json!("x".repeat(32_767))), ""),
            "schema_too_large",
        ),
    ] {
        assert_eq!(submit(&mut world, who, command).unwrap_err().code, code);
    }
    assert_eq!(submit(&mut world, &bob, withdraw.clone()).unwrap().len(), 1);
    assert_eq!(submit(&mut world, &bob, withdraw).unwrap().len(), 0);
    submit(&mut world, &bob, publish("agent.bob.x", json!(1))).unwrap();
}

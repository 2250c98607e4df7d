//! Idempotency keys: a command that has been here before gets the first one's answer.

use crate::script::{caller, check};
use crate::world::World;
use kernel::{Command, Draft, Event, command, rooms};
use serde_json::json;

#[test]
fn a_key_is_good_once_per_stream() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        and   owner thread t1b r1
        and   owner room r2
        and   owner thread t2 r2
        when local post m1 t1 key=k             -> message.created
        then local post m2 t1 key=k             -> ; was m1
        then E1 post m3 t1 key=k text="other"   -> ; was m1
        then local post m4 t1b key=k            -> ; was m1
        then local post m5 t1 key=l             -> message.created
        then local post m6 t2 key=k             -> message.created
        then local post m7 t2 key=k             -> ; was m6
        then local post m8 t1                   -> message.created
        then local post m9 t1                   -> message.created
        then local post m10 t1 key=k text=""    -> reject missing_content_md content_md
        then local post m10 t1 key=x*201        -> reject field_too_long Idempotency-Key
        "#,
    );
}

/// A draft of a message with a key, as the writer holds it when it finds the key in the log.
fn keyed_draft() -> Draft {
    let mut world = World::new();
    let (owner, workspace_id) = caller("owner");
    let room = rooms::CreateRoom {
        room_id: "r1".into(),
        title: Some("r".into()),
        ..Default::default()
    };
    world
        .submit(&owner, &workspace_id, Command::CreateRoom(room))
        .unwrap();
    let thread = rooms::CreateThread {
        thread_id: "t1".into(),
        room_id: "r1".into(),
        title: Some("t".into()),
        ..Default::default()
    };
    world
        .submit(&owner, &workspace_id, Command::CreateThread(thread))
        .unwrap();
    let message = rooms::PostMessage {
        message_id: "m2".into(),
        thread_id: "t1".into(),
        content_md: Some("hello".into()),
        idempotency_key: Some("k".into()),
        ..Default::default()
    };
    let decision = world
        .decide(&owner, &workspace_id, Command::PostMessage(message))
        .unwrap();
    let draft = decision.drafts.into_iter().next().unwrap();
    assert!(matches!(draft.event, Event::MessageCreated(_)));
    draft
}

#[test]
fn a_key_that_stands_for_something_else_is_a_conflict() {
    let draft = keyed_draft();
    for (event_type, data) in [
        ("run.created", json!({"run_id": "q1"})),
        ("run.created", json!({"run_id": "q1", "message_id": "m1"})),
        ("message.created", json!({"content_md": "no id"})),
    ] {
        let reject = command::replay(&draft, event_type, &data).unwrap_err();
        assert_eq!(
            (reject.kind, reject.code),
            (kernel::Kind::Conflict, "idempotency_conflict")
        );
    }
}

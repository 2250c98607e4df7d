//! Rooms, threads and messages.

use crate::script::{caller, check};
use crate::world::World;
use kernel::{Command, Event, StreamKey, rooms};

#[test]
fn rooms_need_a_title_and_bounded_texts() {
    check(
        r#"
        when owner room r1                  -> room.created
        then local room r2 title="A b"      -> room.created
        then E1 room r3                     -> room.created
        then local room r4 title=""         -> reject missing_title title
        then local room r4 title="  "       -> reject missing_title title
        then local room r4 title="a\0b"     -> reject invalid_text title
        then local room r4 title=x*300      -> room.created
        then local room r5 title=x*301      -> reject field_too_long title
        then local room r5 topic=x*301      -> reject field_too_long topic
        then local room r5 mode=x*201       -> reject field_too_long room_mode
        then local room r5 lang=x*201       -> reject field_too_long default_lang
        then local room r5 policy=x*201     -> reject field_too_long tool_policy_ref
        then local room r5 mission=x*201    -> reject field_too_long mission_id
        then local/ws_b room r5             -> reject workspace_forbidden
        then owner/ws_b room r5             -> room.created
        "#,
    );
}

#[test]
fn threads_belong_to_a_room_of_the_workspace() {
    check(
        r#"
        given owner room r1
        and   owner/ws_b room rb
        when local thread t1 r1             -> thread.created
        then local thread t2 nowhere        -> reject room_not_found
        then local thread t2 rb             -> reject room_not_found
        then owner thread t2 rb             -> reject room_not_found
        then owner/ws_b thread t2 rb        -> thread.created
        then local thread t3 r1 title=""    -> reject missing_title title
        then local thread t3 r1 status=x*201 -> reject field_too_long status
        "#,
    );
}

#[test]
fn messages_belong_to_a_thread_of_the_workspace() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        and   owner/ws_b room rb
        and   owner/ws_b thread tb rb
        when local post m1 t1                       -> message.created
        then local post m2 nowhere                  -> reject thread_not_found
        then local post m2 tb                       -> reject thread_not_found
        then E1/ws_b post m2 tb                     -> message.created
        then local post m3 t1 text=""               -> reject missing_content_md content_md
        then local post m3 t1 text=" "              -> reject missing_content_md content_md
        then local post m3 t1 text="a\0b"           -> reject invalid_text content_md
        then local post m3 t1 text=x*262144         -> message.created
        then local post m4 t1 text=x*262145         -> reject payload_too_large
        then local post m4 t1 lang=x*201            -> reject field_too_long lang
        then local post m4 t1 parent=x*201          -> reject field_too_long parent_message_id
        then local post m4 t1 id=x*201              -> reject field_too_long sender_id
        then local post m4 t1 labels="a"            -> reject invalid_type labels
        then local post m4 t1 labels=["a",1]        -> reject invalid_type labels
        then local post m4 t1 labels=["a","b"]      -> message.created
        "#
        .replace("labels=\"a\"", "labels=7")
        .as_str(),
    );
}

#[test]
fn labels_are_counted() {
    let labels = |count: usize| format!("[{}]", vec!["\"a\""; count].join(","));
    check(&format!(
        "given owner room r1
         and   owner thread t1 r1
         when local post m1 t1 labels={} -> message.created
         then local post m2 t1 labels={} -> reject too_many_entries labels",
        labels(64),
        labels(65)
    ));
}

#[test]
fn only_the_owner_is_the_owner() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        when local post m1 t1 id=owner              -> reject actor_reserved sender_id
        then local post m1 t1 id=" owner "          -> reject actor_reserved sender_id
        then local post m1 t1 type=boss id=owner    -> reject actor_reserved sender_id
        then local post m1 t1 type=agent id=owner   -> reject actor_reserved sender_id
        then owner post m2 t1 id=owner              -> message.created
        "#,
    );
}

#[test]
fn a_message_names_its_sender() {
    for (who, words, sender) in [
        ("local", "", ("user", "anon")),
        ("local", "type=service", ("service", "anon")),
        ("local", "type=agent id=codex", ("agent", "codex")),
        ("local", "type=robot id=r", ("user", "r")),
        ("owner", "", ("user", "owner")),
        ("owner", "type=agent id=claude", ("agent", "claude")),
        // An engine is always itself, whatever it says.
        ("E1", "type=user id=anna", ("service", "e1")),
    ] {
        let mut world = World::new();
        let (owner, workspace_id) = caller("owner");
        let room = rooms::CreateRoom {
            room_id: "r1".into(),
            title: Some("r".into()),
            mission_id: Some("mission_1".into()),
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
        let word = |name: &str| {
            words
                .split(' ')
                .find_map(|word| word.strip_prefix(name).map(str::to_owned))
        };
        let message = rooms::PostMessage {
            message_id: "m1".into(),
            thread_id: "t1".into(),
            content_md: Some("hello".into()),
            sender_type: word("type="),
            sender_id: word("id="),
            ..Default::default()
        };
        let (caller, workspace_id) = caller(who);
        world
            .submit(&caller, &workspace_id, Command::PostMessage(message))
            .unwrap();
        let last = world.log.last().unwrap();
        let Event::MessageCreated(data) = &last.draft.event else {
            panic!("{last:?}");
        };
        assert_eq!(
            (data.sender_type.as_str(), data.sender_id.as_str()),
            sender,
            "{who} {words}"
        );
        assert_eq!(
            last.draft.actor.actor_type.as_str(),
            sender.0,
            "{who} {words}"
        );
        assert_eq!(last.draft.actor.actor_id, sender.1, "{who} {words}");
        // Whatever happens in a room is in the room's stream, with everything above it.
        assert_eq!(last.draft.scope.stream(), StreamKey::Room("r1".into()));
        assert_eq!(last.draft.scope.thread_id.as_deref(), Some("t1"));
        assert_eq!(last.draft.scope.mission_id.as_deref(), Some("mission_1"));
    }
}

#[test]
fn what_is_shown_as_it_is_may_not_look_like_a_secret() {
    check(
        r#"
        given owner room r1
        and   owner thread t1 r1
        when local room r2 mission=sk-x*24          -> reject secret_in_identifier mission_id
        then local post m1 t1 id=sk-x*24            -> reject secret_in_identifier sender_id
        then local post m1 t1 key=sk-x*24           -> reject secret_in_identifier Idempotency-Key
        then local run q1 r1 correlation=sk-x*24    -> reject secret_in_identifier correlation_id
        then owner register E1 k1 actor=sk-x*24     -> reject secret_in_identifier actor_id
        then owner register E1 k1 actor=a rooms=["sk-xxxxxxxxxxxxxxxxxxxxxxxx"] -> reject secret_in_identifier rooms
        then local room r2 title=sk-x*24            -> room.created
        "#,
    );
}

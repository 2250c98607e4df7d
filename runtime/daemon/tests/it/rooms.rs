//! Rooms, threads and messages over HTTP.

use crate::support::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn a_room_and_its_defaults() {
    let api = Api::start();
    let owner = api.owner();
    let id = owner.room("  Release  ").await;
    assert!(id.starts_with("room_"), "{id}");
    let room = owner.get(&format!("/v1/rooms/{id}")).await.expect(200)["room"].clone();
    assert_eq!(room["title"], "Release", "titles are trimmed");
    let expected = json!({"topic": null, "room_mode": "default", "default_lang": "en", "mission_id": null,
        "tool_policy_ref": null, "workspace_id": "ws_dev", "head_seq": 1});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&room[member], value, "{member}");
    }
    let full = json!({"title": "t", "topic": "a topic", "room_mode": "council", "default_lang": "ko",
        "mission_id": "mission_1", "tool_policy_ref": "strict", "unknown": {"is": "ignored"}});
    let reply = owner.post("/v1/rooms", full.clone()).await.expect(201);
    let path = format!("/v1/rooms/{}", reply["room_id"].as_str().unwrap());
    let room = owner.get(&path).await.expect(200)["room"].clone();
    for member in [
        "title",
        "topic",
        "room_mode",
        "default_lang",
        "mission_id",
        "tool_policy_ref",
    ] {
        assert_eq!(room[member], full[member], "{member}");
    }
    owner
        .get("/v1/rooms/room_none")
        .await
        .refused(404, "room_not_found");
}

#[tokio::test]
async fn rooms_are_listed_by_their_newest_event() {
    let api = Api::start();
    let local = api.local();
    let (first, second) = (local.room("first").await, local.room("second").await);
    let listed = async || -> Vec<Value> {
        let rooms = local.get("/v1/rooms").await.expect(200)["rooms"].clone();
        rooms
            .as_array()
            .unwrap()
            .iter()
            .map(|room| room["room_id"].clone())
            .collect()
    };
    assert_eq!(listed().await, [second.as_str(), first.as_str()]);
    // The clock of the log counts milliseconds: write until the first room is the newer one.
    let thread = local.thread(&first).await;
    while listed().await != [first.as_str(), second.as_str()] {
        local.message(&thread, "again").await;
    }
    let rooms = local.get("/v1/rooms?limit=1").await.expect(200)["rooms"].clone();
    assert_eq!(rooms.as_array().unwrap().len(), 1);
    assert!(rooms[0]["head_seq"].as_u64().unwrap() >= 2);
    assert!(rooms[0]["last_event_at"].as_str() >= rooms[0]["created_at"].as_str());
}

#[tokio::test]
async fn threads_of_a_room() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let path = format!("/v1/rooms/{room}/threads");
    let first = local.thread(&room).await;
    let second = local
        .post(&path, json!({"title": "b", "status": "closed"}))
        .await
        .expect(201);
    let threads = local.get(&path).await.expect(200)["threads"].clone();
    assert_eq!(threads[0]["thread_id"], second["thread_id"], "newest first");
    assert_eq!(threads[0]["status"], "closed");
    assert_eq!(threads[1]["thread_id"], first);
    assert_eq!(threads[1]["status"], "open");
    for member in [
        "workspace_id",
        "room_id",
        "created_at",
        "updated_at",
        "last_event_id",
    ] {
        assert!(threads[1][member].is_string(), "{member}: {threads}");
    }
    let none = "/v1/rooms/room_none/threads";
    local.get(none).await.refused(404, "room_not_found");
    local
        .post(none, json!({"title": "t"}))
        .await
        .refused(404, "room_not_found");
}

#[tokio::test]
async fn messages_are_paged_newest_first_and_each_comes_once() {
    let api = Api::start();
    let local = api.local();
    let thread = local.thread(&local.room("room").await).await;
    let mut posted = Vec::new();
    for number in 0..23 {
        posted.push(local.message(&thread, &format!("message {number}")).await);
    }
    let path = format!("/v1/threads/{thread}/messages");
    let mut seen = Vec::new();
    let mut before = String::new();
    loop {
        let page = local
            .get(&format!("{path}?limit=5{before}"))
            .await
            .expect(200)["messages"]
            .clone();
        let page = page.as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        before = format!("&before={}", last["position"]);
        seen.extend(
            page.iter()
                .map(|message| message["message_id"].as_str().unwrap().to_owned()),
        );
    }
    posted.reverse();
    assert_eq!(seen, posted);
    let all = local.get(&path).await.expect(200)["messages"].clone();
    let oldest = &all.as_array().unwrap()[22];
    assert_eq!(oldest["content_md"], "message 0");
    for (member, value) in [
        ("sender_type", json!("user")),
        ("sender_id", json!("anon")),
        ("lang", json!("en")),
        ("labels", json!([])),
        ("parent_message_id", json!(null)),
    ] {
        assert_eq!(oldest[member], value, "{member}");
    }
    let time = oldest["created_at"].as_str().unwrap();
    let earlier = local
        .get(&format!("{path}?before={time}"))
        .await
        .expect(200);
    assert_eq!(
        earlier["messages"],
        json!([]),
        "nothing is older than the oldest"
    );
    local
        .get("/v1/threads/th_none/messages")
        .await
        .refused(404, "thread_not_found");
    local
        .get(&format!("{path}?before=yesterday"))
        .await
        .bad("invalid_before", "before");
}

#[tokio::test]
async fn a_message_is_kept_as_it_was_sent() {
    let api = Api::start();
    let local = api.local();
    let thread = local.thread(&local.room("room").await).await;
    let path = format!("/v1/threads/{thread}/messages");
    let content = "  leading blanks stay\r\n\u{2028}\u{1f600} \u{7}\"\\ <script>alert(1)</script> %27 ' \u{fffd}\n";
    let body = json!({"content_md": content, "sender_type": "agent", "sender_id": "codex", "lang": "ko",
        "labels": ["a", "b"], "parent_message_id": "msg_parent", "schema_version": "2.1"});
    local.post(&path, body).await.expect(201);
    let message = local.get(&path).await.expect(200)["messages"][0].clone();
    assert_eq!(message["content_md"], content);
    assert_eq!(message["sender_type"], "agent");
    assert_eq!(message["sender_id"], "codex");
    assert_eq!(message["labels"], json!(["a", "b"]));
    assert_eq!(message["parent_message_id"], "msg_parent");
    let event = local.get("/v1/events?order=desc&limit=1").await.expect(200)["events"][0].clone();
    assert_eq!(event["data"]["content_md"], content);
    assert_eq!(
        event["actor_type"], "agent",
        "agents are recorded as agents"
    );
    local
        .post(&path, json!({"content_md": "x", "schema_version": "3.0"}))
        .await
        .bad("invalid_schema_version", "schema_version");
    local
        .post(&path, json!({"content_md": "x", "sender_id": "owner"}))
        .await
        .refused(403, "actor_reserved");
}

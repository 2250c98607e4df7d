//! A room is a channel, and a channel is a stream: what comes in through one door is seen through the
//! others.

use super::watch::Watch;
use super::{messages, publish, task};
use crate::support::{Api, projections};
use daemon::store::rebuild;
use serde_json::{Value, json};

#[tokio::test]
async fn rooms_are_channels() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("Greenhouse").await;
    let thread = local.thread(&room).await;
    let channel = format!("room.{room}");
    let path = format!("/ch/{channel}");
    let mut god = Watch::open(&local, "/", None).await;
    let mut one = Watch::open(&local, &path, None).await;
    let message = local.message(&thread, "The *alarm* rang").await;
    for watch in [&mut god, &mut one] {
        let seen = watch.next().await;
        assert_eq!(
            (&seen["ch"], &seen["type"]),
            (&json!(channel), &json!("msg.message"))
        );
        assert_eq!(seen["body"]["text"], "The *alarm* rang");
        assert_eq!(seen["body"]["message_id"], message);
    }
    assert_eq!(local.get("/channels").await.expect(200), json!([channel]));

    // The other way round: what is said on the channel is a message of the room.
    let id = publish(
        &local,
        &channel,
        "msg.agent",
        json!({"text": "It was the frost"}),
    )
    .await;
    assert_eq!(one.next().await["id"], id);
    let posted = local
        .get(&format!("/v1/threads/{thread}/messages"))
        .await
        .expect(200);
    let newest = &posted["messages"][0];
    assert_eq!(newest["content_md"], "It was the frost");
    assert_eq!(
        (&newest["sender_type"], &newest["sender_id"]),
        (&json!("agent"), &json!("agent.ann"))
    );

    // What is no message happens in the room all the same.
    publish(&local, &channel, "build.ok", json!({"commit": "abc"})).await;
    let wanted = task(&local, json!({"ch": channel})).await;
    let events = local
        .get(&format!(
            "/v1/events?stream_type=room&stream_id={room}&limit=50"
        ))
        .await
        .expect(200);
    let types: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types[types.len() - 2..],
        ["channel.message.published", "task.created"]
    );
    assert_eq!(events["events"][types.len() - 1]["room_id"], room);
    assert_eq!(
        local.get(&format!("/tasks/{wanted}")).await.expect(200)["ch"],
        channel
    );
    let said = messages(&local.get(&format!("{path}/history")).await);
    let types: Vec<&Value> = said.iter().map(|message| &message["type"]).collect();
    assert_eq!(
        types,
        ["msg.message", "msg.message", "build.ok", "task.created"]
    );
}

#[tokio::test]
async fn a_room_without_threads_gets_one() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("Greenhouse").await;
    let path = format!("/ch/room.{room}");
    let message = json!({"from": "a", "type": "msg.x", "body": "first", "idempotency_key": "k"});
    local.post(&path, message).await.expect(201);
    local
        .post(
            &path,
            json!({"from": "a", "type": "msg.x", "body": "second"}),
        )
        .await
        .expect(201);
    let threads = local
        .get(&format!("/v1/rooms/{room}/threads"))
        .await
        .expect(200);
    assert_eq!(threads["threads"].as_array().unwrap().len(), 1, "{threads}");
    let none = local
        .post("/ch/room.room_none", json!({"from": "a", "type": "msg.x"}))
        .await;
    assert!(
        none.expect(404)["error"]
            .as_str()
            .unwrap()
            .contains("room_none")
    );
}

/// Rooms of other workspaces are nobody's business here.
#[tokio::test]
async fn other_workspaces_stay_closed() {
    let api = Api::start();
    let other = api.owner().workspace("ws_other");
    let room = other.room("Elsewhere").await;
    let thread = other.thread(&room).await;
    other.message(&thread, "secret plan").await;
    let local = api.local();
    assert_eq!(local.get("/channels").await.expect(200), json!([]));
    assert_eq!(
        local.get(&format!("/ch/room.{room}/history")).await.text,
        ""
    );
    local.get(&format!("/ch/room.{room}")).await.expect(404);
    assert_eq!(local.get("/history").await.text, "");
    assert_eq!(local.get("/status").await.expect(200)["messages"], 0);
    let posted = local
        .post(
            &format!("/ch/room.{room}"),
            json!({"from": "a", "type": "msg.x", "body": "x"}),
        )
        .await;
    posted.expect(404);
}

#[tokio::test]
async fn channels_are_in_the_log_the_search_and_the_proof() {
    let api = Api::start();
    let local = api.local();
    let id = publish(
        &local,
        "general",
        "msg.human",
        json!({"text": "walrus on the line"}),
    )
    .await;
    let wanted = task(&local, json!({"title": "Feed the walrus", "ch": "zoo"})).await;
    let found = local.get("/v1/search?q=walrus").await.expect(200);
    let docs: Vec<Value> = found["docs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|doc| json!([doc["doc_type"], doc["doc_id"], doc["channel"]]))
        .collect();
    assert_eq!(
        docs,
        [
            json!(["task", wanted, "zoo"]),
            json!(["channel_message", id, "general"])
        ]
    );
    for (kind, count) in [("task", 1), ("channel_message", 1), ("message", 0)] {
        let found = local
            .get(&format!("/v1/search?q=walrus&doc_type={kind}"))
            .await
            .expect(200);
        assert_eq!(found["docs"].as_array().unwrap().len(), count, "{kind}");
    }
    let events = local
        .get("/v1/events?stream_type=channel&stream_id=general")
        .await
        .expect(200);
    let event = &events["events"][0];
    assert_eq!(
        (&event["event_type"], &event["stream_id"]),
        (&json!("channel.message.published"), &json!("general"))
    );
    assert_eq!(
        (&event["actor_type"], &event["actor_id"]),
        (&json!("agent"), &json!("agent.ann"))
    );
    let proof = local
        .get("/v1/audit/hash-chain/verify?stream_type=channel&stream_id=general")
        .await;
    assert_eq!(proof.expect(200)["valid"], true);
    local
        .get("/v1/audit/hash-chain/verify?stream_type=channel")
        .await
        .bad("missing_stream_id", "stream_id");
}

/// What happened to a task is one query, also where its channel tells of many.
#[tokio::test]
async fn a_task_names_its_history() {
    let api = Api::start();
    let local = api.local();
    let ann = json!({"from": "agent.ann"});
    let sweep = task(&local, json!({"from": "agent.ann", "title": "Sweep"})).await;
    task(&local, json!({"from": "agent.ann", "title": "Dig"})).await;
    for verb in ["claim", "abandon"] {
        let path = format!("/tasks/{sweep}/{verb}");
        local.post(&path, ann.clone()).await.expect(200);
    }
    let row = local.get(&format!("/tasks/{sweep}")).await.expect(200);
    let correlation_id = row["correlation_id"].as_str().unwrap();
    let history = format!("/v1/events?correlation_id={correlation_id}&order=asc&limit=10");
    let history = local.get(&history).await.expect(200);
    let history = history["events"].as_array().unwrap().iter();
    let history: Vec<_> = history
        .map(|event| (&event["event_type"], &event["data"]["task_id"]))
        .collect();
    let told = ["task.created", "task.claimed", "task.abandoned"].map(|told| json!(told));
    let sweep = json!(sweep);
    assert_eq!(
        history,
        told.iter().map(|told| (told, &sweep)).collect::<Vec<_>>()
    );
}

/// A secret is masked wherever it is published.
#[tokio::test]
async fn secrets_are_masked() {
    let api = Api::start();
    let local = api.local();
    let secret = format!("sk-{}", "a".repeat(24));
    publish(&local, "c", "x", json!({"text": format!("key {secret}")})).await;
    task(&local, json!({"context": {"key": secret}})).await;
    let said = local.get("/history").await;
    assert!(
        !said.text.contains(&secret) && said.text.contains("[redacted]"),
        "{}",
        said.text
    );
    let meta = json!({"from": "ann", "meta": {"key": secret}});
    local.post("/presence", meta).await.expect(200);
    let present = local.get("/presence").await;
    assert!(!present.text.contains(&secret) && present.text.contains("[redacted]"));
    let tasks = local.get("/tasks").await;
    assert!(
        !tasks.text.contains(&secret) && tasks.text.contains("[redacted]"),
        "{}",
        tasks.text
    );
}

/// A file of before there were channels: its rooms are channels now, with everything that was said.
#[tokio::test]
async fn what_rooms_said_before_is_on_their_channels() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("Greenhouse").await;
    let thread = local.thread(&room).await;
    local.message(&thread, "from before").await;
    let path = format!("/ch/room.{room}/history");
    let before = local.get(&path).await.text;
    let stopped = api.stop().await;
    let live = projections(&stopped.data_dir);
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    database.execute_batch(crate::upgrade::BOARD).unwrap();
    drop(database);
    let api = Api::start_again(stopped);
    assert_eq!(api.local().get(&path).await.text, before);
    let stopped = api.stop().await;
    assert_eq!(projections(&stopped.data_dir), live);
    assert!(
        rebuild::run(&stopped.data_dir, &mut |_| {})
            .unwrap()
            .unchanged()
    );
}

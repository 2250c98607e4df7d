//! What is closed on the event bus is closed at every other door: without the right, nothing tells of it.

use super::{agent, lock, publish, start};
use crate::board::messages;
use crate::board::watch::Watch;
use crate::support::{Api, Http, Live};
use serde_json::{Value, json};

/// Everything that a caller can read of what was said.
async fn everything(http: &Http, channels: &[&str]) -> String {
    let mut seen = String::new();
    let mut paths: Vec<String> = [
        "/history?n=200",
        "/channels",
        "/v1/channels",
        "/status",
        "/tasks",
        "/v1/events?limit=200",
        "/v1/events?limit=200&order=desc&event_types=channel.message.published",
        "/v1/search?q=walrus",
        "/v1/audit/redactions",
    ]
    .map(str::to_owned)
    .into();
    for channel in channels {
        paths.push(format!("/ch/{channel}/history"));
        paths.push(format!(
            "/v1/events?stream_type=channel&stream_id={channel}"
        ));
    }
    for path in paths {
        let reply = http.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        seen.push_str(&reply.text);
    }
    seen
}

#[tokio::test]
async fn private_topics_are_hidden_at_every_door() {
    let api = start("seed");
    let bob = agent(&api, "bob").await;
    let shop = agent(&api, "app:shop").await;
    let local = api.local();
    let engine = api.engine("builder").await;
    let mut god = Watch::open(&local, "/", None).await;
    let mut timeline = Live::open(&local, "/v1/streams/workspace?from_position=latest", None).await;
    let channels = [
        "agent.bob.x",
        "app.shop.agent",
        "app.shop.agent.bob",
        "app.shop.till",
        "agent.bob.public.log",
    ];
    lock(&shop, "app.shop.till").await.expect(200);
    publish(&bob, "agent.bob.x", json!({"said": "secret walrus 1"}))
        .await
        .expect(200);
    for (n, channel) in channels[1..4].iter().enumerate() {
        let said = json!({"said": format!("secret walrus {}", n + 2)});
        publish(&shop, channel, said).await.expect(200);
    }
    publish(&bob, "agent.bob.public.log", json!("open walrus"))
        .await
        .expect(200);

    let everything_seen = everything(&api.owner(), &channels).await;
    for n in 1..=4 {
        assert!(
            everything_seen.contains(&format!("secret walrus {n}")),
            "the owner sees {n}"
        );
    }
    for who in [&local, &engine] {
        let seen = everything(who, &channels).await;
        assert!(seen.contains("open walrus"));
        assert!(!seen.contains("secret walrus"), "{seen}");
        let names = who.get("/channels").await.expect(200);
        assert_eq!(names, json!(["agent.bob.public.log"]));
        assert_eq!(who.get("/status").await.expect(200)["messages"], 1);
    }
    assert_eq!(api.owner().get("/status").await.expect(200)["messages"], 5);
    // Live, what comes first is what is open.
    assert_eq!(god.next().await["body"], "open walrus");
    let frames = timeline
        .until(|frame| frame.data["event_type"] == "channel.message.published")
        .await;
    assert_eq!(frames.last().unwrap().data["data"]["body"], "open walrus");
    // Nor does its id open an event.
    let path = "/v1/events?stream_type=channel&stream_id=agent.bob.x";
    let events = api.owner().get(path).await.expect(200);
    let id = events["events"][0]["event_id"].as_str().unwrap();
    local
        .get(&format!("/v1/events/{id}"))
        .await
        .refused(404, "event_not_found");
    api.owner()
        .get(&format!("/v1/events/{id}"))
        .await
        .expect(200);
    // A stream that begins at the beginning of the log hides as much.
    let mut again = Watch::open(&local, "/?since=0", None).await;
    assert_eq!(again.next().await["body"], "open walrus");
    // Nobody speaks there without the right, whichever door and name is taken.
    let message = json!({"from": "ann", "type": "x", "body": "forged"});
    let forged = local.post("/ch/agent.bob.x", message.clone()).await;
    assert_eq!(forged.status, 403, "{}", forged.text);
    let task = json!({"from": "ann", "title": "t", "ch": "agent.bob.x"});
    assert_eq!(local.post("/tasks", task).await.status, 403);
    let by_name = json!({"from": "bob", "type": "x", "body": "forged"});
    assert_eq!(local.post("/ch/general", by_name).await.status, 403);
}

/// By the later rules topics are open until they are locked; a lock closes what was said before, too.
#[tokio::test]
async fn a_lock_closes_at_once() {
    let api = start("head");
    let bob = agent(&api, "bob").await;
    let local = api.local();
    let mut watch = Watch::open(&local, "/ch/agent.bob.x", None).await;
    let mut god = Watch::open(&local, "/", None).await;
    publish(&bob, "agent.bob.x", json!(1)).await.expect(200);
    assert_eq!(
        (&watch.next().await["body"], &god.next().await["body"]),
        (&json!(1), &json!(1))
    );
    lock(&bob, "agent.bob.x").await.expect(200);
    publish(&bob, "agent.bob.x", json!(2)).await.expect(200);
    assert_eq!(
        messages(&local.get("/ch/agent.bob.x/history").await),
        Vec::<Value>::new()
    );
    // Whoever watches everything has been told of nothing in between.
    publish(&bob, "public.x", json!("after")).await.expect(200);
    assert_eq!(god.next().await["body"], "after");
    let body = json!({"channel": "agent.bob.x"});
    bob.post("/api/unlock", body).await.expect(200);
    publish(&bob, "agent.bob.x", json!(3)).await.expect(200);
    assert_eq!(god.next().await["body"], 3);
    let seen = messages(&local.get("/ch/agent.bob.x/history").await);
    assert_eq!(seen.len(), 3, "the log keeps everything");
}

/// A file that has such channels already closes them when it is opened.
#[tokio::test]
async fn channels_of_before_are_closed_by_their_names() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    publish(&bob, "agent.bob.x", json!("secret walrus"))
        .await
        .expect(200);
    let stopped = api.stop().await;
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let before = "DROP TABLE topic; DROP TABLE topic_grant; DROP TABLE topic_agent; DROP TABLE topic_key; DROP TABLE topic_app; DROP TABLE topic_public_key;
        DROP TABLE topic_claim; DROP TABLE topic_claim_token; DROP TABLE log_epoch; DROP TABLE advertisement;
        PRAGMA user_version = 15;";
    database.execute_batch(before).unwrap();
    drop(database);
    let api = Api::start_again(stopped);
    let seen = everything(&api.local(), &["agent.bob.x"]).await;
    assert!(!seen.contains("secret walrus"), "{seen}");
    let seen = everything(&api.owner(), &["agent.bob.x"]).await;
    assert!(seen.contains("secret walrus"));
}

//! Who is there.

use super::refused;
use crate::support::Api;
use rusqlite::Connection;
use serde_json::json;

#[tokio::test]
async fn whoever_gives_a_sign_is_there() {
    let api = Api::start();
    let local = api.local();
    let ok = local
        .post(
            "/presence",
            json!({"from": "test", "channels": ["general"], "meta": {"v": 1}}),
        )
        .await;
    assert_eq!(ok.expect(200), json!({"ok": true}));
    local
        .post("/presence", json!({"from": "bob"}))
        .await
        .expect(200);
    let present = local.get("/presence").await.expect(200);
    assert_eq!(present[0]["agent_id"], "bob");
    assert_eq!(
        (&present[0]["channels"], &present[0]["meta"]),
        (&json!([]), &json!({}))
    );
    assert_eq!(present[1]["agent_id"], "test");
    assert_eq!(
        (&present[1]["channels"], &present[1]["meta"]),
        (&json!(["general"]), &json!({"v": 1}))
    );
    assert!(present[1]["last_seen"].as_f64().unwrap() > 1.7e9);
    // The most recent sign comes first, and replaces the one before.
    local
        .post("/presence", json!({"from": "test", "meta": null}))
        .await
        .expect(200);
    let present = local.get("/presence").await.expect(200);
    assert_eq!(present.as_array().unwrap().len(), 2);
    assert_eq!(
        (&present[0]["agent_id"], &present[0]["meta"]),
        (&json!("test"), &json!({}))
    );
    // It is no event.
    assert_eq!(api.head().await, 0);
    refused(
        &local.post("/presence", json!({})).await,
        400,
        "missing :from",
    );
    refused(
        &local.post_text("/presence", "{").await,
        400,
        "invalid JSON body",
    );
    local
        .post("/presence", json!({"from": "a", "channels": "x"}))
        .await
        .expect(400);
    local
        .post("/presence", json!({"from": "a", "meta": []}))
        .await
        .expect(400);
    local
        .post(
            "/presence",
            json!({"from": "a", "meta": {"x": "x".repeat(20_000)}}),
        )
        .await
        .expect(400);
    local
        .post("/presence", json!({"from": "owner"}))
        .await
        .expect(403);
}

/// A sign lasts a minute, and is forgotten after a week.
#[tokio::test]
async fn who_falls_silent_is_gone() {
    let api = Api::start();
    for agent in ["old", "away", "here"] {
        api.local()
            .post("/presence", json!({"from": agent}))
            .await
            .expect(200);
    }
    let stopped = api.stop().await;
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    for (agent, seconds) in [("old", 8 * 24 * 3_600), ("away", 3_600), ("here", -3_600)] {
        let sql = "UPDATE presence SET last_seen = last_seen - ?1 * 1000 WHERE agent_id = ?2";
        assert_eq!(database.execute(sql, (seconds, agent)).unwrap(), 1);
    }
    drop(database);
    let api = Api::start_again(stopped);
    let present = api.local().get("/presence").await.expect(200);
    assert_eq!(present.as_array().unwrap().len(), 1);
    assert_eq!(present[0]["agent_id"], "here");
    assert_eq!(
        api.local().get("/status").await.expect(200)["agents-live"],
        1
    );
    let stopped = api.stop().await;
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let count = database.query_row("SELECT count(*) FROM presence", [], |row| row.get(0));
    assert_eq!(count, Ok(2), "the one of a week ago is forgotten");
}

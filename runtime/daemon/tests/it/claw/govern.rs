//! Locks and grants over HTTP.

use super::{agent, grant, lock, refused, start};
use crate::support::Api;
use daemon::store::rebuild;
use serde_json::json;

#[tokio::test]
async fn the_owner_of_a_topic_locks_and_grants() {
    let api = start("head");
    let bob = agent(&api, "bob").await;
    let eve = agent(&api, "eve").await;
    for _ in 0..2 {
        let locked = lock(&bob, "agent.bob.x").await.expect(200);
        assert_eq!(
            locked,
            json!({"ok": true, "locked": true, "channel": "agent.bob.x"})
        );
        let granted = grant(&bob, "eve", "agent.bob.x").await.expect(200);
        let expected =
            json!({"ok": true, "granted": true, "target": "eve", "channel": "agent.bob.x"});
        assert_eq!(granted, expected);
    }
    let locks = api.local().get("/api/locks/bob").await.expect(200);
    let expected =
        json!({"ok": true, "agent": "bob", "lockedChannels": ["agent.bob.x"], "count": 1});
    assert_eq!(locks, expected);
    for _ in 0..2 {
        let body = json!({"target": "eve", "channel": "agent.bob.x"});
        let revoked = bob.post("/api/revoke", body).await.expect(200);
        let expected =
            json!({"ok": true, "revoked": true, "target": "eve", "channel": "agent.bob.x"});
        assert_eq!(revoked, expected);
        let body = json!({"channel": "agent.bob.x"});
        let unlocked = bob.post("/api/unlock", body).await.expect(200);
        assert_eq!(
            unlocked,
            json!({"ok": true, "unlocked": true, "channel": "agent.bob.x"})
        );
    }
    let locks = api.local().get("/api/locks/bob").await.expect(200);
    assert_eq!(locks["count"], 0);
    // The first clients name their topic only.
    let body = json!({"target": "eve", "topic": "secrets"});
    let granted = bob.post("/api/grant", body.clone()).await.expect(200);
    assert_eq!(granted["channel"], "agent.bob.secrets");
    assert_eq!(
        bob.post("/api/revoke", body).await.expect(200)["channel"],
        "agent.bob.secrets"
    );
    // Said twice is done once: two of each, and none after.
    let events = api.owner().get("/v1/events?limit=200").await.expect(200);
    let count = |kind: &str| {
        let events = events["events"].as_array().unwrap();
        events
            .iter()
            .filter(|event| event["event_type"] == kind)
            .count()
    };
    assert_eq!((count("topic.locked"), count("topic.unlocked")), (1, 1));
    assert_eq!((count("topic.granted"), count("topic.revoked")), (2, 2));

    let own = "can only lock your own channels";
    refused(&lock(&eve, "agent.bob.x").await, 403, own);
    refused(&lock(&bob, "public.x").await, 403, own);
    refused(&lock(&bob, "foo").await, 400, "invalid channel format");
    refused(
        &lock(&bob, "app.shop.agent").await,
        403,
        "cannot lock app.agent reserved channels",
    );
    refused(
        &bob.post("/api/lock", json!({})).await,
        400,
        "channel required",
    );
    refused(
        &lock(&api.local(), "agent.bob.x").await,
        401,
        "Missing bearer token",
    );
    let own = "can only grant access to your own channels";
    refused(&grant(&eve, "eve", "agent.bob.x").await, 403, own);
    let reserved = "cannot grant access to app.agent reserved channels";
    refused(
        &grant(&bob, "eve", "app.shop.agent.bob").await,
        403,
        reserved,
    );
    for body in [
        json!({}),
        json!({"target": "eve"}),
        json!({"channel": "agent.bob.x"}),
    ] {
        for verb in ["grant", "revoke"] {
            let refusal = bob.post(&format!("/api/{verb}"), body.clone()).await;
            refused(&refusal, 400, "target and channel required");
        }
    }
    // The person whose Signalbox it is governs every topic, and apps theirs.
    lock(&api.owner(), "agent.bob.x").await.expect(200);
    let shop = agent(&api, "app:shop").await;
    lock(&shop, "app.shop.x").await.expect(200);
    let locks = api.local().get("/api/locks/app:shop").await.expect(200);
    assert_eq!(locks["lockedChannels"], json!(["app.shop.x"]));

    let stopped = api.stop().await;
    let report = rebuild::run(&stopped.data_dir, &mut |_| {}).unwrap();
    assert!(report.unchanged(), "{report:?}");
    let topics = report.tables.iter().find(|table| table.name == "topic");
    assert_eq!(topics.map(|table| table.rows), Some(2));
    let api = Api::start_again(stopped);
    let locks = api.local().get("/api/locks/bob").await.expect(200);
    assert_eq!(locks["lockedChannels"], json!(["agent.bob.x"]));
}

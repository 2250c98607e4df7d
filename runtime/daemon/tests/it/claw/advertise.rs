//! What topics are for, and what their payloads must be like.

use super::client::Socket;
use super::{agent, key, publish, refused};
use crate::support::{Api, Reply};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn an_owner_tells_what_its_topic_is_for() {
    let api = Api::start();
    let bob = agent(&api, "bob").await;
    let eve = agent(&api, "eve").await;
    let local = api.local();
    let schema = json!({"type": "object", "required": ["degrees"], "properties": {"degrees": {"type": "number"}}});
    let body = json!({"channel": "agent.bob.public.weather", "description": "Weather in Ulm", "schema": schema});
    let told = bob.post("/api/advertise", body).await.expect(200);
    assert_eq!(
        (&told["ok"], &told["data"]["description"]),
        (&json!(true), &json!("Weather in Ulm"))
    );
    assert_eq!(
        (&told["data"]["schema"], &told["data"]["agent"]),
        (&schema, &json!("bob"))
    );
    assert!(told["data"]["updatedAt"].as_i64().unwrap() > 1_700_000_000_000);
    let second = json!({"channel": "agent.bob.x"});
    bob.post("/api/advertise", second).await.expect(200);

    let one = local
        .get("/api/advertise/bob/public.weather")
        .await
        .expect(200);
    assert_eq!(
        (&one["ok"], &one["channel"]),
        (&json!(true), &json!("agent.bob.public.weather"))
    );
    refused(
        &local.get("/api/advertise/bob/none").await,
        404,
        "not found",
    );
    for path in [
        "/api/advertise/bob",
        "/api/profile/bob",
        "/api/advertise/list",
    ] {
        let listed = local.get(path).await.expect(200);
        let rows = listed.get("channels").or(listed.get("advertisements"));
        let channels = rows.unwrap().as_array().unwrap().iter();
        let channels: Vec<_> = channels.map(|row| row["channel"].clone()).collect();
        assert_eq!(
            channels,
            ["agent.bob.x", "agent.bob.public.weather"],
            "{path}"
        );
    }
    assert_eq!(local.get("/api/profile/eve").await.expect(200)["count"], 0);
    for (q, count, total) in [
        ("WEATHER", 1, 1),
        ("ulm", 1, 1),
        ("agent.bob", 2, 2),
        ("%", 0, 0),
        ("agent.bob&limit=1", 1, 2),
        ("agent.bob&limit=", 2, 2),
        ("agent.bob&limit=0", 1, 2),
        ("agent.bob&limit=1000", 2, 2),
    ] {
        let found = local
            .get(&format!("/api/advertise/search?q={q}"))
            .await
            .expect(200);
        assert_eq!(
            (&found["count"], &found["total"]),
            (&json!(count), &json!(total)),
            "{q}"
        );
    }
    refused(&local.get("/api/advertise/search").await, 400, "q required");
    for limit in ["ten", "1.5", "1e3", "99999999999999999999"] {
        let path = format!("/api/advertise/search?q=a&limit={limit}");
        let sentence = "limit must be a whole number from 1 to 100";
        refused(&local.get(&path).await, 400, sentence);
    }

    let body = json!({"channel": "agent.bob.x", "description": "mine"});
    refused(
        &eve.post("/api/advertise", body).await,
        403,
        "can only advertise your own channels",
    );
    for (body, status) in [
        (json!({}), 400),
        (json!({"channel": "agent.bob.x", "description": 7}), 400),
        (
            json!({"channel": "agent.bob.x", "description": "x".repeat(5_001)}),
            413,
        ),
        (
            json!({"channel": "agent.bob.x", "schema": {"a": "x".repeat(32_768)}}),
            413,
        ),
    ] {
        let refusal = bob.post("/api/advertise", body).await;
        assert_eq!(refusal.status, status, "{}", refusal.text);
    }
    for _ in 0..2 {
        let body = json!({"channel": "agent.bob.x"}).to_string();
        let gone = Reply::of(bob.request(Method::DELETE, "/api/advertise").body(body)).await;
        assert_eq!(gone.expect(200), json!({"ok": true, "removed": true}));
    }
    assert_eq!(
        local.get("/api/advertise/list").await.expect(200)["count"],
        1
    );
}

#[tokio::test]
async fn payloads_are_what_is_advertised() {
    let api = Api::start();
    let token = key(&api, "bob").await;
    let bob = api.local().bearer(&token);
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}});
    let body = json!({"channel": "agent.bob.x", "schema": schema});
    bob.post("/api/advertise", body).await.expect(200);
    let unlike = publish(&bob, "agent.bob.x", json!({"n": 0}))
        .await
        .expect(400);
    let expected = json!({"error": "Schema validation failed", "validation_errors": [{"path": "n", "message": "Value must be >= 1"}]});
    assert_eq!(unlike, expected);
    publish(&bob, "agent.bob.x", json!({"n": 1}))
        .await
        .expect(200);
    publish(&bob, "agent.bob.x", json!(null)).await.expect(200);
    let mut socket = Socket::connected(&api, Some(&token)).await;
    let over = socket
        .ask(
            "publish",
            json!({"channel": "agent.bob.x", "data": {"n": 0}}),
        )
        .await;
    assert_eq!(over["error"]["code"], 107);
}

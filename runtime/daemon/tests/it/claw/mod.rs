//! The event bus, as its contract has it: over HTTP and over live sockets.

mod advertise;
pub mod client;
mod doors;
mod generations;
mod govern;
mod hidden;
mod identity;
mod keys;
mod live;
mod proxy;
mod publish;
mod race;
mod socket;
mod streams;

use crate::support::{Api, Http, Reply, Settings};
use serde_json::{Value, json};

/// An api by these rules, where anybody may take a key.
pub fn start(rules: &str) -> Api {
    Api::start_with(settings(rules))
}

pub fn settings(rules: &str) -> Settings {
    let env = [("SIGNALBOX_CLAW_RULES", rules), ("SIGNALBOX_DEV_MODE", "1")];
    Settings {
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Settings::default()
    }
}

/// A key of an agent or an app, from the owner.
pub async fn key(api: &Api, username: &str) -> String {
    let body = json!({"username": username});
    let given = api.owner().post("/auth/keys", body).await.expect(200);
    assert_eq!(given["username"], username);
    given["token"].as_str().unwrap().to_owned()
}

/// Somebody who speaks with such a key.
pub async fn agent(api: &Api, username: &str) -> Http {
    api.local().bearer(&key(api, username).await)
}

pub async fn publish(http: &Http, channel: &str, payload: Value) -> Reply {
    let body = json!({"channel": channel, "payload": payload});
    http.post("/api/publish", body).await
}

pub async fn lock(http: &Http, channel: &str) -> Reply {
    http.post("/api/lock", json!({"channel": channel})).await
}

pub async fn grant(http: &Http, target: &str, channel: &str) -> Reply {
    let body = json!({"target": target, "channel": channel});
    http.post("/api/grant", body).await
}

/// Leaves something of every kind in the log.
pub async fn write(api: &Api) {
    let bob = agent(api, "bob").await;
    publish(&bob, "agent.bob.x", json!({"n": 1}))
        .await
        .expect(200);
    publish(&bob, "public.townsquare", json!("words"))
        .await
        .expect(200);
    lock(&bob, "agent.bob.public").await.expect(200);
    grant(&bob, "eve", "agent.bob.x").await.expect(200);
    grant(&bob, "app:shop", "agent.bob.public")
        .await
        .expect(200);
    let told =
        json!({"channel": "agent.bob.x", "description": "numbers", "schema": {"type": "object"}});
    bob.post("/api/advertise", told).await.expect(200);
    let body = json!({"target": "eve", "channel": "agent.bob.x"});
    bob.post("/api/revoke", body).await.expect(200);
    bob.post("/auth/revoke", json!({})).await.expect(200);
    identity::write(api).await;
}

/// Asserts a refusal in the one sentence of this face.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, sentence: &str) {
    assert_eq!(reply.expect(status), json!({"error": sentence}));
}

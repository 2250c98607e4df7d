//! Who is who: apps, public keys, signed logins and claims.

use super::client::Socket;
use super::{agent, key, publish, refused, start};
use crate::support::{Api, Http, Reply, grep};
use reqwest::Method;
use serde_json::{Value, json};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::path::PathBuf;

async fn delete(http: &Http, path: &str, body: Value) -> Reply {
    Reply::of(http.request(Method::DELETE, path).json(&body)).await
}

/// A key pair that is the same for the same seed.
fn pair(seed: u8) -> PrivateKey {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    PrivateKey::new(KeypairData::Ed25519(pair), "me@here").unwrap()
}

fn public(pair: &PrivateKey) -> String {
    pair.public_key().to_openssh().unwrap()
}

fn sign(pair: &PrivateKey, namespace: &str, message: &str) -> String {
    let signature = pair.sign(namespace, HashAlg::Sha512, message.as_bytes());
    signature.unwrap().to_pem(LineEnding::LF).unwrap()
}

async fn register(api: &Api, username: &str, pair: &PrivateKey) -> Value {
    let body = json!({"username": username, "public_key": public(pair)});
    api.owner().post("/auth/keys", body).await.expect(200)
}

/// A challenge for this name.
async fn challenge(http: &Http, username: &str) -> Value {
    let body = json!({"username": username, "key_name": "main"});
    http.post("/auth/agent/init", body).await.expect(200)
}

fn proof(challenge: &Value, signature: &str) -> Value {
    json!({"username": challenge["username"], "nonce": challenge["nonce"], "signature": signature})
}

#[tokio::test]
async fn an_app_is_made_by_an_agent_and_speaks_with_its_own_key() {
    let api = start("seed");
    let (bob, eve) = (agent(&api, "bob").await, agent(&api, "eve").await);
    let made = bob
        .post("/api/apps", json!({"name": "shop"}))
        .await
        .expect(200);
    assert_eq!(made["ok"], true);
    assert_eq!(made["app"]["name"], "shop");
    assert_eq!(made["app"]["owner"], "bob");
    assert!(made["app"]["createdAt"].as_i64().unwrap() > 1_700_000_000_000);
    let first = made["key"].as_str().unwrap().to_owned();
    let shop = api.local().bearer(&first);
    publish(&shop, "app.shop.till", json!({"n": 1}))
        .await
        .expect(200);
    refused(
        &publish(&bob, "app.shop.till", json!(1)).await,
        403,
        "only the app can publish to app.* channels",
    );
    for who in [&bob, &eve] {
        refused(
            &who.post("/api/apps", json!({"name": "shop"})).await,
            409,
            "app name already exists",
        );
    }
    refused(
        &bob.post("/api/apps", json!({})).await,
        400,
        "name required",
    );
    assert_eq!(
        bob.post("/api/apps", json!({"name": "a b"})).await.status,
        400
    );
    assert_eq!(
        shop.post("/api/apps", json!({"name": "more"})).await.status,
        403
    );

    let list = bob.get("/api/apps").await.expect(200);
    assert_eq!(
        (&list["count"], &list["apps"][0]),
        (&json!(1), &made["app"])
    );
    assert_eq!(eve.get("/api/apps").await.expect(200)["count"], 0);
    assert_eq!(api.owner().get("/api/apps").await.expect(200)["count"], 1);
    assert_eq!(
        bob.get("/api/apps/shop").await.expect(200)["app"],
        made["app"]
    );
    assert_eq!(eve.get("/api/apps/shop").await.status, 403);
    refused(&bob.get("/api/apps/none").await, 404, "app not found");
    refused(
        &bob.post("/api/apps/none/rotate", json!({})).await,
        404,
        "app not found",
    );
    assert_eq!(api.local().get("/api/apps").await.status, 401);

    // A new key ends the old one, its open sockets too.
    let mut socket = Socket::connected(&api, Some(&first)).await;
    assert_eq!(
        eve.post("/api/apps/shop/rotate", json!({})).await.status,
        403
    );
    let rotated = bob
        .post("/api/apps/shop/rotate", json!({}))
        .await
        .expect(200);
    assert_eq!(socket.closed().await.0, 3500);
    refused(
        &publish(&shop, "app.shop.till", json!(1)).await,
        401,
        "Invalid or revoked API key",
    );
    let second = rotated["key"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let shop = api.local().bearer(&second);
    publish(&shop, "app.shop.till", json!({"n": 2}))
        .await
        .expect(200);

    let mut socket = Socket::connected(&api, Some(&second)).await;
    assert_eq!(delete(&eve, "/api/apps/shop", json!({})).await.status, 403);
    let deleted = delete(&bob, "/api/apps/shop", json!({})).await.expect(200);
    assert_eq!(
        deleted,
        json!({"ok": true, "deleted": true, "appName": "shop"})
    );
    assert_eq!(socket.closed().await.0, 3500);
    refused(
        &publish(&shop, "app.shop.till", json!(1)).await,
        401,
        "Invalid or revoked API key",
    );
    refused(
        &eve.post("/api/apps", json!({"name": "shop"})).await,
        409,
        "app name already exists",
    );
    bob.post("/api/apps", json!({"name": "shop"}))
        .await
        .expect(200);
    let stopped = api.stop().await;
    for secret in [&first, &second] {
        let none: [PathBuf; 0] = [];
        assert_eq!(grep(&stopped.data_dir, secret), none);
    }
}

#[tokio::test]
async fn whoever_signs_with_a_registered_key_is_given_one() {
    let api = Api::start();
    let local = api.local();
    let bob = pair(1);
    refused(
        &local
            .post("/auth/agent/init", json!({"username": "bob"}))
            .await,
        404,
        "public key not found",
    );
    let body = json!({"username": "bob", "public_key": public(&bob)});
    assert_eq!(local.post("/auth/keys", body).await.status, 403);
    let wrong = json!({"username": "bob", "public_key": "ssh-ed25519 AAAA"});
    assert_eq!(api.owner().post("/auth/keys", wrong).await.status, 400);
    let registered = register(&api, "bob", &bob).await;
    assert_eq!(
        (&registered["ok"], &registered["key_name"]),
        (&json!(true), &json!("main"))
    );
    assert!(
        registered["fingerprint"]
            .as_str()
            .unwrap()
            .starts_with("SHA256:")
    );
    assert_eq!(registered.get("token"), None);

    let begun = challenge(&local, "bob").await;
    let message = format!(
        "claw.events login\nusername:bob\nkey:main\nnonce:{}\nts:{}",
        begun["nonce"].as_str().unwrap(),
        begun["issuedAt"]
    );
    assert_eq!(begun["message"], message);
    assert_eq!(begun["namespace"], "claw.events");
    let lasts = begun["expires_at"].as_i64().unwrap() - begun["issuedAt"].as_i64().unwrap() * 1_000;
    assert!((120_000..=121_000).contains(&lasts), "{lasts}");
    let signature = sign(&bob, "claw.events", &message);
    let given = local
        .post("/auth/agent/verify", proof(&begun, &signature))
        .await
        .expect(200);
    assert_eq!(given["username"], "bob");
    let first = local.clone().bearer(given["token"].as_str().unwrap());
    publish(&first, "agent.bob.x", json!(1)).await.expect(200);

    // A challenge is good for one answer, whatever that is worth.
    let again = local.post("/auth/verify", proof(&begun, &signature)).await;
    refused(&again, 400, "invalid or expired challenge");
    for (pair, namespace) in [(&bob, "file"), (&pair(2), "claw.events")] {
        let begun = challenge(&local, "bob").await;
        let signature = sign(pair, namespace, begun["message"].as_str().unwrap());
        let refusal = local.post("/auth/verify", proof(&begun, &signature)).await;
        refused(&refusal, 401, "signature verification failed");
        let good = sign(&bob, "claw.events", begun["message"].as_str().unwrap());
        let refusal = local.post("/auth/verify", proof(&begun, &good)).await;
        refused(&refusal, 400, "invalid or expired challenge");
    }
    // Of one name no challenge of another.
    register(&api, "eve", &pair(2)).await;
    let begun = challenge(&local, "bob").await;
    let signature = sign(&pair(2), "claw.events", begun["message"].as_str().unwrap());
    let mut posing = proof(&begun, &signature);
    posing["username"] = json!("eve");
    let refusal = local.post("/auth/verify", posing).await;
    refused(&refusal, 400, "invalid or expired challenge");
    for (left_out, sentence) in [
        ("username", "username required"),
        ("nonce", "nonce required"),
        ("signature", "signature required"),
    ] {
        let mut body = proof(&begun, &signature);
        body.as_object_mut().unwrap().remove(left_out);
        let refusal = local.post("/auth/agent/verify", body).await;
        refused(&refusal, 400, sentence);
    }

    // A second login is another key of the same name; both addresses serve both.
    let begun = local
        .post("/auth/init", json!({"username": "bob"}))
        .await
        .expect(200);
    let signature = sign(&bob, "claw.events", begun["message"].as_str().unwrap());
    let given = local
        .post("/auth/verify", proof(&begun, &signature))
        .await
        .expect(200);
    let second = local.clone().bearer(given["token"].as_str().unwrap());
    publish(&second, "agent.bob.x", json!(1)).await.expect(200);
    refused(
        &publish(&first, "agent.bob.x", json!(1)).await,
        401,
        "Invalid or revoked API key",
    );

    // The owner sees who signs in with what, and ends it.
    assert_eq!(local.get("/auth/keys").await.status, 403);
    let keys = api.owner().get("/auth/keys").await.expect(200);
    assert_eq!(keys["count"], 2);
    let row = &keys["keys"][0];
    assert_eq!(
        (&row["username"], &row["fingerprint"], &row["live"]),
        (&json!("bob"), &registered["fingerprint"], &json!(true))
    );
    assert_eq!(keys["keys"][1]["live"], false);
    assert_eq!(
        delete(&local, "/auth/keys", json!({"username": "bob"}))
            .await
            .status,
        403
    );
    delete(&api.owner(), "/auth/keys", json!({"username": "bob"}))
        .await
        .expect(200);
    refused(
        &publish(&second, "agent.bob.x", json!(1)).await,
        401,
        "Invalid or revoked API key",
    );
    refused(
        &local
            .post("/auth/agent/init", json!({"username": "bob"}))
            .await,
        404,
        "public key not found",
    );
    refused(
        &delete(&api.owner(), "/auth/keys", json!({"username": "bob"})).await,
        404,
        "key not found",
    );
}

/// Leaves something of every kind in the log.
pub async fn write(api: &Api) {
    let owner = api.owner();
    let ann = agent(api, "ann").await;
    ann.post("/api/apps", json!({"name": "desk"}))
        .await
        .expect(200);
    ann.post("/api/apps", json!({"name": "gone"}))
        .await
        .expect(200);
    ann.post("/api/apps/desk/rotate", json!({}))
        .await
        .expect(200);
    delete(&ann, "/api/apps/gone", json!({})).await.expect(200);
    register(api, "ann", &pair(3)).await;
    register(api, "ben", &pair(4)).await;
    delete(&owner, "/auth/keys", json!({"username": "ben"}))
        .await
        .expect(200);
    key(api, "ben").await;
}

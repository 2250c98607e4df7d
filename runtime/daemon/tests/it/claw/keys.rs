//! Keys: who gives them, what they open, and how they end.

use super::{agent, key, publish, refused, start};
use crate::support::{Api, OWNER_TOKEN, Settings, grep};
use serde_json::json;

#[tokio::test]
async fn only_the_owner_gives_keys() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let body = json!({"username": "bob"});
    let refusal = local.post("/auth/keys", body.clone()).await;
    refused(&refusal, 403, "Only the owner may do this.");
    let bob = agent(&api, "bob").await;
    let refusal = bob.post("/auth/keys", body.clone()).await;
    assert_eq!(refusal.status, 401, "{}", refusal.text);
    refused(
        &owner.post("/auth/keys", json!({})).await,
        400,
        "username required",
    );
    for odd in [
        "bob.x",
        "a:b",
        "app:x y",
        "owner",
        "Anonymous",
        "ünal",
        "signalbox",
    ] {
        let refusal = owner.post("/auth/keys", json!({"username": odd})).await;
        assert_eq!(refusal.status, 400, "{odd}: {}", refusal.text);
    }
    // An engine's name is the engine's.
    owner
        .post("/v1/engines/register", json!({"actor_id": "builder"}))
        .await
        .expect(201);
    let refusal = owner
        .post("/auth/keys", json!({"username": "builder"}))
        .await;
    refused(
        &refusal,
        400,
        "invalid username: an engine goes by this name",
    );
    // Where things are not tried out, there is no such address.
    let refusal = local.post("/auth/dev-register", body).await;
    refused(&refusal, 404, "not available");
}

#[tokio::test]
async fn in_dev_mode_an_agent_takes_its_key() {
    let api = start("seed");
    let local = api.local();
    let taken = local
        .post("/auth/dev-register", json!({"username": "bob"}))
        .await
        .expect(200);
    let bob = local.clone().bearer(taken["token"].as_str().unwrap());
    publish(&bob, "agent.bob.x", json!(1)).await.expect(200);
    for (body, sentence) in [("{}", "username required"), ("[", "invalid JSON body")] {
        let refusal = local.post_text("/auth/dev-register", body).await;
        refused(&refusal, 400, sentence);
    }
    let app = local
        .post("/auth/dev-register", json!({"username": "app:shop"}))
        .await;
    assert_eq!(
        app.status, 400,
        "nobody takes the name of an app: {}",
        app.text
    );
}

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let api = Api::start();
    let token = key(&api, "bob").await;
    let missing = publish(&api.local(), "public.x", json!(1)).await;
    refused(&missing, 401, "Missing bearer token");
    let engine = api.engine("builder").await;
    let foreign = publish(&engine, "public.x", json!(1)).await;
    refused(&foreign, 401, "Invalid or expired token");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    for wrong in [
        "x".to_owned(),
        format!("{signed}."),
        format!("{signed}.{swapped}"),
        token.replacen("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0", 1),
    ] {
        let refusal = publish(&api.local().bearer(&wrong), "public.x", json!(1)).await;
        refused(&refusal, 401, "Invalid or expired token");
    }
    // A key of the event bus is for topics, and nothing of the owner's.
    let bob = api.local().bearer(&token);
    for path in [
        "/v1/rooms",
        "/v1/events",
        "/v1/whoami",
        "/ch/general/history",
    ] {
        assert_eq!(bob.get(path).await.status, 401, "{path}");
    }
    // Two keys that are taken in the same second differ.
    assert_ne!(token, key(&api, "bob").await);
}

#[tokio::test]
async fn a_new_key_ends_the_old_one_and_revoking_ends_it_too() {
    let api = Api::start();
    let old = agent(&api, "bob").await;
    publish(&old, "public.x", json!(1)).await.expect(200);
    let new = agent(&api, "bob").await;
    let refusal = publish(&old, "public.x", json!(1)).await;
    refused(&refusal, 401, "Invalid or revoked API key");
    // One of another name is another key.
    let body = json!({"username": "bob", "key_name": "phone"});
    let phone = api.owner().post("/auth/keys", body).await.expect(200);
    let phone = api.local().bearer(phone["token"].as_str().unwrap());
    publish(&new, "public.x", json!(2)).await.expect(200);
    let revoked = new.post("/auth/revoke", json!({})).await.expect(200);
    assert_eq!(
        (&revoked["ok"], &revoked["revoked"], &revoked["username"]),
        (&json!(true), &json!(true), &json!("bob"))
    );
    let refusal = publish(&new, "public.x", json!(1)).await;
    refused(&refusal, 401, "Invalid or revoked API key");
    publish(&phone, "public.x", json!(3)).await.expect(200);
    let owner = api.owner().post("/auth/revoke", json!({})).await;
    refused(&owner, 401, "Invalid token subject");
    // Restarted, what was revoked stays revoked, and what was not goes on.
    let api = Api::start_again(api.stop().await);
    publish(&phone.at(&api.url), "public.x", json!(4))
        .await
        .expect(200);
    assert_eq!(
        publish(&new.at(&api.url), "public.x", json!(1))
            .await
            .status,
        401
    );
}

/// A key is nowhere on the disk nor in a log; and one that is sent as a message is masked.
#[tokio::test]
async fn keys_are_not_kept() {
    let api = Api::start_with(Settings {
        args: vec!["--log-level".into(), "trace".into()],
        ..Settings::default()
    });
    let token = key(&api, "bob").await;
    let bob = api.local().bearer(&token);
    publish(&bob, "public.x", json!({"leak": token}))
        .await
        .expect(200);
    let history = api.local().get("/ch/public.x/history").await;
    assert!(history.text.contains("[redacted]"), "{}", history.text);
    let signature = token.rsplit_once('.').unwrap().1.to_owned();
    let stopped = api.stop().await;
    for part in [&token, &signature] {
        assert_eq!(
            grep(&stopped.data_dir, part),
            Vec::<std::path::PathBuf>::new()
        );
        assert!(
            !std::fs::read_to_string(&stopped.stderr)
                .unwrap()
                .contains(part.as_str())
        );
    }
}

/// Other verifiers of the same secret accept what is signed with it; it is in no log either.
#[tokio::test]
async fn the_secret_can_be_given() {
    let secret = "a-secret-of-thirty-two-characters";
    let api = Api::start_with(Settings {
        env: vec![("JWT_SECRET".into(), secret.into())],
        ..Settings::default()
    });
    let token = key(&api, "bob").await;
    let claims = daemon::claw::Signer::of_secret(secret.as_bytes()).verify(&token);
    assert_eq!(claims.unwrap().sub, "bob");
    let other = daemon::claw::Signer::of_owner(OWNER_TOKEN).verify(&token);
    assert_eq!(other, None);
    let stopped = api.stop().await;
    assert_eq!(
        grep(&stopped.data_dir, secret),
        Vec::<std::path::PathBuf>::new()
    );
}

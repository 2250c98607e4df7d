//! Claims: whoever has no key asks for one by a name, and the owner says yes or no.

use super::{agent, publish, refused, settings};
use crate::support::{Api, Http, Live, Reply, grep};
use serde_json::{Value, json};
use std::path::PathBuf;

async fn claims(api: &Api, state: &str) -> Vec<Value> {
    let answer = api
        .owner()
        .get(&format!("/v1/claims?state={state}"))
        .await
        .expect(200);
    answer["claims"].as_array().unwrap().clone()
}

async fn answer(http: &Http, claim: &Value, verb: &str) -> Reply {
    let id = claim["claim_id"].as_str().unwrap();
    http.post(&format!("/v1/claims/{id}/{verb}"), json!({}))
        .await
}

#[tokio::test]
async fn a_claim_is_confirmed_by_the_owner_and_fetched_once() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let old = agent(&api, "bob").await;
    let mut live = Live::open(&owner, "/v1/streams/workspace?from_position=latest", None).await;
    let begun = local
        .post("/auth/init", json!({"username": "bob"}))
        .await
        .expect(200);
    assert_eq!(
        (&begun["pending_claims"], &begun["max_claims"]),
        (&json!(1), &json!(100))
    );
    assert!(
        begun["instructions"]
            .as_str()
            .unwrap()
            .contains(begun["signature"].as_str().unwrap())
    );
    assert_eq!(live.next().await.unwrap().event, "topic.claim.requested");
    let token = begun["claim_token"].as_str().unwrap();
    let fetch = json!({"username": "bob", "claim_token": token});
    refused(
        &local.post("/auth/verify", fetch.clone()).await,
        401,
        "signature not found",
    );

    let waiting = claims(&api, "pending").await;
    assert_eq!(waiting.len(), 1);
    let claim = &waiting[0];
    assert_eq!(claim["username"], "bob");
    assert_eq!(claim["signature"], begun["signature"]);
    assert_eq!(claim["state"], "pending");
    assert_eq!(claim["replaces_key"], true);
    assert_eq!(claim["decided_at"], Value::Null);
    // Nobody lets itself in: not without a token, not with a key of the bus, not as an engine.
    let engine = api.engine("builder").await;
    for who in [&local, &engine] {
        assert_eq!(who.get("/v1/claims").await.status, 403);
        assert_eq!(answer(who, claim, "confirm").await.status, 403);
    }
    assert_eq!(answer(&old, claim, "confirm").await.status, 401);

    let confirmed = answer(&owner, claim, "confirm").await.expect(200);
    assert_eq!(confirmed["state"], "confirmed");
    assert!(confirmed["decided_at"].is_string());
    for verb in ["confirm", "refuse"] {
        answer(&owner, claim, verb)
            .await
            .refused(409, "claim_already_decided");
    }
    // Only the word that it was told with fetches it.
    for wrong in [
        json!({"username": "bob"}),
        json!({"username": "bob", "claim_token": "claim_x"}),
        json!({"username": "eve", "claim_token": token}),
    ] {
        refused(
            &local.post("/auth/verify", wrong).await,
            400,
            "no pending signature",
        );
    }
    publish(&old, "agent.bob.x", json!(1)).await.expect(200);
    let given = local.post("/auth/verify", fetch.clone()).await.expect(200);
    let new = local.clone().bearer(given["token"].as_str().unwrap());
    publish(&new, "agent.bob.x", json!(2)).await.expect(200);
    refused(
        &publish(&old, "agent.bob.x", json!(3)).await,
        401,
        "Invalid or revoked API key",
    );
    refused(
        &local.post("/auth/verify", fetch).await,
        400,
        "no pending signature",
    );
    assert_eq!(claims(&api, "pending").await.len(), 0);
    assert_eq!(claims(&api, "all").await[0]["state"], "used");
    // Neither the word nor the key is anywhere on the disk.
    let stopped = api.stop().await;
    for secret in [token, given["token"].as_str().unwrap()] {
        let none: [PathBuf; 0] = [];
        assert_eq!(grep(&stopped.data_dir, secret), none);
    }
}

#[tokio::test]
async fn a_claim_is_refused_pages_and_is_one_of_few() {
    let api = Api::start();
    let (owner, local) = (api.owner(), api.local());
    let begun = local
        .post("/auth/init", json!({"username": "eve"}))
        .await
        .expect(200);
    let claim = claims(&api, "pending").await.remove(0);
    assert_eq!(claim["replaces_key"], false);
    let refusal = answer(&owner, &claim, "refuse").await.expect(200);
    assert_eq!(refusal["state"], "refused");
    let fetch = json!({"username": "eve", "claim_token": begun["claim_token"]});
    refused(
        &local.post("/auth/verify", fetch).await,
        403,
        "the owner of this Signalbox has refused it",
    );
    let none = json!({"claim_id": "claim_none"});
    answer(&owner, &none, "confirm")
        .await
        .refused(404, "claim_not_found");
    owner
        .get("/v1/claims?state=odd")
        .await
        .bad("invalid_state", "state");
    for n in 1..=100 {
        let begun = local
            .post("/auth/init", json!({"username": format!("a{n}")}))
            .await;
        assert_eq!(begun.expect(200)["pending_claims"], n);
    }
    let full = local.post("/auth/init", json!({"username": "late"})).await;
    assert_eq!(full.status, 429, "{}", full.text);
    let first = owner
        .get("/v1/claims?state=pending&limit=60")
        .await
        .expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = owner
        .get(&format!(
            "/v1/claims?state=pending&limit=60&cursor={cursor}"
        ))
        .await
        .expect(200);
    let names = |page: &Value| -> Vec<String> {
        let claims = page["claims"].as_array().unwrap().iter();
        claims
            .map(|claim| claim["username"].as_str().unwrap().to_owned())
            .collect()
    };
    let seen = [names(&first), names(&rest)].concat();
    let expected: Vec<String> = (1..=100).rev().map(|n| format!("a{n}")).collect();
    assert_eq!(seen, expected);
    assert_eq!(rest["next_cursor"], Value::Null);
    for odd in ["bob.x", "owner", "app:shop"] {
        assert_eq!(
            local
                .post("/auth/init", json!({"username": odd}))
                .await
                .status,
            400,
            "{odd}"
        );
    }
}

#[tokio::test]
async fn of_many_who_fetch_one_claim_one_has_the_key() {
    let api = Api::start();
    let local = api.local();
    let begun = local
        .post("/auth/init", json!({"username": "bob"}))
        .await
        .expect(200);
    let claim = claims(&api, "pending").await.remove(0);
    answer(&api.owner(), &claim, "confirm").await.expect(200);
    let fetch = json!({"username": "bob", "claim_token": begun["claim_token"]});
    let tries = (0..64).map(|_| local.post("/auth/verify", fetch.clone()));
    let replies = futures_util::future::join_all(tries).await;
    let given: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(given.len(), 1);
    assert!(
        replies
            .iter()
            .all(|reply| matches!(reply.status, 200 | 400))
    );
    let token = given[0].expect(200)["token"].as_str().unwrap().to_owned();
    publish(&local.bearer(&token), "agent.bob.x", json!(1))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_oldest_clients_fetch_by_name_where_that_is_allowed() {
    let mut allowed = settings("seed");
    allowed
        .env
        .push(("SIGNALBOX_CLAW_CLAIMS_BY_NAME".to_owned(), "1".to_owned()));
    let api = Api::start_with(allowed);
    let local = api.local();
    let by_name = json!({"username": "bob"});
    refused(
        &local.post("/auth/verify", by_name.clone()).await,
        400,
        "no pending signature",
    );
    local.post("/auth/init", by_name.clone()).await.expect(200);
    refused(
        &local.post("/auth/verify", by_name.clone()).await,
        401,
        "signature not found",
    );
    let claim = claims(&api, "pending").await.remove(0);
    answer(&api.owner(), &claim, "confirm").await.expect(200);
    // While somebody else claims the name too, it does not tell who is meant.
    local.post("/auth/init", by_name.clone()).await.expect(200);
    refused(
        &local.post("/auth/verify", by_name.clone()).await,
        400,
        "no pending signature",
    );
    let other = claims(&api, "pending").await.remove(0);
    answer(&api.owner(), &other, "refuse").await.expect(200);
    let given = local
        .post("/auth/verify", by_name.clone())
        .await
        .expect(200);
    let bob = local.clone().bearer(given["token"].as_str().unwrap());
    publish(&bob, "agent.bob.x", json!(1)).await.expect(200);
    refused(
        &local.post("/auth/verify", by_name).await,
        400,
        "no pending signature",
    );
}

/// Leaves something of every kind in the log.
pub async fn write(api: &Api) {
    let (owner, local) = (api.owner(), api.local());
    for verb in ["confirm", "refuse", ""] {
        let begun = local
            .post("/auth/init", json!({"username": "cid"}))
            .await
            .expect(200);
        if verb.is_empty() {
            continue;
        }
        let claim = claims(api, "pending").await.remove(0);
        answer(&owner, &claim, verb).await.expect(200);
        if verb == "confirm" {
            let fetch = json!({"username": "cid", "claim_token": begun["claim_token"]});
            local.post("/auth/verify", fetch).await.expect(200);
        }
    }
}

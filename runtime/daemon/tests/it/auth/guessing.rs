//! Who guesses a passphrase.

use super::{PASSPHRASE, access, bootstrap, renewal};
use crate::identity::whoami;
use crate::support::Api;
use kernel::limits::LOGIN_FAILURES_FREE;
use serde_json::json;

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let api = Api::start();
    let local = api.local();
    let made = bootstrap(&api).await;
    let elsewhere = json!({"workspace_id": "ws_b", "passphrase": PASSPHRASE});
    api.owner()
        .post("/v1/auth/bootstrap-owner", elsewhere.clone())
        .await
        .expect(201);
    let guess = |number: u32| json!({"passphrase": format!("guess number {number}")});
    for number in 0..LOGIN_FAILURES_FREE {
        local
            .post("/v1/auth/login", guess(number))
            .await
            .refused(401, "invalid_credentials");
    }
    for body in [guess(99), json!({"passphrase": PASSPHRASE})] {
        let reply = local.post("/v1/auth/login", body).await;
        let told = reply.refused(429, "rate_limited");
        let seconds: u64 = reply.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=30).contains(&seconds), "{seconds}");
        assert!(told["hint"].as_str().unwrap().contains("seconds"), "{told}");
    }
    // It is about the guessing: sessions go on, and so do other workspaces.
    let session = local.clone().bearer(&access(&made));
    whoami(&session).await;
    local
        .post("/v1/auth/refresh", renewal(&made))
        .await
        .expect(200);
    local.post("/v1/auth/login", elsewhere).await.expect(200);
    // Attempts at once are counted as well: no more get through than without a crowd.
    for _ in 0..2 {
        local
            .post(
                "/v1/auth/login",
                json!({"workspace_id": "ws_b", "passphrase": "x"}),
            )
            .await;
    }
    let mut work = tokio::task::JoinSet::new();
    for number in 0..24 {
        let local = local.clone();
        let body = json!({"workspace_id": "ws_b", "passphrase": format!("crowd {number}")});
        work.spawn(async move { local.post("/v1/auth/login", body).await.status });
    }
    let statuses = work.join_all().await;
    let heard = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(heard, LOGIN_FAILURES_FREE as usize - 2, "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)));
}

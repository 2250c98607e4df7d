//! The egress quota against the real database: exact, also for many at once.

use super::{ask, decide, events, text};
use crate::support::{Api, Settings};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const QUOTA: usize = 10;

fn limited(name: &str) -> Api {
    Api::start_with(Settings {
        env: vec![(name.to_owned(), QUOTA.to_string())],
        ..Settings::default()
    })
}

async fn approve_everything(api: &Api) {
    let body = json!({"action": "external.write", "target": "https://a.test/", "scope": {"type": "template", "target": "https://a.test/*"}});
    let id = ask(&api.local(), body).await;
    decide(api, &id, json!({"decision": "approve"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_at_once_exactly_the_quota_is_allowed() {
    let api = limited("EGRESS_MAX_REQUESTS_PER_HOUR");
    approve_everything(&api).await;
    let mut work = JoinSet::new();
    for client in 0..CLIENTS {
        let http = api.local();
        // Another name is no other budget.
        let body = json!({"target_url": format!("https://a.test/{client}"), "actor_id": format!("client-{client}")});
        work.spawn(async move { http.post("/v1/egress/requests", body).await.expect(201) });
    }
    let answers = work.join_all().await;
    let count = |decision: &str, code: &str| {
        let same = |it: &&Value| it["decision"] == decision && it["reason_code"] == code;
        answers.iter().filter(same).count()
    };
    assert_eq!(count("allow", "approval_allows_action"), QUOTA);
    assert_eq!(count("deny", "quota_exceeded"), CLIENTS - QUOTA);
    assert_eq!(events(&api, "egress.allowed").await.len(), QUOTA);
    let told = events(&api, "quota.exceeded").await;
    assert_eq!(told.len(), CLIENTS - QUOTA);
    for member in [
        "egress_request_id",
        "action",
        "target_url",
        "target_domain",
        "reason_code",
        "reason",
    ] {
        assert!(told[0]["data"][member].is_string(), "{member}");
    }
    // Who proves to be somebody else has its own.
    let engine = api.engine("builder").await;
    let body = json!({"target_url": "https://a.test/engine"});
    let answer = engine.post("/v1/egress/requests", body).await.expect(201);
    assert_eq!(text(&answer, "decision"), "allow");
}

/// It is state of the log: a restart does not make it new.
#[tokio::test]
async fn what_was_allowed_still_counts_after_a_restart() {
    let api = limited("SIGNALBOX_EGRESS_MAX_REQUESTS_PER_HOUR");
    approve_everything(&api).await;
    let body = json!({"target_url": "https://a.test/"});
    for _ in 0..QUOTA {
        let answer = api.local().post("/v1/egress/requests", body.clone()).await;
        assert_eq!(answer.expect(201)["decision"], "allow");
    }
    let stopped = api.stop().await;
    let file = stopped.data_dir.join("config/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "[egress]\nmax_requests_per_hour = 10\n").unwrap();
    let api = Api::start_again(stopped);
    let answer = api.local().post("/v1/egress/requests", body.clone()).await;
    assert_eq!(answer.expect(201)["reason_code"], "quota_exceeded");
    // It is followed while running.
    std::fs::write(&file, "[egress]\nmax_requests_per_hour = 0\n").unwrap();
    crate::support::eventually("the new limit counts", || async {
        let answer = api.local().post("/v1/egress/requests", body.clone()).await;
        (answer.expect(201)["decision"] == "allow").then_some(())
    })
    .await;
}

//! Many at once: one decision counts, one action uses an approval up, and the kill switch cuts
//! through.

use super::{approval, ask, decide, events, switch, text};
use crate::support::Api;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

const CLIENTS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_approval_that_reaches_once_allows_one_of_many() {
    let api = Api::start();
    let local = api.local();
    for round in 0..4 {
        let write = json!({"action": "external.write", "target": round.to_string()});
        let id = ask(&local, write.clone()).await;
        decide(&api, &id, json!({"decision": "approve"})).await;
        let mut work = JoinSet::new();
        for client in 0..CLIENTS {
            let (http, mut body) = (local.clone(), write.clone());
            // By both doors at once.
            work.spawn(async move {
                body["actor_id"] = json!(format!("client-{client}"));
                http.post("/v1/policy/evaluate", body).await.expect(200)
            });
        }
        let answers = work.join_all().await;
        let allowed: Vec<&Value> = answers
            .iter()
            .filter(|answer| answer["decision"] == "allow")
            .collect();
        assert_eq!(allowed.len(), 1, "{answers:?}");
        assert_eq!(allowed[0]["approval_id"], id.as_str());
        assert_eq!(approval(&local, &id).await["status"], "consumed");
    }
    assert_eq!(events(&api, "approval.consumed").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_decisions_counts() {
    let api = Api::start();
    let owner = api.owner();
    for round in 0..4 {
        let id = ask(
            &api.local(),
            json!({"action": "x", "target": round.to_string()}),
        )
        .await;
        let path = format!("/v1/approvals/{id}/decide");
        let mut work = JoinSet::new();
        for client in 0..CLIENTS {
            let decision = if client % 2 == round % 2 {
                "approve"
            } else {
                "deny"
            };
            let (http, path) = (owner.clone(), path.clone());
            work.spawn(async move {
                let reply = http.post(&path, json!({"decision": decision})).await;
                (decision, reply)
            });
        }
        let mut won = Vec::new();
        for (decision, reply) in work.join_all().await {
            match reply.status {
                200 => won.push(decision),
                _ => drop(reply.refused(409, "approval_already_decided")),
            }
        }
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(approval(&owner, &id).await["decision"], won[0]);
    }
    assert_eq!(events(&api, "approval.decided").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn identical_requests_of_many_are_one() {
    let api = Api::start();
    let local = api.local();
    let mut work = JoinSet::new();
    for client in 0..CLIENTS {
        let http = local.clone();
        let body = json!({"action": "x", "target": "t", "actor_id": format!("client-{client}")});
        work.spawn(async move { ask(&http, body).await });
    }
    let mut ids = work.join_all().await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(approval(&local, &ids[0]).await["waiters"], CLIENTS);
}

/// Ten agents write while the switch is turned on and off. By the log's own order nothing is
/// allowed while it is on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_allowed_between_on_and_off() {
    let api = Api::start();
    let local = api.local();
    let mut work = JoinSet::new();
    for agent in 0..10 {
        let (http, owner) = (local.clone(), api.owner());
        work.spawn(async move {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for turn in 0..20 {
                let body = json!({"target_url": format!("https://a.test/{agent}/{turn}")});
                let asked = http
                    .post("/v1/egress/requests", body.clone())
                    .await
                    .expect(201);
                if let Some(id) = asked["approval_id"].as_str() {
                    let path = format!("/v1/approvals/{id}/decide");
                    owner
                        .post(&path, json!({"decision": "approve"}))
                        .await
                        .expect(200);
                }
                let answer = http.post("/v1/egress/requests", body).await.expect(201);
                *counts.entry(text(&answer, "decision")).or_default() += 1;
            }
            counts
        });
    }
    for turn in 0..20 {
        switch(&api, turn % 2 == 0).await;
    }
    work.join_all().await;
    let (mut is_on, mut after, mut turned) = (false, 0, 0);
    loop {
        let types = "policy.kill_switch.changed,egress.allowed";
        let path = format!("/v1/events?limit=200&event_types={types}&after_position={after}");
        let page = api.owner().get(&path).await.expect(200);
        for event in page["events"].as_array().unwrap() {
            match event["event_type"].as_str() {
                Some("egress.allowed") => assert!(!is_on, "{event}"),
                _ => {
                    is_on = event["data"]["enabled"] == true;
                    turned += 1;
                }
            }
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => after = cursor.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(turned, 20);
}

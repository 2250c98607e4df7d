//! The log proves itself: append-only by the database, hashed event by event, anchored outside.

use crate::support::{Api, history};
use daemon::store::verify::{self, LogReport};
use kernel::canonical;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

pub fn database(data_dir: &Path) -> Connection {
    Connection::open(data_dir.join("signalbox.db")).unwrap()
}

pub fn proof(data_dir: &Path) -> LogReport {
    verify::run(data_dir, 0, &mut |_| {}).unwrap()
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_an_event() {
    let api = Api::start();
    api.local().room("room").await;
    let stopped = api.stop().await;
    let database = database(&stopped.data_dir);
    for statement in [
        "UPDATE event SET data = '{}' WHERE position = 1",
        "UPDATE event SET flags = flags",
        "UPDATE event SET hash = zeroblob(32)",
        "DELETE FROM event WHERE position = 1",
        "DELETE FROM event",
        "INSERT INTO event SELECT * FROM event WHERE true ON CONFLICT DO UPDATE SET data = '{}'",
    ] {
        let error = database.execute(statement, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
    assert!(proof(&stopped.data_dir).valid);
}

/// Walks a stream through the endpoint, page by page.
pub async fn walk(api: &Api, query: &str, limit: u32) -> (u64, Value) {
    let (mut checked, mut from) = (0, 0);
    loop {
        let path = format!("/v1/audit/hash-chain/verify?{query}&limit={limit}&from_seq={from}");
        let page = api.owner().get(&path).await.expect(200);
        checked += page["checked"].as_u64().unwrap();
        match page["next_from_seq"].as_u64() {
            Some(next) => from = next,
            None => return (checked, page),
        }
    }
}

#[tokio::test]
async fn streams_of_more_than_ten_and_a_hundred_events_verify() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    let extra = api.local().thread(&made.rooms[1]).await;
    for number in 0..9 {
        api.local().message(&extra, &format!("{number}")).await;
    }
    for (room, at_least) in [(&made.rooms[0], 150), (&made.rooms[1], 12)] {
        let query = format!("stream_type=room&stream_id={room}");
        let head = api
            .local()
            .get(&format!("/v1/rooms/{room}"))
            .await
            .expect(200)["room"]["head_seq"]
            .as_u64()
            .unwrap();
        assert!(head >= at_least, "{head}");
        for limit in [1, 7, 10_000] {
            let (checked, last) = walk(&api, &query, limit).await;
            assert_eq!(
                (checked, &last["valid"], &last["first_mismatch"]),
                (head, &json!(true), &Value::Null)
            );
        }
        let newest = api
            .local()
            .get(&format!("/v1/events?room_id={room}&order=desc&limit=1"))
            .await
            .expect(200);
        let path = format!(
            "/v1/events/{}",
            newest["events"][0]["event_id"].as_str().unwrap()
        );
        let newest = api.local().get(&path).await.expect(200)["event"].clone();
        assert_eq!(
            walk(&api, &query, 1_000).await.1["last_event_hash"],
            newest["event_hash"]
        );
    }
    let (checked, last) = walk(&api, "x=", 3).await;
    assert!(
        checked >= 6 && last["valid"] == true,
        "the workspace's own stream: {last}"
    );
    let report = proof(&api.data_dir);
    assert!(report.valid, "{report:?}");
    assert_eq!(report.checked, report.head_position);
}

/// Whoever reads the events can prove the chain, without Signalbox.
#[tokio::test]
async fn the_chain_can_be_recomputed_from_what_the_api_shows() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    let mut previous = Value::Null;
    let mut after = 0;
    let mut checked = 0;
    loop {
        let path = format!(
            "/v1/events?stream_type=room&stream_id={}&from_seq={after}&limit=200",
            made.rooms[0]
        );
        let page = api.local().get(&path).await.expect(200);
        let events = page["events"].as_array().unwrap();
        for event in events {
            let path = format!("/v1/events/{}", event["event_id"].as_str().unwrap());
            let detail = api.local().get(&path).await.expect(200)["event"].clone();
            assert_eq!(detail["prev_event_hash"], previous);
            let mut sealed = Map::new();
            for member in [
                "event_id",
                "event_type",
                "event_version",
                "occurred_at",
                "workspace_id",
                "mission_id",
                "room_id",
                "thread_id",
                "run_id",
                "step_id",
                "actor_type",
                "actor_id",
                "actor_principal_id",
                "zone",
                "stream_type",
                "stream_id",
                "stream_seq",
                "correlation_id",
                "causation_id",
                "redaction_level",
                "contains_secrets",
                "policy_context",
                "model_context",
                "display",
                "data",
                "idempotency_key",
                "prev_event_hash",
            ] {
                sealed.insert(member.to_owned(), detail[member].clone());
            }
            sealed.insert("hash_version".to_owned(), json!(1));
            let text = canonical::to_string(&Value::Object(sealed));
            let hash = format!("sha256:{}", hex::encode(Sha256::digest(text)));
            assert_eq!(detail["event_hash"], hash, "{detail}");
            previous = json!(hash);
            after = event["stream_seq"].as_u64().unwrap();
            checked += 1;
        }
        if events.is_empty() {
            break;
        }
    }
    assert!(checked > 150, "{checked}");
}

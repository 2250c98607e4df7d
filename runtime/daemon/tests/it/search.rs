//! Full-text search.

use crate::support::{Api, Http};
use serde_json::{Value, json};

async fn found(http: &Http, query: &str) -> Vec<Value> {
    let reply = http.get(&format!("/v1/search?{query}")).await.expect(200);
    reply["docs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn words_are_found_by_their_beginnings_and_nothing_typed_is_syntax() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let first = local
        .message(&thread, "The deploy of Zürich-west failed with code 100%")
        .await;
    let second = local
        .message(
            &thread,
            "Redeployed; underscore_name and snake NEAR the OR gate",
        )
        .await;
    for (query, expected) in [
        ("q=deploy", vec![&first]),
        ("q=DEPL", vec![&first]),
        ("q=zurich", vec![&first]),
        ("q=z%C3%BCri", vec![&first]),
        ("q=failed+deploy", vec![&first]),
        ("q=failed+gate", vec![]),
        ("q=100%25", vec![&first]),
        ("q=near", vec![&second]),
        ("q=gate+OR", vec![&second]),
        ("q=NOT+deploy", vec![]),
        ("q=%22deploy", vec![&first]),
        ("q=dep*", vec![&first]),
        ("q=text%3Adeploy", vec![]),
        ("q=%25%25", vec![]),
        ("q=__", vec![]),
        ("q=%27%3B--", vec![]),
        ("q=the", vec![&second, &first]),
    ] {
        let ids: Vec<Value> = found(&local, query)
            .await
            .into_iter()
            .map(|doc| doc["doc_id"].clone())
            .collect();
        assert_eq!(
            ids,
            expected.iter().map(|id| json!(id)).collect::<Vec<_>>(),
            "{query}"
        );
    }
    let doc = found(&local, "q=deploy").await.remove(0);
    assert_eq!(doc["doc_type"], "message");
    assert_eq!(
        (doc["room_id"].as_str(), doc["thread_id"].as_str()),
        (Some(&*room), Some(&*thread))
    );
    let event = doc["event_id"].as_str().unwrap();
    local.get(&format!("/v1/events/{event}")).await.expect(200);
}

#[tokio::test]
async fn everything_that_was_said_asked_run_printed_and_produced_is_found() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let run = local
        .post(
            "/v1/runs",
            json!({"room_id": room, "title": "narwhal run", "input": {"deep": ["narwhal input"]}}),
        )
        .await
        .expect(201)["run_id"]
        .clone();
    let run = run.as_str().unwrap();
    local
        .post(&format!("/v1/runs/{run}/start"), json!({}))
        .await
        .expect(200);
    let step = local
        .post(&format!("/v1/runs/{run}/steps"), json!({"kind": "task"}))
        .await
        .expect(201);
    let step = step["step_id"].as_str().unwrap().to_owned();
    let call = local
        .post(
            &format!("/v1/steps/{step}/toolcalls"),
            json!({"tool_name": "narwhal.tool"}),
        )
        .await
        .expect(201);
    let call = call["tool_call_id"].as_str().unwrap().to_owned();
    let output = json!({"stream": "stdout", "offset_bytes": 0, "text": "narwhal printed"});
    local
        .post(&format!("/v1/toolcalls/{call}/output"), output)
        .await
        .expect(200);
    let artifact = json!({"kind": "report", "content": {"type": "text", "text": "narwhal report"}});
    local
        .post(&format!("/v1/steps/{step}/artifacts"), artifact)
        .await
        .expect(201);
    let docs = found(&local, "q=narwhal").await;
    let kinds: Vec<&str> = docs
        .iter()
        .map(|doc| doc["doc_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["artifact", "output", "tool_call", "run"]);
    assert!(
        docs.iter()
            .all(|doc| doc["run_id"] == run && doc["room_id"] == room.as_str())
    );
    for kind in ["artifact", "output", "tool_call", "run"] {
        let docs = found(&local, &format!("q=narwhal&doc_type={kind}")).await;
        assert_eq!(docs.len(), 1, "{kind}");
        assert_eq!(docs[0]["doc_type"], kind);
    }
    assert!(found(&local, "q=narwhal&doc_type=message").await.is_empty());
}

#[tokio::test]
async fn a_search_is_narrowed_and_bounded() {
    let api = Api::start();
    let local = api.local();
    let (room, other) = (local.room("room").await, local.room("other").await);
    let (thread, elsewhere) = (local.thread(&room).await, local.thread(&other).await);
    for number in 0..30 {
        local
            .message(&thread, &format!("walrus {number} {}", "x".repeat(400)))
            .await;
    }
    let id = local.message(&elsewhere, "walrus elsewhere").await;
    assert_eq!(found(&local, "q=walrus").await.len(), 20, "the default");
    assert_eq!(found(&local, "q=walrus&limit=3").await.len(), 3);
    assert_eq!(found(&local, "q=walrus&limit=0").await.len(), 1);
    assert_eq!(found(&local, "q=walrus&limit=100000").await.len(), 31);
    for narrow in [format!("room_id={other}"), format!("thread_id={elsewhere}")] {
        let docs = found(&local, &format!("q=walrus&{narrow}")).await;
        assert_eq!(docs.len(), 1, "{narrow}");
        assert_eq!(docs[0]["doc_id"], id.as_str());
    }
    assert!(
        found(
            &local,
            &format!("q=walrus&room_id={room}&thread_id={elsewhere}")
        )
        .await
        .is_empty()
    );
    let long = found(&local, "q=walrus&limit=2").await.remove(1);
    assert_eq!(long["content_text"].as_str().unwrap().chars().count(), 280);

    local.get("/v1/search").await.bad("q_too_short", "q");
    local.get("/v1/search?q=+a+").await.bad("q_too_short", "q");
    local
        .get(&format!("/v1/search?q={}", "a".repeat(257)))
        .await
        .bad("q_too_long", "q");
    local
        .get("/v1/search?q=walrus&doc_type=cat")
        .await
        .bad("invalid_doc_type", "doc_type");
    local
        .get("/v1/search?q=walrus&limit=few")
        .await
        .bad("invalid_parameter", "limit");
}

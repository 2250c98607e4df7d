//! Upload tickets: a promised key, and what is brought for it.

use crate::support::Api;
use serde_json::json;

const PATH: &str = "/v1/artifacts";

#[tokio::test]
async fn a_ticket_leads_to_a_door_of_this_server_and_the_content_is_kept_by_its_hash() {
    let api = Api::start();
    let local = api.local();
    let body = json!({"schema_version": "2.1", "correlation_id": "corr:1", "message_id": "msg_1", "content_type": "application/json"});
    let ticket = local.post(PATH, body.clone()).await.expect(201);
    assert!(ticket["artifact_id"].as_str().unwrap().starts_with("art_"));
    assert_eq!(ticket["object_key"], "artifacts/ws_dev/corr:1/msg_1.json");
    assert_eq!(ticket["content_type"], "application/json");
    let url = ticket["upload_url"].as_str().unwrap();
    let door = url.strip_prefix(&api.url).expect("this very server");
    assert_eq!(
        local.post(PATH, body).await.expect(201),
        ticket,
        "the same promise"
    );
    local.get(door).await.refused(404, "object_not_found");

    let json = local.clone().header("content-type", "application/json");
    let content = r#"{"hello": ["world"]}"#;
    local
        .put(door, content)
        .await
        .bad("invalid_content_type", "content-type");
    json.put(door, "{half").await.bad("invalid_json", "body");
    let stored = json.put(door, content).await.expect(201);
    assert_eq!(stored["artifact_id"], ticket["artifact_id"]);
    assert_eq!(stored["size_bytes"], content.len());
    assert_eq!(json.put(door, content).await.expect(201), stored, "again");
    json.put(door, "[]").await.refused(409, "object_exists");
    let kept = local.get(door).await;
    assert_eq!((kept.text.as_str(), kept.status), (content, 200));
    let blob = format!("/v1/blobs/{}", stored["blob"].as_str().unwrap());
    assert_eq!(local.get(&blob).await.text, content);
    // Another workspace has promised nothing.
    let other = api.owner().workspace("ws_b");
    other.get(door).await.refused(404, "object_not_found");
    assert_eq!(api.head().await, 0, "a ticket is no event");

    // After a restart too, and when old blobs are swept.
    let stopped = api.stop().await;
    let api = Api::start_again(stopped);
    assert_eq!(api.local().get(door).await.text, content);
}

#[tokio::test]
async fn refusals() {
    let api = Api::start();
    let local = api.local();
    let good = json!({"schema_version": "2.0", "correlation_id": "c", "message_id": "m", "content_type": "application/json"});
    for (member, value, code) in [
        ("object_key", json!("artifacts/x"), "invalid_object_key"),
        ("schema_version", json!("1.0"), "invalid_schema_version"),
        ("schema_version", json!(null), "missing_required_field"),
        ("correlation_id", json!(null), "missing_required_field"),
        ("correlation_id", json!("a/b"), "invalid_object_key"),
        ("correlation_id", json!(".."), "invalid_object_key"),
        ("message_id", json!("x".repeat(201)), "invalid_object_key"),
        ("content_type", json!("text/plain"), "invalid_content_type"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        local.post(PATH, body).await.bad(code, member);
    }
    let json = local.clone().header("content-type", "application/json");
    json.put("/v1/artifacts/objects/ws_dev/c/never.json", "{}")
        .await
        .refused(404, "object_not_found");
    local.post(PATH, good).await.expect(201);
    let large = format!("\"{}\"", "x".repeat(kernel::limits::OBJECT_BYTES_MAX));
    json.put("/v1/artifacts/objects/ws_dev/c/m.json", large)
        .await
        .refused(413, "payload_too_large");
}

//! The headers by which a request is followed, on every answer, and in the log.

use crate::support::{Api, Http, Reply};
use reqwest::Method;
use serde_json::{Value, json};

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let value = reply.headers.get(name);
    let value = value.unwrap_or_else(|| panic!("no {name}: {} {}", reply.status, reply.text));
    value.to_str().unwrap()
}

#[tokio::test]
async fn every_answer_carries_its_trace() {
    let api = Api::start();
    let local = api.local();
    let foreign_page = local.clone().header("origin", "http://evil.test");
    let window = local.clone().header("origin", "tauri://localhost");
    for (who, method, path, status) in [
        (&local, Method::GET, "/health", 200),
        (&local, Method::GET, "/openapi.json", 200),
        (&local, Method::GET, "/v1/rooms", 200),
        (&local, Method::GET, "/v1/rooms?limit=x", 400),
        (&local, Method::GET, "/v1/rooms/room_none", 404),
        (&local, Method::GET, "/nothing", 404),
        (&local, Method::DELETE, "/v1/rooms", 405),
        (&local, Method::POST, "/v1/rooms", 400),
        (&local, Method::GET, "/v1/diagnostics", 403),
        (
            &local.clone().bearer("no-such"),
            Method::GET,
            "/v1/rooms",
            401,
        ),
        (
            &local.clone().workspace("a b"),
            Method::GET,
            "/v1/rooms",
            400,
        ),
        (&foreign_page, Method::GET, "/v1/rooms", 403),
        (&window, Method::OPTIONS, "/v1/rooms", 204),
    ] {
        let reply = Reply::of(who.request(method.clone(), path)).await;
        assert_eq!(reply.status, status, "{method} {path} {}", reply.text);
        let id = header(&reply, "x-request-id");
        assert!(id.starts_with("req_") && id.len() == 40, "{path}: {id}");
        assert_eq!(header(&reply, "x-correlation-id"), id, "{path}");
        assert_eq!(header(&reply, "x-workspace-id"), "ws_dev", "{path}");
    }
    let stream = local.request(Method::GET, "/v1/streams/workspace");
    let response = stream.send().await.unwrap();
    for name in ["x-request-id", "x-correlation-id", "x-workspace-id"] {
        assert!(response.headers().contains_key(name), "{name}");
        let exposed = window.get("/v1/rooms").await;
        let exposed = header(&exposed, "access-control-expose-headers").to_owned();
        assert!(exposed.contains(name), "a page may read {name}");
    }
    for name in ["x-file-type", "content-range"] {
        let exposed = window.get("/v1/rooms").await;
        let exposed = header(&exposed, "access-control-expose-headers").to_owned();
        assert!(exposed.contains(name), "a page may read {name}");
    }
    let elsewhere = api.owner().workspace(" ws_b ").get("/v1/rooms").await;
    assert_eq!(header(&elsewhere, "x-workspace-id"), "ws_b");
}

/// The correlation of the newest event.
async fn newest(http: &Http) -> String {
    let page = http.get("/v1/events?order=desc&limit=1").await.expect(200);
    page["events"][0]["correlation_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What the answer says is what the event says, so that whoever has the one finds the other.
#[tokio::test]
async fn the_correlation_of_a_request_is_that_of_its_events() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let uuid = "0197E5F0-0000-7000-8000-00000000ABCD";
    let secret = format!("sk-{}", "a1".repeat(20));
    let odd = "x".repeat(129);
    for (request_id, correlation_id, named, expected) in [
        ("", "", Value::Null, "req_"),
        ("request-1", "", Value::Null, "request-1"),
        ("request-1", "task-7", Value::Null, "ext_task-7"),
        ("request-1", "", json!("ours"), "ours"),
        (
            &format!("req_{uuid}"),
            "",
            Value::Null,
            &format!("req_{uuid}"),
        ),
        (&uuid.to_lowercase(), "", Value::Null, &uuid.to_lowercase()),
        // What is no name, or may be a secret, is neither echoed nor kept.
        ("short", "", Value::Null, "req_"),
        (&secret, "", Value::Null, "req_"),
        ("request-1", &secret, Value::Null, "request-1"),
        ("request-1", &odd, Value::Null, "request-1"),
    ] {
        let mut who = local.clone();
        for (name, value) in [
            ("x-request-id", request_id),
            ("x-correlation-id", correlation_id),
        ] {
            if !value.is_empty() {
                who = who.header(name, value);
            }
        }
        let run = json!({"room_id": room, "correlation_id": named});
        let reply = who.post("/v1/runs", run).await;
        reply.expect(201);
        let told = header(&reply, "x-correlation-id");
        assert!(told.starts_with(expected), "{told}, not {expected}");
        assert!(expected == "req_" || told == expected);
        assert_eq!(newest(&local).await, told);
        let found = local
            .get(&format!("/v1/events?correlation_id={told}"))
            .await;
        let found = found.expect(200)["events"].as_array().unwrap().len();
        assert!(found >= 1, "{told}");
    }
    // The body's word goes for its events; the header's for the request.
    let both = local.clone().header("x-correlation-id", "task-7");
    let run = json!({"room_id": room, "correlation_id": "ours"});
    let reply = both.post("/v1/runs", run).await;
    reply.expect(201);
    assert_eq!(header(&reply, "x-correlation-id"), "ext_task-7");
    assert_eq!(newest(&local).await, "ours");
    for (path, body) in [
        ("/v1/rooms".to_owned(), json!({"title": "r"})),
        (format!("/v1/rooms/{room}/threads"), json!({"title": "t"})),
    ] {
        let reply = local.post(&path, body).await;
        assert_eq!(header(&reply, "x-correlation-id"), newest(&local).await);
    }
}

#[tokio::test]
async fn credentials_in_a_body_say_the_workspace() {
    let api = Api::start();
    let owner = api.owner().workspace("ws_b");
    let made = owner
        .post("/v1/engines/register", json!({"actor_id": "b"}))
        .await
        .expect(201);
    let claim = json!({"engine_id": made["engine_id"], "engine_token": made["engine_token"]});
    let reply = api.local().post("/v1/runs/claim", claim).await;
    reply.expect(200);
    assert_eq!(header(&reply, "x-workspace-id"), "ws_b");
}

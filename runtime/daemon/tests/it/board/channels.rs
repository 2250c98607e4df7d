//! Publishing.

use super::{id, messages, publish, refused};
use crate::support::{Api, OWNER_TOKEN, raw};
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_is_kept_as_it_was_sent() {
    let api = Api::start();
    let local = api.local();
    let sent = json!({
        "from": "alice.human", "type": "msg.human", "v": 3, "body": {"text": "hi", "n": [1, null]},
        "files": ["sha256:ab"], "reply-to": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "mood": "fine",
        "id": "mine", "ts": 1, "ch": "elsewhere", "from_id": "eve",
    });
    let published = local.post("/ch/general", sent).await;
    assert_eq!(published.headers["content-type"], "application/json");
    assert_eq!(published.headers["access-control-allow-origin"], "*");
    let published = published.expect(201);
    assert_eq!(published.as_object().unwrap().len(), 2);
    let shown = messages(&local.get("/ch/general/history").await);
    let expected = json!({
        "id": published["id"], "ts": published["ts"], "from": "alice.human", "from_id": "alice.human",
        "ch": "general", "type": "msg.human", "v": 3, "body": {"text": "hi", "n": [1, null]},
        "files": ["sha256:ab"], "reply-to": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "reply_to": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "mood": "fine",
    });
    assert_eq!(shown, [expected]);
    assert_eq!(id(&published).len(), 26);
    let ts = published["ts"].as_f64().unwrap();
    assert!(ts > 1.7e9 && ts < 1e11, "seconds: {ts}");
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let api = Api::start();
    let local = api.local();
    for body in [
        json!({"from": "a", "type": "x"}),
        json!({"from": "a", "type": "x", "body": null, "files": null, "reply_to": null, "v": null}),
    ] {
        local.post("/ch/c", body).await.expect(201);
    }
    local
        .post(
            "/ch/c",
            json!({"from": "a", "type": "x", "body": "words", "reply_to": "r"}),
        )
        .await
        .expect(201);
    let shown = messages(&local.get("/ch/c/history").await);
    for message in &shown[..2] {
        assert_eq!(message["body"], json!({}));
        assert_eq!(message["files"], json!([]));
        assert_eq!(message["v"], 1);
        assert_eq!(message["reply-to"], Value::Null);
        assert!(message.as_object().unwrap().contains_key("reply_to"));
    }
    assert_eq!(shown[2]["body"], "words");
    assert_eq!(
        (&shown[2]["reply-to"], &shown[2]["reply_to"]),
        (&json!("r"), &json!("r"))
    );
}

/// The content type is not looked at, and no body is an empty object.
#[tokio::test]
async fn bad_messages_are_told_in_the_order_of_the_contract() {
    let api = Api::start();
    let local = api.local();
    for (body, sentence) in [
        ("{", "invalid JSON body"),
        ("{\"from\": \"\\ud800\"}", "invalid JSON body"),
        ("", "missing :from"),
        (" \n", "missing :from"),
        ("{}", "missing :from"),
        ("[]", "missing :from"),
        ("[1,2]", "missing :from"),
        (r#"{"type":"x"}"#, "missing :from"),
        (r#"{"from":" ","type":"x"}"#, "missing :from"),
        (r#"{"from":null,"type":"x"}"#, "missing :from"),
        (r#"{"from":"a"}"#, "missing :type"),
        (r#"{"from":"a","type":""}"#, "missing :type"),
        ("\"text\"", "\"body\" must be a JSON object."),
        ("7", "\"body\" must be a JSON object."),
        (r#"{"from":7,"type":"x"}"#, "\"from\" must be a text."),
        (r#"{"from":"a","type":[]}"#, "\"type\" must be a text."),
        (
            r#"{"from":"a","type":"x","files":"f"}"#,
            "\"files\" must be a list of texts.",
        ),
        (
            r#"{"from":"a","type":"x","v":"1"}"#,
            "\"v\" must be a whole number.",
        ),
    ] {
        refused(&local.post_text("/ch/general", body).await, 400, sentence);
    }
    assert_eq!(local.get("/channels").await.expect(200), json!([]));
    let deep = format!(
        r#"{{"from":"a","type":"x","body":{}1{}}}"#,
        "[".repeat(80),
        "]".repeat(80)
    );
    local.post_text("/ch/general", deep).await.expect(400);
    let large = json!({"from": "a", "type": "x", "body": "x".repeat(1024 * 1024)});
    let refusal = local.post("/ch/general", large).await.expect(413);
    assert!(refusal["error"].as_str().unwrap().contains("1048576 bytes"));
}

#[tokio::test]
async fn names_of_others_are_not_lent() {
    let api = Api::start();
    let (local, engine) = (api.local(), api.engine("builder").await);
    let message = |from: &str| json!({"from": from, "type": "x"});
    for taken in ["owner", "Signalbox", "builder"] {
        let refusal = local.post("/ch/c", message(taken)).await.expect(403);
        assert!(
            refusal["error"].as_str().unwrap().contains(taken),
            "{refusal}"
        );
    }
    // Whoever shows a token is who the token says.
    engine
        .post("/ch/c", message("somebody.else"))
        .await
        .expect(201);
    api.owner()
        .post("/ch/c", message("owner"))
        .await
        .expect(201);
    let from: Vec<Value> = messages(&local.get("/ch/c/history").await)
        .iter()
        .map(|message| message["from"].clone())
        .collect();
    assert_eq!(from, ["builder", "owner"]);
    let wrong = local.bearer("nonsense").post("/ch/c", message("a")).await;
    wrong.expect(401)["error"].as_str().unwrap();
}

/// The same request twice is one message; on another channel it is another.
#[tokio::test]
async fn a_key_publishes_once() {
    let api = Api::start();
    let local = api.local();
    let message = json!({"from": "a", "type": "x", "idempotency_key": "k"});
    let first = local.post("/ch/c", message.clone()).await.expect(201);
    assert_eq!(
        local.post("/ch/c", message.clone()).await.expect(201),
        first
    );
    let by_header = local.clone().header("idempotency-key", "k");
    let plain = json!({"from": "a", "type": "x"});
    assert_eq!(
        by_header.post("/ch/c", plain.clone()).await.expect(201),
        first
    );
    assert_ne!(
        by_header.post("/ch/d", plain).await.expect(201)["id"],
        first["id"]
    );
    let shown = messages(&local.get("/ch/c/history").await);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].get("idempotency_key"), None);
    let mut racing = Vec::new();
    for _ in 0..32 {
        let (http, body) = (
            local.clone(),
            json!({"from": "a", "type": "x", "idempotency_key": "r"}),
        );
        racing.push(tokio::spawn(async move {
            http.post("/ch/c", body).await.expect(201)
        }));
    }
    let mut answers = Vec::new();
    for one in racing {
        answers.push(one.await.unwrap());
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(messages(&local.get("/ch/c/history").await).len(), 2);
}

/// Whatever is published at once: ids grow in the order in which everybody reads them.
#[tokio::test]
async fn ids_grow_as_the_log_does() {
    let api = Api::start();
    let local = api.local();
    let mut racing = Vec::new();
    for n in 0..64 {
        let http = local.clone();
        let work = async move { publish(&http, "busy", "x", json!({"n": n})).await };
        racing.push(tokio::spawn(work));
    }
    let mut published = Vec::new();
    for one in racing {
        published.push(one.await.unwrap());
    }
    let api = Api::start_again(api.stop().await);
    publish(&api.local(), "busy", "x", json!({"n": 64})).await;
    let shown = messages(&api.local().get("/ch/busy/history").await);
    let ids: Vec<String> = shown.iter().map(id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted);
    assert!(published.iter().all(|id| ids.contains(id)));
}

#[tokio::test]
async fn addresses_are_exact() {
    let api = Api::start();
    let local = api.local();
    publish(&local, "a%20b", "x", json!({})).await;
    assert_eq!(local.get("/channels").await.expect(200), json!(["a b"]));
    for path in [
        "/ch/general/",
        "/ch/a/b",
        "/ch",
        "/ch/",
        "/tasks/",
        "/channels/",
        "/nowhere",
    ] {
        assert_eq!(
            local.get(path).await.expect(404)["error"],
            "not found",
            "{path}"
        );
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let method: reqwest::Method = method.parse().unwrap();
        for path in ["/ch/general", "/tasks", "/files", "/presence", "/"] {
            let reply = crate::support::Reply::of(local.request(method.clone(), path)).await;
            assert_eq!(reply.expect(404)["error"], "not found", "{method} {path}");
        }
    }
    let spoilt = local.get("/ch/%ff/history").await.expect(400);
    assert!(
        spoilt["error"].as_str().unwrap().contains("\"ch\""),
        "{spoilt}"
    );
    let other = api.owner().workspace("ws_other").get("/channels").await;
    assert!(
        other.expect(400)["error"]
            .as_str()
            .unwrap()
            .contains("ws_dev")
    );
}

#[tokio::test]
async fn anybody_may_ask_what_may_be_asked() {
    let api = Api::start();
    for path in ["/ch/general", "/", "/tasks/x/claim", "/nowhere"] {
        let (status, answer) = raw(
            api.address(),
            format!(
                "OPTIONS {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                api.address()
            )
            .as_bytes(),
        )
        .await;
        assert_eq!(status, 204, "{answer}");
        for header in [
            "access-control-allow-origin: *\r\n",
            "access-control-allow-methods: GET,HEAD,POST,OPTIONS\r\n",
            "access-control-allow-headers: Content-Type,Last-Event-ID\r\n",
            "access-control-max-age: 86400\r\n",
        ] {
            assert!(answer.contains(header), "{answer}");
        }
    }
    // A page of another site is nobody all the same.
    let page = api.local().header("origin", "http://evil.test");
    for path in [
        "/",
        "/channels",
        "/history",
        "/tasks",
        "/status",
        "/presence",
    ] {
        page.get(path).await.expect(403);
    }
    page.post("/ch/general", json!({"from": "a", "type": "x"}))
        .await
        .expect(403);
}

/// A client that would speak HTTP/2 is answered in HTTP/1.1.
#[tokio::test]
async fn an_upgrade_is_not_taken() {
    let api = Api::start();
    let body = r#"{"from":"a","type":"x"}"#;
    let request = format!(
        "POST /ch/c HTTP/1.1\r\nhost: {}\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\
         accept-encoding: gzip, deflate\r\ncontent-length: {}\r\n\r\n{body}",
        api.address(),
        body.len()
    );
    let (status, answer) = raw(api.address(), request.as_bytes()).await;
    assert_eq!(status, 201, "{answer}");
    assert!(answer.starts_with("HTTP/1.1 201"));
}

#[tokio::test]
async fn status_counts() {
    let api = Api::start();
    let local = api.local();
    publish(&local, "c", "x", json!({})).await;
    super::task(&local, json!({})).await;
    local
        .post("/presence", json!({"from": "a"}))
        .await
        .expect(200);
    let status = local.get("/status").await.expect(200);
    // Asking for a task is a message too.
    let counts =
        ["messages", "tasks", "agents-live", "subscribers"].map(|name| status[name].as_u64());
    assert_eq!(counts, [Some(2), Some(1), Some(1), Some(0)]);
    assert!(status["uptime-s"].as_f64().unwrap() > 0.0);
    assert_eq!(status.as_object().unwrap().len(), 5);
    assert_eq!(
        api.local().bearer(OWNER_TOKEN).get("/status").await.status,
        200
    );
}

#[tokio::test]
async fn channels_are_listed_with_what_was_said_last() {
    let api = Api::start();
    let local = api.local();
    let list = async |query: &str| {
        let answer = local.get(&format!("/v1/channels{query}")).await.expect(200);
        let names = answer["channels"].as_array().unwrap().iter();
        let names: Vec<_> = names
            .map(|row| row["channel"].as_str().unwrap().to_owned())
            .collect();
        (names, answer)
    };
    assert_eq!(list("").await.0, Vec::<String>::new());
    publish(&local, "general", "msg.human", json!({"text": "one"})).await;
    publish(&local, "random", "msg.human", json!({"text": "two"})).await;
    // A room has a list of its own.
    api.owner()
        .post("/v1/rooms", json!({"title": "Kitchen"}))
        .await
        .expect(201);
    assert_eq!(list("").await.0, ["random", "general"]);
    publish(&local, "general", "build.done", json!({"n": 1})).await;
    super::task(&local, json!({"ch": "random", "title": "Sweep the hall"})).await;
    let (names, answer) = list("").await;
    assert_eq!(names, ["random", "general"]);
    let shown = |n: usize, member: &str| answer["channels"][n][member].clone();
    assert_eq!(shown(0, "last_type"), "task.created");
    assert_eq!(shown(0, "last_text"), "Sweep the hall");
    assert_eq!(shown(1, "last_type"), "build.done");
    assert_eq!(shown(1, "last_text"), "");
    assert_eq!(shown(1, "last_from"), "agent.ann");
    assert_eq!(shown(1, "head_seq"), 2);
    let event_id = shown(1, "last_event_id");
    let path = format!("/v1/events/{}", event_id.as_str().unwrap());
    let event = local.get(&path).await.expect(200);
    assert_eq!(event["event"]["stream_id"], "general");

    let (first, answer) = list("?limit=1").await;
    assert_eq!(first, ["random"]);
    let cursor = answer["next_cursor"].as_str().unwrap();
    let (second, answer) = list(&format!("?limit=1&cursor={cursor}")).await;
    assert_eq!(second, ["general"]);
    let cursor = answer["next_cursor"].as_str().unwrap();
    assert_eq!(list(&format!("?cursor={cursor}")).await.0.len(), 0);
}

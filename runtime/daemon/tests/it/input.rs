//! What cannot be read is refused, the member at fault is named, and nothing of it is kept.

use crate::support::{Api, Http, raw};
use serde_json::{Value, json};

/// A run with a step and a tool call, started without a lease: every route has something to act on.
pub struct Scene {
    pub room: String,
    pub thread: String,
    pub run: String,
    pub step: String,
    pub call: String,
}

impl Scene {
    pub async fn set(http: &Http) -> Self {
        let id = |reply: Value, member: &str| reply[member].as_str().unwrap().to_owned();
        let room = http.room("room").await;
        let thread = http.thread(&room).await;
        let run = http.run(&room).await;
        http.post(&format!("/v1/runs/{run}/start"), json!({}))
            .await
            .expect(200);
        let step = http
            .post(&format!("/v1/runs/{run}/steps"), json!({"kind": "task"}))
            .await;
        let step = id(step.expect(201), "step_id");
        let path = format!("/v1/steps/{step}/toolcalls");
        let call = id(
            http.post(&path, json!({"tool_name": "t"}))
                .await
                .expect(201),
            "tool_call_id",
        );
        Self {
            room,
            thread,
            run,
            step,
            call,
        }
    }
}

#[tokio::test]
async fn a_bad_member_is_named_and_leaves_no_event() {
    let api = Api::start();
    let owner = api.owner();
    let Scene {
        room,
        thread,
        run,
        step,
        call,
    } = Scene::set(&owner).await;
    let head = api.head().await;
    let (rooms, threads) = ("/v1/rooms".to_owned(), format!("/v1/rooms/{room}/threads"));
    let (messages, runs) = (
        format!("/v1/threads/{thread}/messages"),
        "/v1/runs".to_owned(),
    );
    let (steps, calls) = (
        format!("/v1/runs/{run}/steps"),
        format!("/v1/steps/{step}/toolcalls"),
    );
    let (artifacts, output) = (
        format!("/v1/steps/{step}/artifacts"),
        format!("/v1/toolcalls/{call}/output"),
    );
    let (complete, fail) = (
        format!("/v1/runs/{run}/complete"),
        format!("/v1/toolcalls/{call}/fail"),
    );
    let engines = "/v1/engines/register".to_owned();
    let long = |chars: usize| "x".repeat(chars);
    for (path, body, code, field) in [
        (&rooms, json!({}), "missing_title", "title"),
        (&rooms, json!({"title": null}), "missing_title", "title"),
        (&rooms, json!({"title": ""}), "missing_title", "title"),
        (&rooms, json!({"title": 1}), "invalid_body", "title"),
        (&rooms, json!({"title": ["a"]}), "invalid_body", "title"),
        (&rooms, json!({"title": "a\u{0}b"}), "invalid_text", "title"),
        (
            &rooms,
            json!({"title": long(301)}),
            "field_too_long",
            "title",
        ),
        (
            &rooms,
            json!({"title": "a", "topic": long(301)}),
            "field_too_long",
            "topic",
        ),
        (
            &rooms,
            json!({"title": "a", "topic": {}}),
            "invalid_body",
            "topic",
        ),
        (
            &rooms,
            json!({"title": "a", "mission_id": "a\u{0}"}),
            "invalid_text",
            "mission_id",
        ),
        (&threads, json!({"title": " "}), "missing_title", "title"),
        (
            &threads,
            json!({"title": "a", "status": 3}),
            "invalid_body",
            "status",
        ),
        (&messages, json!({}), "missing_content_md", "content_md"),
        (
            &messages,
            json!({"content_md": " \n"}),
            "missing_content_md",
            "content_md",
        ),
        (
            &messages,
            json!({"content_md": 5}),
            "invalid_body",
            "content_md",
        ),
        (
            &messages,
            json!({"content_md": "a\u{0}"}),
            "invalid_text",
            "content_md",
        ),
        (
            &messages,
            json!({"content_md": "a", "labels": "x"}),
            "invalid_type",
            "labels",
        ),
        (
            &messages,
            json!({"content_md": "a", "labels": vec!["x"; 65]}),
            "too_many_entries",
            "labels",
        ),
        (
            &messages,
            json!({"content_md": "a", "sender_id": long(201)}),
            "field_too_long",
            "sender_id",
        ),
        (
            &messages,
            json!({"content_md": "a", "lang": "e\u{0}"}),
            "invalid_text",
            "lang",
        ),
        (&runs, json!({}), "missing_room_id", "room_id"),
        (
            &runs,
            json!({"room_id": room, "observed": "yes"}),
            "invalid_body",
            "observed",
        ),
        (
            &runs,
            json!({"room_id": room, "tags": {"a": 1}}),
            "invalid_type",
            "tags",
        ),
        (
            &runs,
            json!({"room_id": room, "title": long(301)}),
            "field_too_long",
            "title",
        ),
        (
            &runs,
            json!({"room_id": room, "correlation_id": "a\u{0}"}),
            "invalid_text",
            "correlation_id",
        ),
        (
            &runs,
            json!({"room_id": room, "input": {"a\u{0}": 1}}),
            "invalid_text",
            "input",
        ),
        (
            &runs,
            json!({"room_id": room, "input": {"command": {"argv": []}}}),
            "invalid_command",
            "input.command",
        ),
        (
            &runs,
            json!({"room_id": room, "input": {"command": {"argv": "ls"}}}),
            "invalid_command",
            "input.command",
        ),
        (&steps, json!({}), "missing_kind", "kind"),
        (
            &steps,
            json!({"kind": "k", "input": "a\u{0}"}),
            "invalid_text",
            "input",
        ),
        (&calls, json!({}), "missing_tool_name", "tool_name"),
        (
            &calls,
            json!({"tool_name": "t", "model_context": {"m": "a\u{0}"}}),
            "invalid_text",
            "model_context",
        ),
        (
            &output,
            json!({"stream": "stdin", "offset_bytes": 0, "text": "x"}),
            "invalid_body",
            "stream",
        ),
        (
            &output,
            json!({"stream": "stdout", "offset_bytes": -1, "text": "x"}),
            "invalid_body",
            "offset_bytes",
        ),
        (&artifacts, json!({}), "missing_kind", "kind"),
        (
            &artifacts,
            json!({"kind": "k", "content": {"type": "cat"}}),
            "invalid_content",
            "content",
        ),
        (
            &artifacts,
            json!({"kind": "k", "content": {"type": "text", "text": "a\u{0}"}}),
            "invalid_text",
            "content.text",
        ),
        (
            &artifacts,
            json!({"kind": "k", "schema_version": "1.0"}),
            "invalid_schema_version",
            "schema_version",
        ),
        (
            &artifacts,
            json!({"kind": "k", "size_bytes": 1.5}),
            "invalid_body",
            "size_bytes",
        ),
        (
            &complete,
            json!({"output": {"a": "b\u{0}"}}),
            "invalid_text",
            "output",
        ),
        (&fail, json!({"error": ["a\u{0}"]}), "invalid_text", "error"),
        (&engines, json!({}), "actor_id_required", "actor_id"),
        (
            &engines,
            json!({"actor_id": "a", "valid_until": "soon"}),
            "invalid_valid_until",
            "valid_until",
        ),
        (
            &engines,
            json!({"actor_id": "a", "rooms": "all"}),
            "invalid_body",
            "rooms",
        ),
    ] {
        let reply = owner.post(path, body.clone()).await;
        let answer = reply.refused(400, code);
        assert_eq!(answer["field"], field, "{path} {body} -> {answer}");
        assert_eq!(api.head().await, head, "{path} {body} left an event");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused() {
    let api = Api::start();
    let local = api.local();
    let Scene { run, .. } = Scene::set(&local).await;
    let head = api.head().await;
    let runs = format!("/v1/runs/{run}/complete");
    for (body, field) in [
        (&b"[]"[..], "body"),
        (b"[\"title\"]", "body"),
        (b"null", "body"),
        (b"\"title\"", "body"),
        (b"{\"title\": \"a\"", "body"),
        (b"{\"title\": \"a\"} x", "body"),
        (b"{\"title\": tru}", "title"),
        (b"{\"title\": \"\\ud83d\"}", "title"),
        (b"{\"title\": \"\\udc00x\"}", "title"),
        (b"{\"title\": \"\xff\xfe\"}", "title"),
        (b"\xef\xbb\xbf{\"title\": \"a\"}", "body"),
        (b"title=a", "body"),
    ] {
        local
            .post_text("/v1/rooms", body)
            .await
            .bad("invalid_body", field);
    }
    // Where the body may be left out, it may still not be something else.
    local
        .post_text(&runs, "[]")
        .await
        .bad("invalid_body", "body");
    assert_eq!(api.head().await, head);
    local.post_text(&runs, "").await.expect(200);
}

#[tokio::test]
async fn a_lone_surrogate_or_a_deep_value_is_refused_wherever_it_hides() {
    let api = Api::start();
    let local = api.local();
    let Scene {
        room,
        step,
        call,
        run,
        ..
    } = Scene::set(&local).await;
    let head = api.head().await;
    let artifacts = format!("/v1/steps/{step}/artifacts");
    let places: [(&str, String, &str); 8] = [
        (
            "/v1/runs",
            format!("{{\"room_id\":\"{room}\",\"input\":VALUE}}"),
            "input",
        ),
        (
            &artifacts,
            "{\"kind\":\"k\",\"metadata\":VALUE}".into(),
            "metadata",
        ),
        (
            &artifacts,
            "{\"kind\":\"k\",\"content\":{\"type\":\"json\",\"json\":VALUE}}".into(),
            "content.json",
        ),
        (
            &format!("/v1/steps/{step}/toolcalls"),
            "{\"tool_name\":\"t\",\"input\":VALUE}".into(),
            "input",
        ),
        (
            &format!("/v1/steps/{step}/toolcalls"),
            "{\"tool_name\":\"t\",\"model_context\":VALUE}".into(),
            "model_context",
        ),
        (
            &format!("/v1/runs/{run}/steps"),
            "{\"kind\":\"k\",\"input\":VALUE}".into(),
            "input",
        ),
        (
            &format!("/v1/toolcalls/{call}/succeed"),
            "{\"output\":VALUE}".into(),
            "output",
        ),
        (
            &format!("/v1/runs/{run}/fail"),
            "{\"error\":VALUE}".into(),
            "error",
        ),
    ];
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for (path, body, field) in places {
        let send = async |value: &str| local.post_text(path, body.replace("VALUE", value)).await;
        send(&nested(64)).await.bad("json_too_deep", field);
        for bomb in [
            nested(120),
            nested(200),
            nested(100_000),
            "{\"a\":".repeat(100_000),
        ] {
            let refused = send(&bomb).await.expect(400);
            let code = refused["error"].as_str().unwrap();
            assert!(
                ["json_too_deep", "invalid_body"].contains(&code),
                "{path}: {refused}"
            );
        }
        for surrogate in ["\"\\ud83d\"", "{\"\\udc00\":1}", "[[\"a\\ud83d\\ud83d\"]]"] {
            send(surrogate).await.refused(400, "invalid_body");
        }
        for nul in ["\"\\u0000\"", "{\"a\\u0000\":1}", "[[\"\\u0000\"]]"] {
            send(nul).await.bad("invalid_text", field);
        }
        assert_eq!(api.head().await, head, "{path}");
    }
    // 63 levels are fine, and a pair of surrogates is one character.
    let body = format!(
        "{{\"room_id\":\"{room}\",\"input\":[{},\"\\ud83d\\ude00\"]}}",
        nested(62)
    );
    local.post_text("/v1/runs", body).await.expect(201);
}

#[tokio::test]
async fn bodies_past_the_limit_are_413() {
    let api = Api::start();
    let local = api.local();
    let Scene {
        thread, room, call, ..
    } = Scene::set(&local).await;
    let head = api.head().await;
    let messages = format!("/v1/threads/{thread}/messages");
    let padded = |bytes: usize| {
        let body = json!({"room_id": room, "input": ""}).to_string();
        body.replace("\"\"", &format!("\"{}\"", "x".repeat(bytes - body.len())))
    };
    local
        .post_text("/v1/runs", padded(1_048_577))
        .await
        .refused(413, "payload_too_large");
    local
        .post_text("/v1/runs", padded(4 << 20))
        .await
        .refused(413, "payload_too_large");
    local
        .post(&messages, json!({"content_md": "x".repeat(262_145)}))
        .await
        .refused(413, "payload_too_large");
    let output = json!({"stream": "stdout", "offset_bytes": 0, "text": "x".repeat(16_385)});
    local
        .post(&format!("/v1/toolcalls/{call}/output"), output)
        .await
        .refused(413, "payload_too_large");
    assert_eq!(api.head().await, head);
    local
        .post_text("/v1/runs", padded(1_048_576))
        .await
        .expect(201);
    local
        .post(&messages, json!({"content_md": "x".repeat(262_144)}))
        .await
        .expect(201);
}

/// Every list with a limit: what it accepts, what it clamps, what it refuses.
#[tokio::test]
async fn limits_are_numbers_and_clamped() {
    let api = Api::start();
    let owner = api.owner();
    let Scene { room, thread, .. } = Scene::set(&owner).await;
    for number in 0..3 {
        owner.message(&thread, &format!("walrus {number}")).await;
    }
    for path in [
        "/v1/rooms?".to_owned(),
        format!("/v1/rooms/{room}/threads?"),
        format!("/v1/threads/{thread}/messages?"),
        "/v1/search?q=walrus&".to_owned(),
        "/v1/events?".to_owned(),
        "/v1/runs?".to_owned(),
        "/v1/toolcalls?".to_owned(),
        "/v1/artifacts?".to_owned(),
        "/v1/engines?".to_owned(),
        "/v1/audit/redactions?".to_owned(),
        "/v1/audit/hash-chain/verify?".to_owned(),
    ] {
        for bad in [
            "abc",
            "1.5",
            "-1",
            "1e3",
            "0x10",
            "99999999999999999999",
            "%00",
            "1,2",
        ] {
            owner
                .get(&format!("{path}limit={bad}"))
                .await
                .bad("invalid_parameter", "limit");
        }
        for fine in ["0", "1", "200", "4294967295"] {
            owner.get(&format!("{path}limit={fine}")).await.expect(200);
        }
    }
    let events = owner.get("/v1/events?limit=0").await.expect(200);
    assert_eq!(events["events"].as_array().unwrap().len(), 1, "0 is 1");
    for (path, field) in [
        ("/v1/events?after_position=x", "after_position"),
        ("/v1/events?before_position=-1", "before_position"),
        ("/v1/events?order=up", "order"),
        (
            "/v1/events?stream_type=room&stream_id=r&from_seq=x",
            "from_seq",
        ),
        ("/v1/audit/hash-chain/verify?from_seq=x", "from_seq"),
    ] {
        owner.get(path).await.bad("invalid_parameter", field);
    }
    owner
        .get("/v1/runs?status=done")
        .await
        .bad("invalid_status", "status");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_json() {
    let api = Api::start();
    let local = api.local();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/rooms/",
        "/v1/nothing",
        "/nothing",
        "/v1/rooms/a/b/c",
        "/health/x",
        "/V1/rooms",
    ] {
        let body = local.get(path).await.expect(404);
        assert_eq!(body["error"], "not found", "{path}");
        let body = local.post(path, json!({})).await;
        assert!([404, 405].contains(&body.status), "{path}: {}", body.status);
    }
    for path in ["/v1/rooms", "/v1/events", "/health"] {
        let reply = Reply::delete(&local, path).await;
        assert_eq!(reply.expect(405)["error"], "method_not_allowed", "{path}");
    }
}

use crate::support::Reply;

impl Reply {
    async fn delete(http: &Http, path: &str) -> Self {
        Self::of(http.request(reqwest::Method::DELETE, path)).await
    }
}

/// Requests that no client would send: the answer is a 4xx or a closed connection, and the api lives.
#[tokio::test]
async fn malformed_requests_do_not_wedge_the_api() {
    let api = Api::start();
    let address = api.address();
    let head = api.head().await;
    let host = format!("Host: {address}\r\n");
    let many: String = (0..5_000).map(|n| format!("x-{n}: y\r\n")).collect();
    for request in [
        "GET\r\n\r\n".to_owned(),
        format!("GET /v1/rooms HTTP/1.1\r\n{host}{many}\r\n"),
        format!(
            "GET /v1/rooms?q={} HTTP/1.1\r\n{host}\r\n",
            "x".repeat(100_000)
        ),
        format!("GET /v1/rooms HTTP/1.1\r\n{host}{host}\r\n"),
        format!("GET /v1/rooms HTTP/1.1\r\n{host}Authorization: Bearer \u{7f}\r\n\r\n"),
        format!(
            "POST /v1/rooms HTTP/1.1\r\n{host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
        ),
        format!("POST /v1/rooms HTTP/1.1\r\n{host}Content-Length: -5\r\n\r\nhello"),
        format!(
            "POST /v1/rooms HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"
        ),
        format!("GET /%ff%fe HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!("GET /v1/rooms/%00 HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!("GET /v1/rooms/%ff HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!("GET /v1/events?room_id=%ff HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!("GET /app/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!(
            "GET /v1/rooms HTTP/1.1\r\n{host}x-workspace-id: a/../b\r\nConnection: close\r\n\r\n"
        ),
    ] {
        let line: String = request.chars().take(60).collect();

        let (status, answer) = raw(address, request.as_bytes()).await;
        assert!(
            status == 0 || (400..500).contains(&status),
            "{line:?} -> {answer}"
        );
    }
    assert_eq!(api.head().await, head);
    api.local().get("/health").await.expect(200);
}

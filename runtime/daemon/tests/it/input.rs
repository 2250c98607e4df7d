//! What cannot be read is refused, the member at fault is named, and nothing of it is kept.

use crate::support::{Api, Scene};
use serde_json::json;

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
            json!({"kind": "k", "size_bytes": u64::MAX}),
            "number_too_large",
            "size_bytes",
        ),
        (
            &output,
            json!({"stream": "stdout", "offset_bytes": u64::MAX, "text": "x"}),
            "number_too_large",
            "offset_bytes",
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
    let places: [(&str, String, &str); 14] = [
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
        (
            "/v1/approvals",
            "{\"action\":\"a\",\"payload\":VALUE}".into(),
            "payload",
        ),
        (
            "/v1/approvals",
            "{\"action\":\"a\",\"request\":VALUE}".into(),
            "request",
        ),
        (
            "/v1/approvals",
            "{\"action\":\"a\",\"context\":VALUE}".into(),
            "context",
        ),
        (
            "/v1/policy/evaluate",
            "{\"action\":\"external.write\",\"context\":VALUE}".into(),
            "context",
        ),
        (
            "/v1/egress/requests",
            "{\"target_url\":\"https://a.test/\",\"payload\":VALUE}".into(),
            "payload",
        ),
        (
            "/v1/incidents",
            "{\"title\":\"a\",\"details\":VALUE}".into(),
            "details",
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

//! Parameters, paths and requests that are wrong before any body is read.

use crate::support::{Api, Http, Reply, Scene, raw, within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
        "/v1/approvals?".to_owned(),
        "/v1/egress/requests?".to_owned(),
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

/// Whoever is refused before its body is read gets to read why, and keeps the connection.
#[tokio::test]
async fn a_body_that_nobody_reads_costs_no_connection() {
    let api = Api::start();
    let mut stream = tokio::net::TcpStream::connect(api.address()).await.unwrap();
    let body = "x".repeat(3_000_000);
    for (head, body, status) in [
        (
            "POST /v1/rooms HTTP/1.1\r\nAuthorization: Bearer no-such",
            body.as_str(),
            401,
        ),
        ("POST /v1/nothing HTTP/1.1", &body, 404),
        ("POST /v1/runs/run_none/start HTTP/1.1", &body, 404),
        ("GET /health HTTP/1.1", "", 200),
    ] {
        let (host, length) = (api.address(), body.len());
        let request = format!("{head}\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The bodies of these answers hold no brace but their own.
        while !answer.ends_with(b"}") {
            let read = within("an answer", stream.read_buf(&mut answer))
                .await
                .unwrap();
            assert!(read > 0, "{head}: the connection ended");
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head}: {answer}"
        );
    }
}

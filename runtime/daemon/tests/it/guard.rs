//! A web page is nobody here: every route of the OpenAPI document, and those it does not list,
//! refuse a foreign Host, a foreign Origin and a cross-site request before anything else.

use crate::support::{Api, OWNER_TOKEN, Settings, raw};
use serde_json::Value;

/// Every method and path of the document, with something in place of each parameter.
async fn routes(api: &Api) -> Vec<(String, String)> {
    let document: Value = api.local().get("/openapi.json").await.expect(200);
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let mut filled = String::new();
            for part in path.split_inclusive('}') {
                filled.push_str(part.split('{').next().unwrap());
                if part.ends_with('}') {
                    filled.push_str("some_id");
                }
            }
            routes.push((method.to_uppercase(), filled));
        }
    }
    assert!(
        routes.len() >= 45,
        "the document lists every route: {}",
        routes.len()
    );
    for unlisted in [
        "/",
        "/app/",
        "/openapi.json",
        "/nothing",
        "/v1/nothing",
        "/connection/websocket",
        "/connection/sse",
    ] {
        routes.push(("GET".into(), unlisted.into()));
    }
    assert!(
        routes
            .iter()
            .any(|(_, path)| path.starts_with("/v1/streams/"))
    );
    routes
}

/// Sends a request with the owner's token and these headers; they alone decide.
async fn send(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nAuthorization: Bearer {OWNER_TOKEN}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("Content-Length: 2\r\nConnection: close\r\n\r\n{}");
    raw(api.address(), request.as_bytes()).await
}

#[tokio::test]
async fn every_route_refuses_web_pages() {
    let api = Api::start();
    let address = api.address().to_owned();
    let port = address.rsplit(':').next().unwrap().to_owned();
    let host = ("Host", address.as_str());
    let localhost = format!("localhost:{port}");
    let rebound = format!("evil.test:{port}");
    let suffixed = format!("127.0.0.1.evil.test:{port}");
    let zero = format!("0.0.0.0:{port}");
    let same = format!("http://{address}");
    let other_port = format!("http://127.0.0.1:{}", port.parse::<u16>().unwrap() ^ 1);
    let other_name = format!("http://localhost:{port}");
    let hostile: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("Host", "evil.test")],
        vec![("Host", &rebound)],
        vec![("Host", &suffixed)],
        vec![("Host", &zero)],
        vec![("Host", "")],
        vec![host, ("Host", "evil.test")],
        vec![host, ("Origin", "http://evil.test")],
        vec![host, ("Origin", "https://evil.test")],
        vec![host, ("Origin", "null")],
        vec![host, ("Origin", &other_port)],
        vec![host, ("Origin", &other_name)],
        vec![host, ("Origin", "http://127.0.0.1:1420")],
        vec![host, ("Origin", "file://")],
        vec![host, ("Origin", "")],
        vec![host, ("Origin", &same), ("Origin", "http://evil.test")],
        vec![host, ("Sec-Fetch-Site", "cross-site")],
        vec![host, ("Sec-Fetch-Site", "same-site")],
        vec![host, ("Sec-Fetch-Site", "other")],
        vec![
            host,
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "no-cors"),
        ],
        vec![
            host,
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "iframe"),
        ],
        vec![("Host", &localhost), ("Origin", &same)],
    ];
    let head = api.head().await;
    for (method, path) in routes(&api).await {
        for headers in &hostile {
            let (status, answer) = send(&api, &method, &path, headers).await;
            // Without a Host, or with a bad one, the server's own parser may refuse first.
            let refused = status == 403 || (status == 400 && !answer.contains("error"));
            assert!(refused, "{method} {path} {headers:?} -> {answer}");
            assert!(
                !answer.to_lowercase().contains("access-control-allow"),
                "{answer}"
            );
        }
        // The preflight of a foreign page is refused too, so its request is never sent.
        let preflight = [
            host,
            ("Origin", "http://evil.test"),
            ("Access-Control-Request-Method", "POST"),
        ];
        assert_eq!(
            send(&api, "OPTIONS", &path, &preflight).await.0,
            403,
            "{path}"
        );
    }
    assert_eq!(api.head().await, head);
}

#[tokio::test]
async fn what_is_no_web_page_and_the_window_get_through() {
    let api = Api::start();
    let address = api.address().to_owned();
    let port = address.rsplit(':').next().unwrap().to_owned();
    let host = ("Host", address.as_str());
    let (localhost, six) = (format!("LocalHost:{port}"), format!("[::1]:{port}"));
    let same = format!("http://{address}");
    for headers in [
        vec![host],
        vec![("Host", &*localhost)],
        vec![("Host", "localhost")],
        vec![("Host", &*six)],
        vec![host, ("Origin", &same)],
        vec![host, ("Origin", &same), ("Sec-Fetch-Site", "same-origin")],
        vec![host, ("Sec-Fetch-Site", "none")],
    ] {
        let (status, answer) = send(&api, "GET", "/v1/rooms", &headers).await;
        assert_eq!(status, 200, "{headers:?} -> {answer}");
        assert!(
            !answer.to_lowercase().contains("access-control-allow"),
            "{answer}"
        );
    }
    for window in [
        "tauri://localhost",
        "http://tauri.localhost",
        "https://tauri.localhost",
    ] {
        let headers = [host, ("Origin", window), ("Sec-Fetch-Site", "cross-site")];
        for (method, expected) in [("GET", 200), ("OPTIONS", 204)] {
            let (status, answer) = send(&api, method, "/v1/rooms", &headers).await;
            assert_eq!(status, expected, "{window}: {answer}");
            let answer = answer.to_lowercase();
            assert!(
                answer.contains(&format!("access-control-allow-origin: {window}")),
                "{answer}"
            );
            assert!(
                !answer.contains("access-control-allow-credentials"),
                "{answer}"
            );
        }
    }
    // A link to the interface may be followed from anywhere; it shows a page and no data.
    let link = [
        host,
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ];
    assert_ne!(send(&api, "GET", "/app/", &link).await.0, 403);
    assert_eq!(send(&api, "GET", "/v1/rooms", &link).await.0, 403);
    assert_eq!(send(&api, "POST", "/app/", &link).await.0, 403);
}

/// A page that the owner allowed may use a session; every other page is still nobody.
#[tokio::test]
async fn a_page_that_the_owner_allowed_gets_through() {
    let page = "http://localhost:5173";
    let api = Api::start_with(Settings {
        args: vec!["--allowed-origin".into(), page.into()],
        ..Default::default()
    });
    let address = api.address().to_owned();
    let host = ("Host", address.as_str());
    for (method, expected) in [("GET", 200), ("OPTIONS", 204)] {
        let headers = [host, ("Origin", page), ("Sec-Fetch-Site", "cross-site")];
        let (status, answer) = send(&api, method, "/v1/rooms", &headers).await;
        assert_eq!(status, expected, "{answer}");
        let answer = answer.to_lowercase();
        for told in [
            "access-control-allow-origin: http://localhost:5173\r\n",
            "access-control-allow-credentials: true\r\n",
            "vary: origin\r\n",
        ] {
            assert!(answer.contains(told), "{told} in {answer}");
        }
        for header in [
            "authorization",
            "x-workspace-id",
            "x-bootstrap-token",
            "x-auth-bootstrap-token",
        ] {
            assert!(answer.contains(header), "{header} in {answer}");
        }
    }
    let mut hostile = vec![
        vec![host, ("Sec-Fetch-Site", "same-site")],
        vec![("Host", "evil.test"), ("Origin", page)],
        vec![host, ("Origin", page), ("Origin", "http://evil.test")],
    ];
    for other in [
        "http://localhost:5174",
        "http://localhost",
        "http://127.0.0.1:5173",
        "https://localhost:5173",
        "http://localhost:5173.evil.test",
        "http://evil.test",
        "HTTP://localhost:5173",
        "null",
    ] {
        hostile.push(vec![host, ("Origin", other)]);
    }
    for headers in hostile {
        for method in ["GET", "OPTIONS", "POST"] {
            let (status, answer) = send(&api, method, "/v1/rooms", &headers).await;
            assert_eq!(status, 403, "{headers:?}: {answer}");
            assert!(
                !answer.to_lowercase().contains("access-control"),
                "{answer}"
            );
        }
    }
    // The window gets no credentials: it has a token, and no cookies.
    let window = [host, ("Origin", "tauri://localhost")];
    let (_, answer) = send(&api, "GET", "/v1/rooms", &window).await;
    assert!(
        !answer.to_lowercase().contains("allow-credentials"),
        "{answer}"
    );
}

/// The proof of a browser's session is for the page that this server serves, and for no other.
#[tokio::test]
async fn no_other_origin_may_send_a_proof() {
    let page = "http://localhost:5173";
    let api = Api::start_with(Settings {
        args: vec!["--allowed-origin".into(), page.into()],
        ..Default::default()
    });
    for origin in [page, "tauri://localhost"] {
        let headers = [("Host", api.address()), ("Origin", origin)];
        let (status, answer) = send(&api, "OPTIONS", "/v1/rooms", &headers).await;
        let answer = answer.to_lowercase();
        assert_eq!(status, 204, "{answer}");
        assert!(answer.contains("access-control-allow-headers"), "{answer}");
        assert!(!answer.contains("x-session-proof"), "{answer}");
    }
}

#[tokio::test]
async fn a_name_that_the_owner_allowed_gets_through() {
    let api = Api::start_with(Settings {
        args: vec!["--allowed-host".into(), "box.example.org".into()],
        ..Default::default()
    });
    let allowed = [("Host", "box.example.org:1")];
    assert_eq!(send(&api, "GET", "/v1/rooms", &allowed).await.0, 200);
    let page = [
        ("Host", "box.example.org:1"),
        ("Origin", "http://box.example.org:1"),
    ];
    assert_eq!(send(&api, "GET", "/v1/rooms", &page).await.0, 200);
    for host in [
        "example.org",
        "a.box.example.org",
        "box.example.org.evil.test",
    ] {
        assert_eq!(
            send(&api, "GET", "/v1/rooms", &[("Host", host)]).await.0,
            403,
            "{host}"
        );
    }
}

#[tokio::test]
async fn answers_carry_their_trace_and_cannot_be_sniffed() {
    let api = Api::start();
    let reply = api
        .local()
        .header("x-request-id", "abc.DEF:1_2-3")
        .get("/v1/rooms")
        .await;
    assert_eq!(reply.headers["x-request-id"], "abc.DEF:1_2-3");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    for odd in ["short", "has blanks in it", &"x".repeat(129)] {
        let reply = api
            .local()
            .header("x-request-id", odd)
            .get("/v1/rooms")
            .await;
        let id = reply.headers["x-request-id"].to_str().unwrap();
        assert!(id.starts_with("req_"), "{odd} -> {id}");
    }
    let room = api
        .local()
        .header("x-correlation-id", "task-7")
        .room("room")
        .await;
    let events = api
        .local()
        .get(&format!("/v1/events?room_id={room}"))
        .await
        .expect(200);
    assert_eq!(events["events"][0]["correlation_id"], "ext_task-7");
}

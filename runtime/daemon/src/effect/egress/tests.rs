#![allow(clippy::unwrap_used)]
//! Against a server on this machine, with limits that are short.

use super::*;
use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    total: Duration::from_secs(20),
    response_bytes: 1_000,
};

/// Answers one connection with these bytes, then waits for its end. Hands back what it was sent.
async fn server(answer: &'static [u8]) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        let mut piece = [0; 4_096];
        while !seen.ends_with(b"\r\n\r\n") && !seen.ends_with(b"body") {
            match stream.read(&mut piece).await.unwrap() {
                0 => break,
                read => seen.extend_from_slice(&piece[..read]),
            }
        }
        // The other side may hang up before all of it is written.
        stream.write_all(answer).await.ok();
        tokio::io::copy(&mut stream, &mut tokio::io::sink())
            .await
            .ok();
        String::from_utf8_lossy(&seen).into_owned()
    });
    (address, serving)
}

fn request(method: Method, uri: String, body: &'static str) -> Request {
    Request {
        method,
        uri: uri.parse::<Uri>().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from(body),
    }
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_its_answer_comes_back() {
    let answer =
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 4\r\n\r\ngone";
    let (address, serving) = server(answer).await;
    // The name stands in the header; the connection goes to the address that was checked.
    let uri = format!("http://api.example.com:{}/a?b=c", address.port());
    let request = request(Method::POST, uri, "the body");
    let answer = send(request, &[address], LIMITS).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (302, &b"gone"[..]));
    assert_eq!(answer.address, address);
    let seen = serving.await.unwrap();
    assert!(seen.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{seen}");
    let host = format!("host: api.example.com:{}\r\n", address.port());
    for line in [
        &host,
        "content-length: 8\r\n",
        "accept-encoding: identity\r\n",
    ] {
        assert!(seen.contains(line), "{line} in {seen}");
    }
}

#[tokio::test]
async fn how_it_can_fail() {
    let long = Box::leak(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(2_000)).into_boxed_str());
    let heads =
        Box::leak(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(40_000)).into_boxed_str());
    let quick = Limits {
        total: Duration::from_millis(50),
        ..LIMITS
    };
    type Row = (
        &'static [u8],
        &'static str,
        Limits,
        &'static str,
        Sent,
        Option<u16>,
    );
    let table: [Row; 6] = [
        (
            long.as_bytes(),
            "http",
            LIMITS,
            "response_too_large",
            Sent::Yes,
            Some(200),
        ),
        (
            heads.as_bytes(),
            "http",
            LIMITS,
            "connection_broken",
            Sent::Unknown,
            None,
        ),
        (
            b"nonsense\r\n\r\n",
            "http",
            LIMITS,
            "connection_broken",
            Sent::Unknown,
            None,
        ),
        (b"", "http", quick, "timed_out", Sent::Unknown, None),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            "http",
            quick,
            "timed_out",
            Sent::Yes,
            Some(200),
        ),
        (
            b"no tls at all\r\n\r\n",
            "https",
            quick,
            "timed_out",
            Sent::No,
            None,
        ),
    ];
    for (answer, scheme, limits, code, sent, status) in table {
        let (address, serving) = server(answer).await;
        let request = request(Method::GET, format!("{scheme}://a.test/"), "");
        let failure = send(request, &[address], limits).await.unwrap_err();
        assert_eq!((failure.code, failure.sent), (code, sent), "{failure:?}");
        assert_eq!(failure.http_status, status);
        serving.abort();
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let request = request(Method::GET, "http://a.test/".to_owned(), "");
    let failure = send(request, &[closed], LIMITS).await.unwrap_err();
    assert_eq!((failure.code, failure.sent), ("connect_failed", Sent::No));
}

/// Whatever the address is called.
#[tokio::test]
async fn what_is_not_public_is_not_reached_unless_the_owner_named_it() {
    for uri in [
        "http://127.0.0.1/",
        "http://localhost/",
        "https://localhost./",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1:8080/",
        "http://0.0.0.0/",
        "http://0/",
    ] {
        let failure = resolve(&uri.parse().unwrap(), &[]).await.unwrap_err();
        let refused = ["address_not_allowed", "host_not_found"].contains(&failure.code);
        assert!(refused && failure.sent == Sent::No, "{uri}: {failure:?}");
    }
    let uri: Uri = "http://localhost:8080/".parse().unwrap();
    let named = |text| [HostRule::parse(text).unwrap()];
    assert!(resolve(&uri, &named("localhost")).await.is_ok());
    assert!(resolve(&uri, &named("localhost:8080")).await.is_ok());
    for other in ["localhost:80", "127.0.0.1"] {
        assert!(resolve(&uri, &named(other)).await.is_err(), "{other}");
    }
    let public = std::net::Ipv4Addr::new(1, 1, 1, 1);
    let literal: Uri = format!("http://{public}/").parse().unwrap();
    let found = resolve(&literal, &[]).await.unwrap();
    assert_eq!(found, [SocketAddr::from((public, 80))]);
}

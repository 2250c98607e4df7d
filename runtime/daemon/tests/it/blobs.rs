//! Blobs: streamed, named by their content, whole or not there.

use crate::support::{Api, eventually, files, grep, unfinished_blobs, within};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

fn name(content: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(content)))
}

#[tokio::test]
async fn a_blob_comes_back_as_it_was_sent() {
    let api = Api::start();
    let local = api.local();
    let pattern: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for content in [Vec::new(), b"hello".to_vec(), vec![0; 65_537], pattern] {
        let stored = local.put("/v1/blobs", content.clone()).await.expect(201);
        assert_eq!(
            stored,
            json!({"blob": name(&content), "size_bytes": content.len()})
        );
        let path = format!("/v1/blobs/{}", name(&content));
        let response = local.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-length"], content.len().to_string());
        assert_eq!(
            headers["content-disposition"], "attachment",
            "a page from a blob would be ours"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-type"], "application/octet-stream");
        assert_eq!(response.bytes().await.unwrap(), content);
        // Again is fine, and is the same blob.
        assert_eq!(
            local.put("/v1/blobs", content.clone()).await.expect(201),
            stored
        );
    }
    assert_eq!(files(&api.data_dir.join("blobs")).len(), 4);
    assert_eq!(unfinished_blobs(&api.data_dir), Vec::<String>::new());
}

#[tokio::test]
async fn names_that_are_none_are_not_found_and_nothing_outside_is_read() {
    let api = Api::start();
    let local = api.local();
    local.put("/v1/blobs", "hello").await.expect(201);
    let good = name(b"hello");
    for bad in [
        name(b"other"),
        good.to_uppercase(),
        good.replace("sha256:", ""),
        good.replace("sha256:", "sha512:"),
        format!("{good}0"),
        good[..70].to_owned(),
        "sha256:".to_owned(),
        "..%2f..%2fsignalbox.db".to_owned(),
        "sha256:..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"
            .to_owned(),
        format!("{}%00", &good[..70]),
        "%00".to_owned(),
    ] {
        let reply = local.get(&format!("/v1/blobs/{bad}")).await;
        let body = reply.expect(404);
        assert!(
            ["blob_not_found", "not found"].contains(&body["error"].as_str().unwrap()),
            "{bad}: {body}"
        );
    }
}

#[tokio::test]
async fn a_blob_past_the_limit_is_refused_and_leaves_nothing() {
    const LIMIT: usize = 100 * 1024 * 1024;
    let api = Api::start();
    let local = api.local();
    // Streamed: neither side ever holds it whole.
    let stream = |bytes: usize| {
        let chunk = vec![7_u8; 1 << 20];
        let chunks = (0..bytes.div_ceil(1 << 20)).map(move |index| {
            let rest = bytes - (index << 20);
            Ok::<_, std::io::Error>(chunk[..rest.min(1 << 20)].to_vec())
        });
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    local
        .put("/v1/blobs", stream(LIMIT + 1))
        .await
        .refused(413, "payload_too_large");
    assert_eq!(
        files(&api.data_dir.join("blobs")),
        Vec::<std::path::PathBuf>::new()
    );
    let stored = local.put("/v1/blobs", stream(LIMIT)).await.expect(201);
    assert_eq!(stored["size_bytes"], LIMIT);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let api = Api::start();
    let head = format!(
        "PUT /v1/blobs HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000000\r\n\r\n",
        api.address()
    );
    let chunked = head.replace("Content-Length: 1000000", "Transfer-Encoding: chunked");
    for (request, body) in [
        (&head, "the first half only".repeat(1_000)),
        (&chunked, "5\r\nhello\r\n".to_owned()),
        (&chunked, "5\r\nhello\r\nffff\r\nhalf".to_owned()),
    ] {
        let mut stream = tokio::net::TcpStream::connect(api.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        eventually("the upload begins", || async {
            (!unfinished_blobs(&api.data_dir).is_empty()).then_some(())
        })
        .await;
        drop(stream);
        eventually("nothing is left", || async {
            files(&api.data_dir.join("blobs")).is_empty().then_some(())
        })
        .await;
    }
}

/// Killed in the middle of uploads: the next start removes what they left, and keeps what was
/// acknowledged.
#[tokio::test]
async fn a_killed_api_leaves_no_half_blobs_behind() {
    let api = Api::start();
    api.local().put("/v1/blobs", "kept").await.expect(201);
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = tokio::net::TcpStream::connect(api.address()).await.unwrap();
        let head = format!(
            "PUT /v1/blobs HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000000\r\n\r\n",
            api.address()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[1; 300_000]).await.unwrap();
        streams.push(stream);
    }
    eventually("four uploads are under way", || async {
        (unfinished_blobs(&api.data_dir).len() == 4).then_some(())
    })
    .await;
    let stopped = api.kill();
    assert_eq!(
        unfinished_blobs(&stopped.data_dir).len(),
        4,
        "the kill left them"
    );
    let api = Api::start_again(stopped);
    assert_eq!(unfinished_blobs(&api.data_dir), Vec::<String>::new());
    let kept = api
        .local()
        .get(&format!("/v1/blobs/{}", name(b"kept")))
        .await;
    assert_eq!((kept.status, kept.text.as_str()), (200, "kept"));
}

/// The same content from many at once is one file.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_blob_from_many_at_once() {
    let api = Api::start();
    let content = vec![42_u8; 1_000_000];
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (http, content) = (api.local(), content.clone());
        work.spawn(async move { http.put("/v1/blobs", content).await.expect(201)["blob"].clone() });
    }
    for blob in work.join_all().await {
        assert_eq!(blob, name(&content));
    }
    assert_eq!(files(&api.data_dir.join("blobs")).len(), 1);
}

/// What an artifact refers to is kept; what nothing refers to is forgotten when it is old.
#[tokio::test]
async fn old_blobs_that_nothing_refers_to_are_removed_at_the_next_start() {
    let api = Api::start();
    let local = api.local();
    let scene = crate::support::Scene::set(&local).await;
    for content in [
        "referred to",
        "old and forgotten",
        "new and not referred to yet",
    ] {
        local.put("/v1/blobs", content).await.expect(201);
    }
    let artifact = json!({"kind": "k", "content": {"type": "blob", "blob": name(b"referred to")}});
    let path = format!("/v1/steps/{}/artifacts", scene.step);
    let id = local.post(&path, artifact).await.expect(201)["artifact_id"].clone();
    let stopped = api.stop().await;
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let new = name(b"new and not referred to yet");
    database
        .execute("UPDATE blob SET created_at = 1 WHERE blob <> ?1", [&new])
        .unwrap();
    drop(database);
    let api = Api::start_again(stopped);
    for (content, status) in [
        ("referred to", 200),
        ("old and forgotten", 404),
        ("new and not referred to yet", 200),
    ] {
        let path = format!("/v1/blobs/{}", name(content.as_bytes()));
        assert_eq!(api.local().get(&path).await.status, status, "{content}");
    }
    assert_eq!(
        grep(&api.data_dir.join("blobs"), "forgotten"),
        Vec::<std::path::PathBuf>::new()
    );
    let artifact = api
        .local()
        .get(&format!("/v1/artifacts/{}", id.as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(artifact["artifact"]["content_blob"], name(b"referred to"));
    assert_eq!(artifact["artifact"]["size_bytes"], 11);
    // A forgotten blob can be stored again.
    within("a put", api.local().put("/v1/blobs", "old and forgotten"))
        .await
        .expect(201);
}

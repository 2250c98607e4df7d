//! Files by the hash of their content.

use super::refused;
use crate::support::{Api, Reply, raw, unfinished_blobs};
use reqwest::Method;
use serde_json::json;

const HELLO: &str = "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

#[tokio::test]
async fn a_file_goes_by_its_content() {
    let api = Api::start();
    let local = api.local();
    for _ in 0..2 {
        let stored = local.post_text("/files", "hello world").await.expect(201);
        assert_eq!(stored["hash"], HELLO);
        assert_eq!(stored["size"], 11);
        assert_eq!(stored["type"], "text/plain; charset=utf-8");
    }
    let read = local.get(&format!("/files/{HELLO}")).await;
    assert_eq!((read.status, read.text.as_str()), (200, "hello world"));
    let head = Reply::of(local.request(Method::HEAD, &format!("/files/{HELLO}"))).await;
    for reply in [&read, &head] {
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "11"),
            ("access-control-allow-origin", "*"),
            ("accept-ranges", "bytes"),
            ("x-file-type", "text/plain; charset=utf-8"),
            ("content-disposition", "attachment"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.headers[name], value);
        }
    }
    assert_eq!(head.text, "");
    let empty = local.post_text("/files", "").await.expect(201);
    assert_eq!(empty["size"], 0);
    let picture = local
        .post_text("/files", b"\x89PNG\r\n\x1a\n....".to_vec())
        .await
        .expect(201);
    assert_eq!(picture["type"], "image/png");
}

#[tokio::test]
async fn parts_of_a_file() {
    let api = Api::start();
    let local = api.local();
    local.post_text("/files", "hello world").await.expect(201);
    let path = format!("/files/{HELLO}");
    let read = async |range: &str| local.clone().header("range", range).get(&path).await;
    for (range, text, told) in [
        ("bytes=0-4", "hello", "bytes 0-4/11"),
        ("bytes=6-", "world", "bytes 6-10/11"),
        ("bytes=-3", "rld", "bytes 8-10/11"),
        ("bytes=6-999", "world", "bytes 6-10/11"),
    ] {
        let part = read(range).await;
        assert_eq!((part.status, part.text.as_str()), (206, text), "{range}");
        assert_eq!(part.headers["content-range"], told);
        assert_eq!(part.headers["content-length"], text.len().to_string());
    }
    let outside = read("bytes=11-").await;
    assert_eq!(outside.status, 416);
    assert_eq!(outside.headers["content-range"], "bytes */11");
    for whole in ["bytes=x", "lines=0-1", "bytes=0-1,4-5"] {
        let reply = read(whole).await;
        assert_eq!((reply.status, reply.text.len()), (200, 11), "{whole}");
    }
    let changed = local
        .clone()
        .header("range", "bytes=0-4")
        .header("if-range", "\"other\"");
    assert_eq!(changed.get(&path).await.status, 200);
    let same = local
        .clone()
        .header("range", "bytes=0-4")
        .header("if-range", &format!("\"{HELLO}\""));
    assert_eq!(same.get(&path).await.status, 206);
}

#[tokio::test]
async fn names_that_are_none() {
    let api = Api::start();
    let local = api.local();
    for odd in [
        "sha256:abc",
        "md5:abc",
        "sha256:..",
        &HELLO.to_uppercase(),
        "x",
    ] {
        refused(
            &local.get(&format!("/files/{odd}")).await,
            400,
            "invalid hash format",
        );
    }
    let request = format!(
        "GET /files/sha256:../../etc/passwd HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        api.address()
    );
    let (status, answer) = raw(api.address(), request.as_bytes()).await;
    assert_eq!(status, 400);
    assert!(
        answer.ends_with("{\"error\":\"invalid hash format\"}"),
        "{answer}"
    );
    let absent = format!("/files/sha256:{}", "0".repeat(64));
    refused(&local.get(&absent).await, 404, "blob not found");
}

#[tokio::test]
async fn files_that_are_too_large() {
    let api = Api::start();
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: {}\r\ncontent-length: 104857601\r\nconnection: close\r\n\r\n",
        api.address()
    );
    let (status, answer) = raw(api.address(), head.as_bytes()).await;
    assert_eq!(status, 413, "{answer}");
    assert!(
        answer.contains("{\"error\":\"file too large, max 104857600 bytes\"}"),
        "{answer}"
    );
    // Somebody who does not say how large it is.
    let chunk = vec![7_u8; 1024 * 1024];
    let chunks =
        futures_util::stream::iter((0..101).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let request = api.local().request(Method::POST, "/files");
    let reply = Reply::of(request.body(reqwest::Body::wrap_stream(chunks))).await;
    refused(&reply, 413, "file too large, max 104857600 bytes");
    assert!(unfinished_blobs(&api.data_dir).is_empty());
}

/// What agents put there stays there, also when no message names it.
#[tokio::test]
async fn files_are_kept() {
    let api = Api::start();
    api.local()
        .post_text("/files", "hello world")
        .await
        .expect(201);
    let stopped = api.stop().await;
    let database = rusqlite::Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    let aged = database
        .execute("UPDATE blob SET created_at = 0", [])
        .unwrap();
    assert_eq!(aged, 1);
    drop(database);
    let api = Api::start_again(stopped);
    let read = api.local().get(&format!("/files/{HELLO}")).await;
    assert_eq!(read.text, "hello world");
    // It is a blob as any other.
    let blob = api.local().get(&format!("/v1/blobs/{HELLO}")).await;
    assert_eq!(blob.text, "hello world");
    let put = api.local().put("/v1/blobs", "other").await.expect(201);
    let other = format!("/files/{}", put["blob"].as_str().unwrap());
    assert_eq!(api.local().get(&other).await.text, "other");
    assert_eq!(put["size_bytes"], json!(5));
}

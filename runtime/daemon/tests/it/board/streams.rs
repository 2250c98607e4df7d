//! Live streams: from now on, or after what was seen last; of a channel, or of all.

use super::watch::Watch;
use super::{publish, refused, task};
use crate::support::{Api, Reply, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_channel_is_watched_live() {
    let api = Api::start();
    let local = api.local();
    publish(&local, "c", "x", json!({"n": 0})).await;
    let mut watch = Watch::open(&local, "/ch/c", None).await;
    publish(&local, "other", "x", json!({"n": 1})).await;
    for n in 2..5 {
        publish(&local, "c", "x", json!({"n": n})).await;
    }
    // It stays open, and shows what came since it was opened.
    assert_eq!(watch.numbers(3).await, [2, 3, 4]);
    assert_eq!(watch.comments, ["open"]);
    let live = api.local().get("/ch/c/history?n=1").await;
    publish(&local, "c", "x", json!({"n": 5})).await;
    let shown = watch.next().await;
    assert_eq!(shown["body"]["n"], 5);
    let kept: Value = serde_json::from_str(&live.text).unwrap();
    // What is live and what is history have the same members.
    let members =
        |message: &Value| -> Vec<String> { message.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(members(&shown), members(&kept));
}

#[tokio::test]
async fn nothing_is_missed_between_two_connections() {
    let api = Api::start();
    let local = api.local();
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(publish(&local, "c", "x", json!({"n": n})).await);
        publish(&local, "other", "x", json!({"n": 100 + n})).await;
    }
    let mut after = Watch::open(&local, "/ch/c", Some(&ids[14])).await;
    assert_eq!(after.numbers(5).await, [15, 16, 17, 18, 19]);
    let mut all = Watch::open(&local, "/ch/c", Some("0")).await;
    assert_eq!(all.numbers(20).await, Vec::from_iter(0..20));
    let mut by_parameter = Watch::open(&local, &format!("/ch/c?since={}", ids[18]), None).await;
    assert_eq!(by_parameter.numbers(1).await, [19]);
    publish(&local, "c", "x", json!({"n": 20})).await;
    for watch in [&mut after, &mut all, &mut by_parameter] {
        assert_eq!(watch.numbers(1).await, [20]);
    }
    let api = Api::start_again(api.stop().await);
    let mut again = Watch::open(&api.local(), "/ch/c", Some(&ids[17])).await;
    assert_eq!(again.numbers(3).await, [18, 19, 20]);
}

/// Many publish while many come and go: each sees every message once, in one order.
#[tokio::test]
async fn everybody_sees_everything_once_under_load() {
    let api = Api::start();
    let local = api.local();
    let mut writers = Vec::new();
    for writer in 0..4 {
        let http = local.clone();
        writers.push(tokio::spawn(async move {
            for n in 0..50 {
                publish(&http, "busy", "x", json!({"n": writer * 50 + n})).await;
            }
        }));
    }
    let mut readers = Vec::new();
    for _ in 0..8 {
        let http = local.clone();
        readers.push(tokio::spawn(async move {
            let (mut seen, mut last) = (Vec::new(), "0".to_owned());
            while seen.len() < 200 {
                let mut watch = Watch::open(&http, "/ch/busy", Some(&last)).await;
                // Then it goes away in the middle.
                for _ in 0..(200 - seen.len()).min(37) {
                    let message = watch.next().await;
                    last = super::id(&message);
                    seen.push(message["body"]["n"].as_i64().unwrap());
                }
            }
            seen
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let mut orders = Vec::new();
    for reader in readers {
        orders.push(reader.await.unwrap());
    }
    assert!(orders.iter().all(|order| *order == orders[0]));
    orders[0].sort();
    assert_eq!(orders[0], Vec::from_iter(0..200));
}

#[tokio::test]
async fn the_god_view_shows_every_channel() {
    let api = Api::start();
    let local = api.local();
    let first = publish(&local, "a", "x", json!({"n": 0})).await;
    // What is no message of a channel is not there.
    let room = local.room("Greenhouse").await;
    let mut live = Watch::open(&local, "/", None).await;
    let mut replay = Watch::open(&local, "/", Some(&first)).await;
    publish(&local, "b", "x", json!({"n": 1})).await;
    let wanted = task(&local, json!({"for": "agent.bob"})).await;
    for watch in [&mut live, &mut replay] {
        assert_eq!(watch.numbers(1).await, [1]);
        let created = watch.next().await;
        assert_eq!(
            (&created["type"], &created["ch"]),
            (&json!("task.created"), &json!("tasks"))
        );
        assert_eq!(
            created["body"],
            json!({"task-id": wanted, "title": "Sweep", "for": "agent.bob"})
        );
    }
    assert!(room.starts_with("room_"));
}

#[tokio::test]
async fn lines_of_json_for_jq() {
    let api = Api::start();
    let local = api.local();
    publish(&local, "c", "x", json!({"n": 1})).await;
    let by_accept = local.clone().header("accept", "application/x-ndjson");
    for (http, path) in [
        (&local, "/?format=ndjson&since=0"),
        (&by_accept, "/?since=0"),
        (&local, "/ch/c?format=ndjson&since=0"),
        (&by_accept, "/ch/c?since=0"),
    ] {
        let mut watch = Watch::open(http, path, None).await;
        assert_eq!(watch.next_line().await["body"]["n"], 1, "{path}");
    }
    let head = local.request(Method::HEAD, "/?format=ndjson");
    let head = Reply::of(head).await;
    assert_eq!(head.headers["content-type"], "application/x-ndjson");
    let odd = local.get("/?format=xml").await;
    refused(&odd, 400, "\"format\" must be sse or ndjson.");
}

#[tokio::test]
async fn a_head_has_the_headers_of_a_stream() {
    let api = Api::start();
    for path in ["/", "/ch/general"] {
        let head = Reply::of(api.local().request(Method::HEAD, path)).await;
        assert_eq!(head.status, 200);
        assert_eq!(head.text, "");
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
            ("connection", "keep-alive"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(head.headers[name], value, "{path}");
        }
    }
}

#[tokio::test]
async fn browsers_are_shown_the_page() {
    let api = Api::start();
    let browser = api
        .local()
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let reply = browser.get("/").await;
    assert_eq!(reply.status, 307);
    assert_eq!(reply.headers["location"], "/app/");
}

/// A stream counts for as long as somebody reads it.
#[tokio::test]
async fn watchers_are_counted() {
    let api = Api::start();
    let local = api.local();
    let subscribers = async || local.get("/status").await.expect(200)["subscribers"].as_u64();
    let one = Watch::open(&local, "/", None).await;
    let two = Watch::open(&local, "/ch/c", None).await;
    assert_eq!(subscribers().await, Some(2));
    drop((one, two));
    eventually("the watchers are gone", async || {
        (subscribers().await == Some(0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn cursors_that_are_none() {
    let api = Api::start();
    let local = api.local();
    let odd = local.clone().header("last-event-id", "%%%");
    for path in ["/", "/ch/c"] {
        let sentence = "\"Last-Event-ID\" must be the id of a message, or 0 for the first.";
        refused(&odd.get(path).await, 400, sentence);
    }
    let room = local.get("/ch/room.room_none").await.expect(404);
    assert!(room["error"].as_str().unwrap().contains("room_none"));
}

/// Streams do not hold up the end of the process.
#[tokio::test]
async fn it_stops_while_somebody_watches() {
    let api = Api::start();
    let watch = Watch::open(&api.local(), "/", None).await;
    api.stop().await;
    drop(watch);
}

/// The page in a terminal's clothes is a few files of its own, and may load nothing else.
#[tokio::test]
async fn the_page_is_served() {
    let api = Api::start();
    let local = api.local();
    let page = local.get("/ui").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers.get("access-control-allow-origin"), None);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for (file, kind) in [("board.css", "text/css"), ("board.js", "text/javascript")] {
        assert!(page.text.contains(&format!("/ui/{file}")));
        let file = local.get(&format!("/ui/{file}")).await;
        assert!(
            file.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with(kind)
        );
        assert_eq!(file.status, 200);
    }
    local.get("/ui/nothing").await.expect(404);
    local.get("/ui/").await.expect(404);
    let link = local
        .clone()
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    assert_eq!(link.get("/ui").await.status, 200);
}

//! Server-Sent Events: history, then live, each event once and in order, whatever happens.

use crate::support::{Api, Frame, Http, Live, raw, within};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

fn room_stream(room: &str, query: &str) -> String {
    format!("/v1/streams/rooms/{room}{query}")
}

#[tokio::test]
async fn frames_are_the_events_themselves() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    local
        .message(
            &thread,
            "line one\nline two\r\n\r\ndata: not a field\u{2028}",
        )
        .await;
    let listed = local
        .get(&format!("/v1/events?room_id={room}"))
        .await
        .expect(200)["events"]
        .clone();
    let mut live = Live::open(&local, &room_stream(&room, ""), None).await;
    let mut workspace = Live::open(&local, "/v1/streams/workspace", None).await;
    for (index, frame) in live.take(3).await.iter().enumerate() {
        assert_eq!(
            frame.data, listed[index],
            "a stream shows an event as a list does"
        );
        assert_eq!(
            frame.id,
            index as u64 + 1,
            "the id of a room's stream is the sequence"
        );
        assert_eq!(frame.event, listed[index]["event_type"]);
    }
    for (index, frame) in workspace.take(3).await.iter().enumerate() {
        assert_eq!(frame.data, listed[index]);
        assert_eq!(
            frame.data["position"], frame.id,
            "the id of the workspace's is the position"
        );
    }
    local.message(&thread, "live").await;
    let fetched = local.get("/v1/events?order=desc&limit=1").await.expect(200)["events"][0].clone();
    for live in [&mut live, &mut workspace] {
        let frame = live.next().await.unwrap();
        assert_eq!(frame.data, fetched, "history and live say the same");
    }
}

#[tokio::test]
async fn a_stream_starts_where_it_is_asked_to() {
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let other = local.room("other").await;
    let (thread, elsewhere) = (local.thread(&room).await, local.thread(&other).await);
    for number in 0..8 {
        local.message(&elsewhere, "elsewhere").await;
        local.message(&thread, &format!("{number}")).await;
    }
    // The room's stream holds ten events.
    for (query, last_event_id, first) in [
        ("", None, 1),
        ("?from_seq=0", None, 1),
        ("?from_seq=4", None, 5),
        ("?from_seq=9", None, 10),
        ("", Some(7), 8),
        ("?from_seq=2", Some(7), 8),
    ] {
        let mut live = Live::open(&local, &room_stream(&room, query), last_event_id).await;
        let ids: Vec<u64> = live
            .take(11 - first as usize)
            .await
            .iter()
            .map(|frame| frame.id)
            .collect();
        assert_eq!(
            ids,
            (first..=10).collect::<Vec<u64>>(),
            "{query} {last_event_id:?}"
        );
    }
    let all = local
        .get(&format!("/v1/events?room_id={room}"))
        .await
        .expect(200)["events"]
        .clone();
    let position = all[4]["position"].as_u64().unwrap();
    let path = format!("/v1/streams/workspace?from_position={position}");
    let mut live = Live::open(&local, &path, None).await;
    assert_eq!(live.next().await.unwrap().id, position + 1);
    let mut live = Live::open(&local, "/v1/streams/workspace", Some(position)).await;
    assert_eq!(live.next().await.unwrap().id, position + 1);
    // Only what comes next.
    let mut latest = Live::open(&local, &room_stream(&room, "?from_seq=latest"), None).await;
    let mut newest = Live::open(&local, "/v1/streams/workspace?from_position=latest", None).await;
    // At the tail, and nothing new: the next event is the first frame.
    let mut tail = Live::open(&local, &room_stream(&room, "?from_seq=10"), None).await;
    local.message(&thread, "new").await;
    assert_eq!(latest.next().await.unwrap().id, 11);
    assert_eq!(tail.next().await.unwrap().id, 11);
    assert_eq!(
        newest.next().await.unwrap().data["data"]["content_md"],
        "new"
    );
}

#[tokio::test]
async fn what_cannot_be_streamed_is_refused_at_once() {
    let api = Api::start();
    let (local, owner) = (api.local(), api.owner());
    let room = local.room("room").await;
    let foreign = owner.clone().workspace("ws_b").room("foreign").await;
    local
        .get(&room_stream("room_none", ""))
        .await
        .refused(404, "room_not_found");
    local
        .get(&room_stream(&foreign, ""))
        .await
        .refused(404, "room_not_found");
    owner
        .get(&room_stream(&foreign, ""))
        .await
        .refused(404, "room_not_found");
    for bad in ["x", "-1", "1.5", "99999999999999999999", "LATEST"] {
        let path = room_stream(&room, &format!("?from_seq={bad}"));
        local.get(&path).await.bad("invalid_cursor", "from_seq");
        let path = format!("/v1/streams/workspace?from_position={bad}");
        local
            .get(&path)
            .await
            .bad("invalid_cursor", "from_position");
    }
    let bad = local.clone().header("last-event-id", "seven");
    bad.get(&room_stream(&room, ""))
        .await
        .bad("invalid_cursor", "Last-Event-ID");
    api.local()
        .bearer("wrong")
        .get(&room_stream(&room, ""))
        .await
        .refused(401, "invalid_token");
}

#[tokio::test]
async fn the_first_bytes_come_before_the_first_event() {
    let api = Api::start();
    let room = api.local().room("room").await;
    let path = room_stream(&room, "?from_seq=1");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", api.address());
    // HTTP/1.0: the stream ends when we close; the head and the greeting come at once.
    let mut stream = tokio::net::TcpStream::connect(api.address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .unwrap();
    let mut seen = String::new();
    let mut buffer = vec![0; 4096];
    while !seen.contains(": signalbox\n\n") {
        let read = tokio::io::AsyncReadExt::read(&mut stream, &mut buffer);
        let count = within("the greeting", read).await.unwrap();
        assert!(count > 0, "closed after {seen:?}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let head = seen.to_lowercase();
    assert!(head.contains("content-type: text/event-stream"), "{seen}");
    assert!(
        head.contains("cache-control: no-cache, no-transform"),
        "{seen}"
    );
    let (status, _) = raw(
        api.address(),
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_stream_shows_its_own_workspace_only() {
    let api = Api::start();
    let owner = api.owner();
    let foreign = owner.clone().workspace("ws_b");
    let mut home = Live::open(&api.local(), "/v1/streams/workspace", None).await;
    let mut away = Live::open(&foreign, "/v1/streams/workspace", None).await;
    for number in 0..5 {
        foreign.room(&format!("away {number}")).await;
        owner.room(&format!("home {number}")).await;
    }
    for (live, title) in [(&mut home, "home"), (&mut away, "away")] {
        for (number, frame) in live.take(5).await.iter().enumerate() {
            assert_eq!(frame.data["data"]["title"], format!("{title} {number}"));
        }
    }
}

/// Writers write as fast as they can; watchers come and go at random moments with the last id
/// they saw. Each must see the whole room, in order, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_missed_or_repeated_while_writers_write() {
    const WRITERS: usize = 8;
    const MESSAGES: usize = 150;
    const WATCHERS: u64 = 12;
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let total = 2 + (WRITERS * MESSAGES) as u64;
    let (written, progress) = watch::channel(0_usize);
    let written = Arc::new(written);
    let mut work = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (http, thread, written) = (api.local(), thread.clone(), written.clone());
        work.spawn(async move {
            for number in 0..MESSAGES {
                http.message(&thread, &format!("{writer}:{number}")).await;
                written.send_modify(|count| *count += 1);
            }
        });
    }
    for watcher in 0..WATCHERS {
        let (http, mut progress) = (api.local(), progress.clone());
        let (room, workspace) = (room.clone(), watcher % 3 == 2);
        work.spawn(async move {
            // Start when so much has been written.
            let start = (watcher as usize * 97) % (WRITERS * MESSAGES / 2);
            progress
                .wait_for(|written| *written >= start)
                .await
                .unwrap();
            let path = if workspace {
                "/v1/streams/workspace".to_owned()
            } else {
                room_stream(&room, "")
            };
            let mut seen: Vec<Frame> = Vec::new();
            let mut patience = 1 + watcher as usize * 31 % 200;
            while (seen.len() as u64) < total {
                let last = seen.last().map(|frame| frame.id);
                let mut live = Live::open(&http, &path, last).await;
                // Stays for a while, then drops the connection in the middle of it.
                while (seen.len() as u64) < total && patience > 0 {
                    seen.push(live.next().await.expect("the stream goes on"));
                    patience -= 1;
                }
                patience = 1 + (seen.len() * 7919) % 400;
            }
            let ids: Vec<u64> = seen.iter().map(|frame| frame.id).collect();
            assert_eq!(ids, (1..=total).collect::<Vec<u64>>(), "watcher {watcher}");
            for (index, frame) in seen.iter().enumerate() {
                assert_eq!(frame.data["stream_seq"], index as u64 + 1);
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
}

/// A reader that reads nothing while a lot is written gets all of it when it comes back, and
/// costs the others nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_everything_and_holds_up_nobody() {
    // Past the frames and bytes that a feed keeps, and past what the sockets hold.
    const MESSAGES: u64 = 200;
    let api = Api::start();
    let local = api.local();
    let room = local.room("room").await;
    let thread = local.thread(&room).await;
    let mut slow = Live::open(&local, &room_stream(&room, ""), None).await;
    assert_eq!(slow.next().await.unwrap().id, 1);
    let fast = tokio::spawn({
        let (http, path) = (api.local(), room_stream(&room, ""));
        async move {
            let mut fast = Live::open(&http, &path, None).await;
            fast.take(2 + MESSAGES as usize).await
        }
    });
    let mut work = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (http, thread) = (api.local(), thread.clone());
        work.spawn(async move {
            for number in 0..MESSAGES / 4 {
                // 200 × 100 KB is 20 MB.
                http.message(
                    &thread,
                    &format!("{writer} {number} {}", "x".repeat(100_000)),
                )
                .await;
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let fast: Vec<u64> = fast.await.unwrap().iter().map(|frame| frame.id).collect();
    assert_eq!(fast, (1..=2 + MESSAGES).collect::<Vec<u64>>());
    let rest: Vec<u64> = slow
        .take(1 + MESSAGES as usize)
        .await
        .iter()
        .map(|frame| frame.id)
        .collect();
    assert_eq!(rest, (2..=2 + MESSAGES).collect::<Vec<u64>>());
}

/// The api dies under its watchers again and again; with their last ids they miss nothing.
#[tokio::test(flavor = "multi_thread")]
async fn watchers_survive_the_api() {
    let mut api = Api::start();
    let room = api.local().room("room").await;
    let thread = api.local().thread(&room).await;
    let mut seen: Vec<u64> = Vec::new();
    let mut acknowledged = 2;
    for _ in 0..5 {
        let done = Arc::new(AtomicBool::new(false));
        let count = Arc::new(Mutex::new(0_u64));
        let writer = tokio::spawn({
            let (http, thread, done, count) =
                (api.local(), thread.clone(), done.clone(), count.clone());
            async move {
                let path = format!("/v1/threads/{thread}/messages");
                while !done.load(Ordering::Relaxed) {
                    match http.try_post(&path, json!({"content_md": "x"})).await {
                        Some(reply) if reply.status == 201 => *count.lock().unwrap() += 1,
                        Some(reply) => panic!("{}", reply.text),
                        None => return,
                    }
                }
            }
        });
        let mut live =
            Live::open(&api.local(), &room_stream(&room, ""), seen.last().copied()).await;
        for _ in 0..60 {
            seen.push(live.next().await.expect("the stream goes on").id);
        }
        let stopped = api.kill();
        while let Some(frame) = live.next().await {
            seen.push(frame.id);
        }
        done.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        acknowledged += *count.lock().unwrap();
        api = Api::start_again(stopped);
    }
    let head = head_seq(&api.local(), &room).await;
    assert!(
        head >= acknowledged,
        "{head} kept of {acknowledged} acknowledged"
    );
    let mut live = Live::open(&api.local(), &room_stream(&room, ""), seen.last().copied()).await;
    while seen.last() != Some(&head) {
        seen.push(live.next().await.expect("the stream goes on").id);
    }
    assert_eq!(seen, (1..=head).collect::<Vec<u64>>());
}

async fn head_seq(http: &Http, room: &str) -> u64 {
    let room = http.get(&format!("/v1/rooms/{room}")).await.expect(200);
    room["room"]["head_seq"].as_u64().unwrap()
}

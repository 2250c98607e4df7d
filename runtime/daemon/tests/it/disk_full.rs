//! A full disk: writes are refused with the way out, reads go on, nothing is half written, and
//! space is all that is needed to go on.

use crate::support::{
    Api, Failed, Http, Live, Reply, Scene, Settings, SmallDisk, assert_sound, copy_folder,
    unfinished_blobs,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const MIB: u64 = 1024 * 1024;

fn on(disk: &SmallDisk) -> Settings {
    Settings {
        data_dir: Some(disk.data_dir()),
        wrapper: disk.wrapper(),
        ..Settings::default()
    }
}

/// Asserts a refusal that says what is wrong and what to do.
#[track_caller]
fn refused(reply: &Reply) {
    let body = reply.refused(507, "disk_full");
    let hint = body["hint"].as_str().unwrap();
    assert!(hint.contains("Free some space"), "{body}");
}

async fn post(http: &Http, thread: &str, key: &str, bytes: usize) -> Reply {
    let path = format!("/v1/threads/{thread}/messages");
    let content = format!("{key} {}", "word ".repeat(bytes / 5));
    let keyed = http.clone().header("idempotency-key", key);
    keyed.post(&path, json!({"content_md": content})).await
}

/// Posts from all sides until everybody is refused. Returns the keys that were acknowledged, and
/// those that were not.
async fn post_until_refused(api: &Api, thread: &str, bytes: usize) -> (Vec<String>, Vec<String>) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (http, thread) = (api.local(), thread.to_owned());
        writers.spawn(async move {
            let mut stored = Vec::new();
            loop {
                let key = format!("w{writer}n{}", stored.len());
                let reply = post(&http, &thread, &key, bytes).await;
                if reply.status != 201 {
                    refused(&reply);
                    return (stored, key);
                }
                stored.push(key);
            }
        });
    }
    let (mut stored, mut lost) = (Vec::new(), Vec::new());
    while let Some(part) = writers.join_next().await {
        let (keys, key) = part.unwrap();
        stored.extend(keys);
        lost.push(key);
    }
    (stored, lost)
}

/// The first words of all messages, oldest first.
async fn keys(http: &Http) -> Vec<String> {
    let (mut keys, mut position) = (Vec::new(), 0);
    loop {
        let path =
            format!("/v1/events?event_type=message.created&limit=50&after_position={position}");
        let page = http.get(&path).await.expect(200);
        let events = page["events"].as_array().unwrap();
        for event in events {
            let content = event["data"]["content_md"].as_str().unwrap();
            keys.push(content.split(' ').next().unwrap().to_owned());
        }
        match events.last() {
            Some(last) => position = last["position"].as_u64().unwrap(),
            None => return keys,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let Some(disk) = SmallDisk::mount(8 * MIB) else {
        return;
    };
    let here = disk.data_dir_from_here();
    let api = Api::start_with(on(&disk));
    let local = api.local();
    let Scene { room, thread, .. } = Scene::set(&local).await;
    local.message(&thread, "findable before").await;
    // The index follows when somebody searches; without space it keeps what it has.
    local.get("/v1/search?q=findable").await.expect(200);
    let blob = local.put("/v1/blobs", "small").await.expect(201)["blob"].clone();
    let path = format!("/v1/streams/rooms/{room}?from_seq=latest");
    let mut live = Live::open(&api.owner(), &path, None).await;

    // A blob that does not fit: its space is given back.
    disk.fill(3 * MIB / 2);
    let free = disk.free_bytes();
    let reply = local.put("/v1/blobs", vec![7; 3 * MIB as usize]).await;
    refused(&reply);
    assert_eq!(unfinished_blobs(&here), [] as [String; 0]);
    // A line in a log file may have come meanwhile.
    assert!(disk.free_bytes() + MIB / 10 > free);
    assert_eq!(post(&local, &thread, "between", 10).await.status, 201);

    // A log that does not fit any more.
    let (stored, lost) = post_until_refused(&api, &thread, 20_000).await;
    disk.fill(0);
    let head = loop {
        // A smaller write may still fit where a larger one did not.
        let ready = local.get("/ready").await;
        if ready.status == 503 {
            let ready = ready.expect(503);
            assert_eq!(
                (&ready["ready"], &ready["code"]),
                (&json!(false), &json!("disk_full"))
            );
            assert!(ready["hint"].as_str().unwrap().contains("Free some space"));
            break api.head().await;
        }
        ready.expect(200);
    };
    for (path, body) in [
        (
            format!("/v1/threads/{thread}/messages"),
            json!({"content_md": "x"}),
        ),
        ("/v1/rooms".to_owned(), json!({"title": "t"})),
        ("/v1/runs".to_owned(), json!({"room_id": room})),
        ("/v1/engines/register".to_owned(), json!({"actor_id": "e"})),
    ] {
        refused(&api.owner().post(&path, body).await);
    }
    refused(&local.put("/v1/blobs", "another").await);
    assert_eq!(unfinished_blobs(&here), [] as [String; 0]);

    // Reads go on, and nothing was half written.
    local.get("/health").await.expect(200);
    for path in ["/v1/rooms", "/v1/runs", "/v1/events", "/v1/whoami"] {
        local.get(path).await.expect(200);
    }
    let found = local.get("/v1/search?q=findable").await.expect(200);
    assert_eq!(found["docs"].as_array().unwrap().len(), 1);
    let path = format!("/v1/blobs/{}", blob.as_str().unwrap());
    assert_eq!(local.get(&path).await.text, "small");
    assert_eq!(api.head().await, head);
    let mut expected = stored.clone();
    expected.extend(["findable".to_owned(), "between".to_owned()]);
    assert_eq!(sorted(keys(&local).await), sorted(expected.clone()));

    // Space is all that it takes.
    disk.free();
    for key in &lost {
        let first = post(&local, &thread, key, 20_000).await.expect(201);
        let again = post(&local, &thread, key, 20_000).await.expect(201);
        assert_eq!(first, again);
    }
    assert_eq!(local.get("/ready").await.expect(200)["ready"], true);
    local.put("/v1/blobs", "another").await.expect(201);
    expected.extend(lost);
    assert_eq!(sorted(keys(&local).await), sorted(expected));

    // Whoever watched has missed nothing.
    let end = local.message(&thread, "the end").await;
    let frames = live
        .until(|frame| frame.data["data"]["message_id"] == end.as_str())
        .await;
    let seqs: Vec<u64> = frames.iter().map(|frame| frame.id).collect();
    let dense: Vec<u64> = (seqs[0]..).take(seqs.len()).collect();
    assert_eq!(seqs, dense);
    drop(live);
    api.stop().await;
    assert_sound(&copy_of(&disk).1);
}

/// Nothing but the log fills the disk, so that the background finds no room to fold it in either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_fills_the_disk_itself_goes_on_when_there_is_space() {
    // Room in the end for the log and, beside it, for what it is folded into.
    let Some(disk) = SmallDisk::mount(24 * MIB) else {
        return;
    };
    let api = Api::start_with(on(&disk));
    let local = api.local();
    let thread = local.thread(&local.room("room").await).await;
    // The log gets as much as it can fill; what is freed later has room for all of it once more,
    // because folding copies it into the database.
    disk.fill(8 * MIB);
    let (mut stored, lost) = post_until_refused(&api, &thread, 30_000).await;
    assert!(stored.len() > 20, "{}", stored.len());
    assert_eq!(sorted(keys(&local).await), sorted(stored.clone()));
    disk.free();
    for key in lost {
        post(&local, &thread, &key, 30_000).await.expect(201);
        stored.push(key);
    }
    api.kill();
    let (_root, copy) = copy_of(&disk);
    let api = Api::start_on(&copy);
    assert_eq!(sorted(keys(&api.local()).await), sorted(stored));
    api.stop().await;
    assert_sound(&copy);
}

/// A start needs some bytes of its own. Without them it says so, and changes nothing.
#[tokio::test]
async fn a_start_on_a_full_disk_says_so() {
    let Some(disk) = SmallDisk::mount(8 * MIB) else {
        return;
    };
    let api = Api::start_with(on(&disk));
    let thread = api.local().thread(&api.local().room("room").await).await;
    assert_eq!(post(&api.local(), &thread, "kept", 10).await.status, 201);
    api.stop().await;
    disk.fill(0);
    let Err(Failed { line, exit_code }) = Api::try_start(on(&disk)) else {
        panic!("it started, without a byte to write");
    };
    assert_eq!((&line["code"], exit_code), (&json!("disk_full"), Some(3)));
    let hint: &Value = &line["hint"];
    assert!(hint.as_str().unwrap().contains("Free some space"), "{line}");
    disk.free();
    let api = Api::start_with(on(&disk));
    assert_eq!(keys(&api.local()).await, ["kept"]);
    api.stop().await;
    assert_sound(&copy_of(&disk).1);
}

/// What lies on the disk, where every program can read it.
fn copy_of(disk: &SmallDisk) -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let copy = root.path().join("data");
    copy_folder(&disk.data_dir_from_here(), &copy);
    (root, copy)
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort();
    keys
}

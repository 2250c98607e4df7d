//! The first fsync that fails ends all acknowledgements until a restart: what the disk holds is
//! not known any more, and a later fsync that succeeds would not tell.

use crate::support::{
    Api, Fault, Http, Injection, Live, Reply, SYNC, Settings, assert_sound, eventually,
    faults_work, unfinished_blobs,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A data directory with a thread in it, on which nothing runs: its next start syncs nothing.
async fn prepared() -> (TempDir, PathBuf, String) {
    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("data");
    let api = Api::start_on(&data_dir);
    let thread = api.local().thread(&api.local().room("room").await).await;
    api.stop().await;
    (root, data_dir, thread)
}

fn start(data_dir: &Path, injection: &Injection) -> Api {
    Api::start_with(Settings {
        data_dir: Some(data_dir.to_owned()),
        wrapper: injection.wrapper(),
        ..Settings::default()
    })
}

async fn post(http: &Http, thread: &str, key: &str) -> Reply {
    let path = format!("/v1/threads/{thread}/messages");
    let keyed = http.clone().header("idempotency-key", key);
    keyed.post(&path, json!({"content_md": key})).await
}

/// Nothing is acknowledged, and whoever asks is told why and what to do. Reads go on.
async fn assert_poisoned(api: &Api, thread: &str) {
    let (owner, local) = (api.owner(), api.local());
    for reply in [
        post(&local, thread, "too late").await,
        owner.post("/v1/rooms", json!({"title": "too late"})).await,
        owner
            .post("/v1/engines/register", json!({"actor_id": "late"}))
            .await,
        local.put("/v1/blobs", "too late").await,
    ] {
        let body = reply.refused(503, "storage_poisoned");
        assert!(body["hint"].as_str().unwrap().contains("restart"), "{body}");
    }
    let ready = local.get("/ready").await.expect(503);
    assert_eq!(
        (&ready["ready"], &ready["code"]),
        (&json!(false), &json!("storage_poisoned"))
    );
    for member in ["message", "hint"] {
        assert!(
            ready[member].as_str().unwrap().contains("restart"),
            "{ready}"
        );
    }
    local.get("/health").await.expect(200);
    for path in [
        "/v1/rooms",
        "/v1/events",
        &format!("/v1/threads/{thread}/messages"),
    ] {
        local.get(path).await.expect(200);
    }
    let room = local.get("/v1/rooms").await.expect(200)["rooms"][0]["room_id"].clone();
    let path = format!("/v1/streams/rooms/{}", room.as_str().unwrap());
    let mut live = Live::open(&local, &path, None).await;
    assert_eq!(live.next().await.unwrap().event, "room.created");
}

/// What one client was told before it was refused.
#[derive(Default)]
struct Told {
    /// Keys and message ids.
    messages: Vec<(String, String)>,
    blobs: Vec<String>,
    refused: Vec<String>,
}

/// Writes messages, and now and then a blob, until it is refused for good.
async fn write_until_poisoned(http: Http, thread: String, writer: usize) -> Told {
    let mut told = Told::default();
    for number in 0_u64.. {
        let key = format!("w{writer}n{number}");
        if number % 4 == 3 {
            let reply = http.put("/v1/blobs", key).await;
            if reply.status != 201 {
                reply.refused(503, "storage_poisoned");
                break;
            }
            let blob = reply.expect(201)["blob"].as_str().unwrap().to_owned();
            told.blobs.push(blob);
            continue;
        }
        let reply = post(&http, &thread, &key).await;
        if reply.status != 201 {
            reply.refused(503, "storage_poisoned");
            told.refused.push(key);
            break;
        }
        let id = reply.expect(201)["message_id"].as_str().unwrap().to_owned();
        told.messages.push((key, id));
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_commit_nothing_is_acknowledged_until_a_restart() {
    if !faults_work() {
        return;
    }
    let (_root, data_dir, thread) = prepared().await;
    let wal = data_dir.join("signalbox.db-wal");
    let fault = Fault {
        calls: SYNC,
        outcome: "error=EIO",
        nth: 25,
        files: &["signalbox.db-wal"],
    };
    let injection = fault.inject(&data_dir);
    let api = start(&data_dir, &injection);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        writers.spawn(write_until_poisoned(api.local(), thread.clone(), writer));
    }
    let told = writers.join_all().await;
    let acknowledged: usize = told.iter().map(|told| told.messages.len()).sum();
    assert!(acknowledged > 25, "{acknowledged}");
    assert_eq!(injection.happened(), 1);
    assert_poisoned(&api, &thread).await;
    // An acknowledgement needs a commit, and a commit syncs: there was none.
    assert_eq!(injection.calls_afterwards(), [] as [String; 0]);

    // Also on its way out it does not copy what is in doubt over what is known.
    let (database, log) = (read(&data_dir.join("signalbox.db")), read(&wal));
    let stopped = api.stop().await;
    assert_eq!(injection.calls_afterwards(), [] as [String; 0]);
    assert!(read(&data_dir.join("signalbox.db")) == database && read(&wal) == log);

    // The next one writes anew what was in doubt, before it does anything else.
    let api = Api::start_again(stopped);
    assert_eq!(read(&wal), [] as [u8; 0]);
    assert_eq!(unfinished_blobs(&data_dir), [] as [String; 0]);
    let local = api.local();
    for told in &told {
        for (key, id) in &told.messages {
            let again = post(&local, &thread, key).await.expect(201);
            assert_eq!(again["message_id"], id.as_str(), "{key}");
        }
        // Refused is not undone: it may be there. Sent again it is there, once.
        for key in &told.refused {
            post(&local, &thread, key).await.expect(201);
        }
        for blob in &told.blobs {
            let reply = local.get(&format!("/v1/blobs/{blob}")).await;
            assert_eq!(reply.status, 200, "{blob}");
        }
    }
    let refused = told.iter().map(|told| told.refused.len()).sum::<usize>();
    let late = contents(&local, "too late").await;
    assert_eq!(late, 0, "it came after the failure");
    assert_eq!(contents(&local, "w").await, acknowledged + refused);
    local.get("/ready").await.expect(200);
    api.stop().await;
    assert_sound(&data_dir);
}

/// How many messages begin so.
async fn contents(http: &Http, beginning: &str) -> usize {
    let (mut count, mut position) = (0, 0);
    loop {
        let path =
            format!("/v1/events?event_type=message.created&limit=200&after_position={position}");
        let page = http.get(&path).await.expect(200);
        let events = page["events"].as_array().unwrap();
        let content = |event: &Value| event["data"]["content_md"].as_str().unwrap().to_owned();
        count += events
            .iter()
            .filter(|event| content(event).starts_with(beginning))
            .count();
        match events.last() {
            Some(last) => position = last["position"].as_u64().unwrap(),
            None => return count,
        }
    }
}

/// The fsync of a checkpoint happens in the background; nobody waits for it, everybody is told.
#[tokio::test]
async fn a_failed_checkpoint_ends_acknowledgements_too() {
    if !faults_work() {
        return;
    }
    let (_root, data_dir, thread) = prepared().await;
    let fault = Fault {
        calls: SYNC,
        outcome: "error=EIO",
        nth: 1,
        files: &["signalbox.db"],
    };
    let injection = fault.inject(&data_dir);
    let api = start(&data_dir, &injection);
    let local = api.local();
    // Enough for a checkpoint to be worth it, which may come before the last of them.
    let mut ids = Vec::new();
    for number in 0..25 {
        let path = format!("/v1/threads/{thread}/messages");
        let body = json!({"content_md": format!("{number} {}", "x".repeat(250_000))});
        let reply = local.post(&path, body).await;
        if reply.status != 201 {
            reply.refused(503, "storage_poisoned");
            break;
        }
        let id = reply.expect(201)["message_id"].as_str().unwrap().to_owned();
        ids.push(id);
    }
    eventually("the checkpoint fails", || async {
        (local.get("/ready").await.status == 503).then_some(())
    })
    .await;
    assert_eq!(injection.happened(), 1);
    assert_poisoned(&api, &thread).await;
    let stopped = api.kill();
    let api = Api::start_again(stopped);
    let path = format!("/v1/threads/{thread}/messages?limit=200");
    let list = api.local().get(&path).await.expect(200);
    let mut found: Vec<&str> = list["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["message_id"].as_str().unwrap())
        .collect();
    found.reverse();
    // The commit that was under way when the checkpoint failed was refused, and may be there.
    assert_eq!(found[..ids.len()], ids);
    assert!(found.len() <= ids.len() + 1, "{found:?}");
    post(&api.local(), &thread, "on it goes").await.expect(201);
    api.stop().await;
    assert_sound(&data_dir);
}

/// A blob's own fsync, and that of the folder which gets its name.
#[tokio::test]
async fn a_blob_that_is_not_durable_ends_acknowledgements_too() {
    if !faults_work() {
        return;
    }
    for files in [&[] as &[&str], &["blobs"]] {
        let (_root, data_dir, thread) = prepared().await;
        let fault = Fault {
            calls: SYNC,
            outcome: "error=EIO",
            nth: 1,
            files,
        };
        let injection = fault.inject(&data_dir);
        let api = start(&data_dir, &injection);
        let reply = api.local().put("/v1/blobs", "a blob").await;
        reply.refused(503, "storage_poisoned");
        assert_eq!(injection.happened(), 1);
        assert_eq!(unfinished_blobs(&data_dir), [] as [String; 0]);
        assert_poisoned(&api, &thread).await;
        let api = Api::start_again(api.kill());
        api.local().put("/v1/blobs", "a blob").await.expect(201);
        post(&api.local(), &thread, "on it goes").await.expect(201);
        api.stop().await;
        assert_sound(&data_dir);
    }
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

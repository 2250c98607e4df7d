//! Every system call that can fail fails once, and the process is killed at every one of them:
//! what was acknowledged is there afterwards, and what is there is whole.

use crate::support::{
    Api, Failed, Fault, Http, Reply, SYNC, Settings, assert_sound, faults_work, unfinished_blobs,
};
use reqwest::Method;
use serde_json::json;
use std::path::Path;

/// What a run of the script was told.
#[derive(Debug, Default)]
struct Told {
    rooms: Vec<String>,
    messages: Vec<String>,
    blobs: Vec<String>,
    /// Status and code of every refusal.
    refused: Vec<(u16, String)>,
}

impl Told {
    /// The member of an acknowledgement; `None` after a refusal or a kill.
    fn note(&mut self, reply: Option<Reply>, member: &str) -> Option<String> {
        let reply = reply?;
        if reply.status == 201 {
            return reply.expect(201)[member].as_str().map(str::to_owned);
        }
        let body = reply.expect(reply.status);
        let code = body["error"].as_str().unwrap().to_owned();
        self.refused.push((reply.status, code));
        None
    }
}

async fn post(http: &Http, path: &str, body: serde_json::Value) -> Option<Reply> {
    http.try_post(path, body).await
}

/// A bit of everything. It goes on whatever is refused.
async fn script(http: &Http) -> Told {
    let mut told = Told::default();
    for number in 0..3 {
        let reply = post(http, "/v1/rooms", json!({"title": "room"})).await;
        let Some(room) = told.note(reply, "room_id") else {
            continue;
        };
        told.rooms.push(room.clone());
        let path = format!("/v1/rooms/{room}/threads");
        let reply = post(http, &path, json!({"title": "thread"})).await;
        let Some(thread) = told.note(reply, "thread_id") else {
            continue;
        };
        let content = format!("message {number} {}", "x".repeat(9_000));
        let path = format!("/v1/threads/{thread}/messages");
        let reply = post(http, &path, json!({"content_md": content})).await;
        if let Some(message) = told.note(reply, "message_id") {
            told.messages.push(message);
        }
        let request = http.request(Method::PUT, "/v1/blobs");
        let reply = Reply::try_of(request.body(format!("blob {number}"))).await;
        if let Some(blob) = told.note(reply, "blob") {
            told.blobs.push(blob);
        }
    }
    told
}

/// Everything that was told is so, and all of it is sound.
async fn check(data_dir: &Path, told: &Told, what: &str) {
    let api = Api::start_on(data_dir);
    assert_eq!(unfinished_blobs(data_dir), [] as [String; 0], "{what}");
    let owner = api.owner();
    let rooms = owner
        .get("/v1/rooms?limit=200")
        .await
        .expect(200)
        .to_string();
    let events = owner
        .get("/v1/events?limit=200")
        .await
        .expect(200)
        .to_string();
    for id in told.rooms.iter().chain(&told.messages) {
        assert!(events.contains(id.as_str()), "{what}: {id}");
    }
    assert!(told.rooms.iter().all(|id| rooms.contains(id)), "{what}");
    for blob in &told.blobs {
        let reply = owner.get(&format!("/v1/blobs/{blob}")).await;
        assert_eq!(reply.status, 200, "{what}: {blob}");
    }
    let again = script(&owner).await;
    assert_eq!((again.messages.len(), again.blobs.len()), (3, 3), "{what}");
    api.stop().await;
    assert_sound(data_dir);
}

/// What came of one run under a fault.
#[derive(Debug, Default)]
struct Outcome {
    happened: bool,
    /// Code of the start, when that failed.
    start: Option<String>,
    told: Told,
    /// Status of two looks at its readiness after the script.
    ready: [Option<u16>; 2],
}

impl Outcome {
    /// Whether a request, or the first look at the readiness, met the fault.
    fn was_noticed(&self) -> bool {
        !self.told.refused.is_empty() || self.ready[0] != Some(200)
    }
}

/// Makes a data directory, runs the script on it and stops, with the fault somewhere in it. Then
/// looks at what is left.
async fn run(fault: &Fault) -> Outcome {
    let root = tempfile::tempdir().unwrap();
    run_on(&root.path().join("data"), fault).await
}

/// The same with a data directory that is there: the calls of its requests are not behind those that make
/// it, which are many more.
async fn run_again(fault: &Fault) -> Outcome {
    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("data");
    Api::start_on(&data_dir).stop().await;
    run_on(&data_dir, fault).await
}

async fn run_on(data_dir: &Path, fault: &Fault) -> Outcome {
    let injection = fault.inject(data_dir);
    let started = Api::try_start(Settings {
        data_dir: Some(data_dir.to_owned()),
        wrapper: injection.wrapper(),
        ..Settings::default()
    });
    let mut outcome = Outcome::default();
    let died = match started {
        Ok(api) => {
            outcome.told = script(&api.owner()).await;
            for ready in &mut outcome.ready {
                let request = api.local().request(Method::GET, "/ready");
                *ready = Reply::try_of(request).await.map(|reply| reply.status);
            }
            let (status, _) = api.ask_to_stop().await;
            status.code().is_none()
        }
        Err(Failed { line, exit_code }) => {
            outcome.start = line["code"].as_str().map(str::to_owned);
            exit_code.is_none()
        }
    };
    outcome.happened = died || injection.happened() > 0;
    check(data_dir, &outcome.told, &format!("{fault:?}")).await;
    outcome
}

/// Numbers of calls, dense at first. A start and a script make the most frequent one a few hundred times.
fn calls() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1), |nth| Some(nth + 1 + nth / 8))
}

#[tokio::test]
async fn no_space_for_a_write_is_told_and_gone_when_there_is() {
    if !faults_work() {
        return;
    }
    let mut refusals = 0;
    for nth in calls() {
        let outcome = run_again(&Fault {
            // A file that is cut needs no space.
            calls: "pwrite64,fallocate",
            outcome: "error=ENOSPC",
            nth,
            files: &[],
        })
        .await;
        let what = format!("call {nth}: {outcome:?}");
        if !outcome.happened {
            assert!(!outcome.was_noticed(), "{what}");
            break;
        }
        if let Some(code) = &outcome.start {
            assert_eq!(code, "disk_full", "{what}");
            continue;
        }
        refusals += outcome.told.refused.len();
        for refusal in &outcome.told.refused {
            assert_eq!(refusal, &(507, "disk_full".to_owned()), "{what}");
        }
        // A call fails once: whoever has met it can go on.
        assert!(
            !outcome.was_noticed() || outcome.ready[1] == Some(200),
            "{what}"
        );
    }
    assert!(refusals > 3, "{refusals} writes of a request were refused");
}

#[tokio::test]
async fn a_write_or_sync_that_fails_poisons_and_loses_nothing() {
    if !faults_work() {
        return;
    }
    for calls_that_fail in ["pwrite64", SYNC] {
        let mut refusals = 0;
        for nth in calls() {
            let outcome = run(&Fault {
                calls: calls_that_fail,
                outcome: "error=EIO",
                nth,
                // The index of the write-ahead log is memory that happens to have a name.
                files: &["signalbox.db", "signalbox.db-wal", "signalbox.db-journal"],
            })
            .await;
            let what = format!("call {nth}: {outcome:?}");
            if !outcome.happened {
                assert!(!outcome.was_noticed(), "{what}");
                break;
            }
            if let Some(code) = &outcome.start {
                assert_eq!(code, "start_failed", "{what}");
                continue;
            }
            refusals += outcome.told.refused.len();
            for refusal in &outcome.told.refused {
                let expected = (503, "storage_poisoned".to_owned());
                assert_eq!(refusal, &expected, "{what}");
            }
            assert!(
                !outcome.was_noticed() || outcome.ready[1] == Some(503),
                "{what}"
            );
        }
        assert!(
            refusals > 3,
            "{refusals} requests met a failed {calls_that_fail}"
        );
    }
}

/// Not at a random moment, but at every step that leaves something on the disk.
#[tokio::test]
async fn a_kill_at_any_step_loses_nothing() {
    if !faults_work() {
        return;
    }
    for calls_to_die_at in [
        "fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir",
        "pwrite64,write",
    ] {
        let mut kills = 0;
        for nth in calls() {
            let outcome = run(&Fault {
                calls: calls_to_die_at,
                outcome: "signal=KILL",
                nth,
                files: &[],
            })
            .await;
            if !outcome.happened {
                break;
            }
            kills += 1;
        }
        assert!(kills > 10, "{kills} kills at {calls_to_die_at}");
    }
}

//! Work that does not move opens incidents, where that is asked for.

use super::events;
use crate::support::{Api, Settings, eventually};
use daemon::clock;
use daemon::store::Store;
use kernel::gate::approval::RequestApproval;
use kernel::{Caller, Command, Context, Timestamp, rooms, runs};
use serde_json::{Value, json};
use std::path::Path;

/// A room with a run and a request for an approval that nobody has moved on for an hour.
async fn an_hour_ago(data_dir: &Path) {
    let store = Store::open(data_dir, Box::new(|_| {})).unwrap();
    let ctx = Context {
        now: clock::now().plus_millis(-3_600_000),
        caller: Caller::Owner,
        workspace_id: "ws_dev".into(),
        correlation_id: None,
    };
    let run = |run_id: &str, observed: bool| {
        Command::CreateRun(runs::CreateRun {
            run_id: run_id.into(),
            room_id: Some("room_1".into()),
            title: Some("Backup".into()),
            observed_claim_token: observed.then(|| "mine".into()),
            ..Default::default()
        })
    };
    for command in [
        Command::CreateRoom(rooms::CreateRoom {
            room_id: "room_1".into(),
            title: Some("room".into()),
            ..Default::default()
        }),
        run("run_1", false),
        run("run_2", true),
        run("run_3", false),
        Command::RequestApproval(RequestApproval {
            approval_id: "appr_1".into(),
            action: Some("email.send".into()),
            ..Default::default()
        }),
    ] {
        store.append(ctx.clone(), command).await.unwrap();
    }
    // This one moves: something just happened in it.
    let start = Command::StartRun(runs::StartRun {
        run_id: "run_3".into(),
    });
    store.append(ctx.clone(), start).await.unwrap();
    let step = Command::CreateStep(runs::CreateStep {
        step_id: "step_1".into(),
        run_id: "run_3".into(),
        kind: Some("task".into()),
        ..Default::default()
    });
    let now = clock::now();
    store.append(Context { now, ..ctx }, step).await.unwrap();
    store.close();
}

/// Whether something does not move of which no incident tells.
fn is_untold(data_dir: &Path, before: Timestamp) -> bool {
    let store = Store::open(data_dir, Box::new(|_| {})).unwrap();
    let found = store.read_blocking(|reader| reader.has_stale_work(before));
    store.close();
    found.unwrap()
}

#[tokio::test]
async fn what_does_not_move_is_told_of_once_if_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    an_hour_ago(&data_dir).await;
    let before = clock::now().plus_millis(-30 * 60_000);
    assert!(!is_untold(&data_dir, before.plus_millis(-3_600_000)));
    assert!(is_untold(&data_dir, before));
    let api = Api::start_with(Settings {
        data_dir: Some(data_dir.clone()),
        env: vec![("SIGNALBOX_STALE_MINUTES".into(), "30".into())],
        ..Settings::default()
    });
    let opened = eventually("incidents about what does not move", || async {
        let opened = events(&api, "incident.opened").await;
        (!opened.is_empty()).then_some(opened)
    })
    .await;
    let told: Vec<Value> = opened.iter().map(|event| event["data"].clone()).collect();
    for (told, (title, entity_type, entity_id)) in told.iter().zip([
        ("An approval waits: email.send", "approval", "appr_1"),
        ("A run does not move: Backup", "run", "run_1"),
    ]) {
        assert_eq!(
            json!([
                told["title"],
                told["entity_type"],
                told["entity_id"],
                told["category"],
                told["severity"]
            ]),
            json!([title, entity_type, entity_id, "stale_work", "low"])
        );
    }
    assert_eq!(told.len(), 2, "in one transaction: {told:?}");
    assert_eq!(opened[1]["run_id"], "run_1");
    assert_eq!(opened[1]["stream_id"], "room_1");
    drop(api);
    assert!(!is_untold(&data_dir, before), "once is enough");
}

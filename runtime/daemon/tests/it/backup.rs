//! Backups: one moment of the log, taken while it is written; and putting one back, whatever lies
//! in its place.

use crate::support::{Api, files, history};
use daemon::store::{backup, rebuild, verify};
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

fn events(database: &Path) -> Vec<(u64, Vec<u8>)> {
    let database = Connection::open(database).unwrap();
    let mut select = database
        .prepare("SELECT position, hash FROM event ORDER BY position")
        .unwrap();
    let rows = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// Between any two steps of the copy there is a commit: the copy is one moment all the same, and
/// it comes to an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_of_a_log_that_is_being_written_is_one_moment_of_it() {
    let api = Api::start();
    let local = api.local();
    history::write(&api, 1).await;
    let thread = local.thread(&local.room("room").await).await;
    // Enough for many steps.
    for _ in 0..60 {
        local.message(&thread, &"x y z ".repeat(20_000)).await;
    }
    let before = api.head().await;
    let (over, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (http, thread, over, written) =
            (api.local(), thread.clone(), over.clone(), written.clone());
        writers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                http.message(&thread, "more").await;
                written.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let file = tempfile::tempdir().unwrap();
    let target = file.path().join("backup.db");
    let (data_dir, saved) = (api.data_dir.clone(), target.clone());
    let commits = written.clone();
    let steps = tokio::task::spawn_blocking(move || {
        let mut steps = 0;
        let mut wait_for_commits = |_: u64, _: u64| {
            steps += 1;
            assert!(steps < 1_000, "the copy starts again and again");
            let seen = commits.load(Ordering::Relaxed);
            while commits.load(Ordering::Relaxed) < seen + 2 {
                std::thread::yield_now();
            }
        };
        backup::save(&data_dir, &saved, &mut wait_for_commits).unwrap();
        steps
    });
    let steps = steps.await.unwrap();
    over.store(true, Ordering::Relaxed);
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert!(steps > 3, "{steps} steps prove nothing");
    assert!(!target.with_extension("partial").exists());
    let (copied, live) = (events(&target), events(&api.data_dir.join("signalbox.db")));
    assert!(copied.len() as u64 >= before && copied.len() < live.len());
    assert_eq!(
        copied[..],
        live[..copied.len()],
        "a backup is a beginning of the log"
    );

    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("restored");
    std::fs::create_dir(&data_dir).unwrap();
    backup::restore(&data_dir, &target, &mut |_, _| {}).unwrap();
    assert!(verify::run(&data_dir, 0, &mut |_| {}).unwrap().valid);
    assert!(rebuild::run(&data_dir, &mut |_| {}).unwrap().unchanged());
    let restored = Api::start_on(&data_dir);
    assert_eq!(restored.head().await, copied.len() as u64);
    restored.local().message(&thread, "and on it goes").await;
    assert_eq!(restored.head().await, copied.len() as u64 + 1);
}

#[tokio::test]
async fn restoring_keeps_what_was_there_and_takes_only_what_is_sound() {
    let api = Api::start();
    let made = history::write(&api, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup.db");
    backup::save(&api.data_dir, &target, &mut |_, _| {}).unwrap();
    assert!(
        backup::save(&api.data_dir, &target, &mut |_, _| {}).is_err(),
        "never over a file"
    );
    let saved = events(&target);
    api.local()
        .message(&made.threads[0], "after the backup")
        .await;
    let stopped = api.stop().await;
    let later = events(&stopped.data_dir.join("signalbox.db"));

    // What is damaged, or whose chain is broken, is refused, and the data stay as they are.
    let broken = folder.path().join("broken.db");
    std::fs::copy(&target, &broken).unwrap();
    let database = Connection::open(&broken).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER event_no_update; UPDATE event SET data = '{}' WHERE position = 5;",
        )
        .unwrap();
    drop(database);
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, b"no database".repeat(1_000)).unwrap();
    for bad in [broken, garbage, folder.path().join("not-there.db")] {
        assert!(
            backup::restore(&stopped.data_dir, &bad, &mut |_, _| {}).is_err(),
            "{bad:?}"
        );
        assert_eq!(events(&stopped.data_dir.join("signalbox.db")), later);
    }
    let temporary = |path: &Path| path.to_string_lossy().contains(".restore-");
    assert!(!files(&stopped.data_dir).iter().any(|path| temporary(path)));

    backup::restore(&stopped.data_dir, &target, &mut |_, _| {}).unwrap();
    assert_eq!(events(&stopped.data_dir.join("signalbox.db")), saved);
    let kept: Vec<_> = files(&stopped.data_dir)
        .into_iter()
        .filter(|path| {
            path.to_string_lossy().contains("signalbox-before-restore-")
                && path.extension().is_some_and(|end| end == "db")
        })
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(events(&kept[0]), later, "what was there is still there");
    assert!(
        verify::run(&stopped.data_dir, 0, &mut |_| {})
            .unwrap()
            .valid,
        "anchors of the other future do not count"
    );
    let api = Api::start_again(stopped);
    assert_eq!(
        api.head().await,
        saved.len() as u64 - 3,
        "of the default workspace, which wrote last but three"
    );
    let thread = &made.threads[0];
    let path = format!("/v1/threads/{thread}/messages");
    api.local()
        .post(&path, json!({"content_md": "x"}))
        .await
        .expect(201);
}

/// The moment a backup is for.
#[tokio::test]
async fn a_backup_is_restored_over_a_damaged_database() {
    let api = Api::start();
    history::write(&api, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup.db");
    backup::save(&api.data_dir, &target, &mut |_, _| {}).unwrap();
    let stopped = api.stop().await;
    let path = stopped.data_dir.join("signalbox.db");
    std::fs::write(&path, b"garbage ".repeat(5_000)).unwrap();
    let refused = Api::try_start(crate::support::Settings {
        data_dir: Some(stopped.data_dir.clone()),
        ..Default::default()
    });
    assert_eq!(refused.err().unwrap().line["code"], "database_damaged");
    backup::restore(&stopped.data_dir, &target, &mut |_, _| {}).unwrap();
    assert!(
        verify::run(&stopped.data_dir, 0, &mut |_| {})
            .unwrap()
            .valid
    );
    assert_eq!(events(&path), events(&target));
    let kept = files(&stopped.data_dir).into_iter().find(|path| {
        path.to_string_lossy().contains("signalbox-before-restore-")
            && path.extension().is_some_and(|end| end == "db")
    });
    let kept = std::fs::read(kept.expect("the damaged file is kept")).unwrap();
    assert!(kept.starts_with(b"garbage"));
    // A database that is gone, with its write-ahead log left behind: that is not the backup's.
    let api = Api::start_again(stopped);
    api.local().room("in the log only").await;
    let stopped = api.kill();
    std::fs::remove_file(&path).unwrap();
    assert!(
        std::fs::metadata(path.with_extension("db-wal"))
            .unwrap()
            .len()
            > 0
    );
    backup::restore(&stopped.data_dir, &target, &mut |_, _| {}).unwrap();
    assert_eq!(events(&path), events(&target));
    Api::start_again(stopped).local().room("and on").await;
}

//! Old messages are hidden; the log keeps them.

use super::watch::Watch;
use super::{numbers, publish, task};
use crate::support::{Api, Settings};
use daemon::store::verify;
use serde_json::json;

fn days(setting: &str, days: &str) -> Settings {
    Settings {
        env: vec![(setting.to_owned(), days.to_owned())],
        ..Settings::default()
    }
}

/// 0 days hide what was there at the start of the process: what cannot wait for a month can see it.
#[tokio::test]
async fn what_is_too_old_is_hidden_and_kept() {
    let api = Api::start();
    let local = api.local();
    publish(&local, "old", "x", json!({"n": 0, "text": "walrus"})).await;
    publish(&local, "c", "x", json!({"n": 1, "text": "walrus"})).await;
    let wanted = task(&local, json!({})).await;
    let head = api.head().await;
    let stopped = api.stop().await;

    let settings = Settings {
        data_dir: Some(stopped.data_dir.clone()),
        ..days("WORKSHOP_RETENTION_DAYS", "0")
    };
    let api = Api::start_with(settings);
    let local = api.local();
    publish(&local, "c", "x", json!({"n": 2, "text": "walrus"})).await;
    assert_eq!(local.get("/channels").await.expect(200), json!(["c"]));
    for path in ["/ch/c/history", "/ch/c/history?since=0", "/history"] {
        assert_eq!(numbers(&local.get(path).await), [2], "{path}");
    }
    assert_eq!(local.get("/ch/old/history").await.text, "");
    let mut watch = Watch::open(&local, "/", Some("0")).await;
    assert_eq!(watch.numbers(1).await, [2]);
    let status = local.get("/status").await.expect(200);
    assert_eq!(
        (&status["messages"], &status["tasks"]),
        (&json!(1), &json!(1))
    );
    let found = local.get("/v1/search?q=walrus").await.expect(200);
    assert_eq!(found["docs"].as_array().unwrap().len(), 1);
    // Tasks are never hidden, and the log is whole.
    local.get(&format!("/tasks/{wanted}")).await.expect(200);
    assert_eq!(api.head().await, head + 1);
    drop(watch);
    api.stop().await;
    assert!(
        verify::run(&stopped.data_dir, 0, &mut |_| {})
            .unwrap()
            .valid
    );

    let settings = Settings {
        data_dir: Some(stopped.data_dir.clone()),
        ..days("SIGNALBOX_MESSAGES_DAYS", "30")
    };
    let api = Api::start_with(settings);
    assert_eq!(numbers(&api.local().get("/ch/c/history").await), [1, 2]);
}

//! What was said, read back.

use super::{messages, numbers, publish, refused};
use crate::support::{Api, Http};
use serde_json::json;

/// Publishes 0 to `count` and returns the ids.
async fn count_up(local: &Http, channel: &str, count: i64) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(publish(local, channel, "count", json!({"n": n})).await);
    }
    ids
}

#[tokio::test]
async fn the_newest_or_the_oldest_after() {
    let api = Api::start();
    let local = api.local();
    let ids = count_up(&local, "c", 10).await;
    publish(&local, "other", "count", json!({"n": 99})).await;
    let read = async |query: &str| numbers(&local.get(&format!("/ch/c/history{query}")).await);
    assert_eq!(read("").await, Vec::from_iter(0..10));
    assert_eq!(read("?n=3").await, [7, 8, 9]);
    assert_eq!(read(&format!("?since={}", ids[4])).await, [5, 6, 7, 8, 9]);
    assert_eq!(read(&format!("?since={}&", ids[4])).await, [5, 6, 7, 8, 9]);
    // A poller that is behind loses nothing in the middle.
    assert_eq!(read(&format!("?since={}&n=2", ids[4])).await, [5, 6]);
    assert_eq!(read(&format!("?since={}", ids[9])).await, [0i64; 0]);
    assert_eq!(read("?since=0&n=2").await, [0, 1]);
    assert_eq!(read("?since=").await.len(), 10);
    // What is no number is as if it were not there; too few are one.
    for (n, count) in [
        ("x", 10),
        ("", 10),
        ("0", 1),
        ("-5", 1),
        ("1000", 10),
        ("1.5", 10),
    ] {
        assert_eq!(read(&format!("?n={n}")).await.len(), count, "{n}");
    }
    // A cursor of another place is a time.
    assert_eq!(read("?since=01ARZ3NDEKTSV4RRFFQ69G5FAV").await.len(), 10);
    assert_eq!(read("?since=7ZZZZZZZZZZZZZZZZZZZZZZZZZ").await.len(), 0);
    assert_eq!(local.get("/ch/empty/history").await.text, "");
    let odd = local.get("/ch/c/history?since=not-an-id").await;
    refused(
        &odd,
        400,
        "\"since\" must be the id of a message, or 0 for the first.",
    );
}

#[tokio::test]
async fn at_most_two_hundred() {
    let api = Api::start();
    let local = api.local();
    let ids = count_up(&local, "c", 203).await;
    let read = async |path: &str| numbers(&local.get(path).await);
    assert_eq!(read("/ch/c/history").await, Vec::from_iter(3..203));
    assert_eq!(read("/ch/c/history?n=500").await.len(), 200);
    assert_eq!(read("/history").await, Vec::from_iter(103..203));
    assert_eq!(read("/history?n=500").await.len(), 200);
    let after = format!("/ch/c/history?since={}", ids[0]);
    assert_eq!(read(&after).await, Vec::from_iter(1..201));
}

/// A type is exactly it, or with a star at its end all that begin so: nothing else is a pattern, and
/// letters are what they are.
#[tokio::test]
async fn types_narrow() {
    let api = Api::start();
    let local = api.local();
    for (n, kind) in [
        "task.a", "task.b", "Task.c", "taskx", "msg%", "msgX", "a_b", "axb",
    ]
    .into_iter()
    .enumerate()
    {
        publish(&local, "c", kind, json!({"n": n})).await;
    }
    for (filter, expected) in [
        ("task.*", vec![0, 1]),
        ("task*", vec![0, 1, 3]),
        ("task.a", vec![0]),
        ("task.", vec![]),
        ("Task.*", vec![2]),
        ("msg%25", vec![4]),
        ("msg%25*", vec![4]),
        ("a_*", vec![6]),
        ("*", vec![0, 1, 2, 3, 4, 5, 6, 7]),
        ("", vec![0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        let found = numbers(&local.get(&format!("/ch/c/history?type={filter}")).await);
        assert_eq!(found, expected, "{filter}");
        let found = numbers(&local.get(&format!("/history?type={filter}")).await);
        assert_eq!(found, expected, "{filter} of all");
    }
    assert_eq!(
        numbers(&local.get("/ch/c/history?type=task.*&n=1").await),
        [1]
    );
}

#[tokio::test]
async fn channels_are_those_that_have_messages() {
    let api = Api::start();
    let local = api.local();
    assert_eq!(local.get("/channels").await.expect(200), json!([]));
    for channel in ["zoo", "general", "general"] {
        publish(&local, channel, "x", json!({})).await;
    }
    super::task(&local, json!({})).await;
    super::task(&local, json!({"ch": "jobs"})).await;
    let expected = json!(["general", "jobs", "tasks", "zoo"]);
    assert_eq!(local.get("/channels").await.expect(200), expected);
    let all = messages(&local.get("/history").await);
    let order: Vec<&str> = all
        .iter()
        .map(|message| message["ch"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["zoo", "general", "general", "tasks", "jobs"]);
}

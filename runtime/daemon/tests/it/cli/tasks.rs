//! Tasks from the command line.

use super::talk::each;
use crate::cli::id;
use crate::support::{Api, Said, Settings, say, verb};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Child;

/// A verb of a task as this agent.
fn task(api: &Api, from: &str, words: &[&str]) -> Said {
    say(api, &[&["task"], words, &["--from", from]].concat())
}

#[test]
fn a_task_from_its_beginning_to_its_end() {
    let api = Api::start();
    let new = [
        "new",
        "Sweep",
        "--context",
        "{\"floor\":2}",
        "--for",
        "bob",
        "--idempotency-key",
        "k",
    ];
    let task_id = id(&task(&api, "ann", &new), "id");
    assert_eq!(id(&task(&api, "ann", &new), "id"), task_id, "the same key");
    // It is meant for somebody else.
    assert_eq!(task(&api, "eve", &["claim", "--next"]).code, Some(4));
    let held = task(&api, "bob", &["claim", "--next", "--lease", "600"]).json();
    assert_eq!(
        json!([
            held["id"],
            held["status"],
            held["claimed_by"],
            held["context"],
            held["attempt"]
        ]),
        json!([task_id, "claimed", "bob", {"floor": 2}, 1])
    );
    assert!(held["lease_expires_at"].is_number());
    assert_eq!(task(&api, "eve", &["claim", &task_id]).code, Some(6));
    assert_eq!(
        task(&api, "bob", &["heartbeat", &task_id, "--attempt", "1"]).json()["attempt"],
        1
    );
    assert_eq!(
        task(&api, "bob", &["heartbeat", &task_id, "--attempt", "9"]).code,
        Some(6)
    );
    task(&api, "bob", &["update", &task_id, "half", "done"]).json();
    task(&api, "bob", &["update", &task_id, "{\"percent\":50}"]).json();
    assert_eq!(
        task(&api, "eve", &["interrupt", &task_id, "the hall is closed"]).json()["signalled"],
        true
    );
    assert_eq!(task(&api, "eve", &["abandon", &task_id]).code, Some(5));
    assert_eq!(
        task(&api, "bob", &["abandon", &task_id, "--attempt", "1"]).json()["status"],
        "open"
    );
    let held = task(&api, "eve", &["claim", &task_id]).json();
    assert_eq!(
        json!([held["claimed_by"], held["attempt"]]),
        json!(["eve", 2])
    );
    let done = [
        "done",
        &task_id,
        "{\"ok\":true}",
        "--file",
        "sha256:ab",
        "--attempt",
        "2",
    ];
    assert_eq!(task(&api, "eve", &done).json()["status"], "done");
    assert_eq!(task(&api, "eve", &done).code, Some(6));
    let shown = say(&api, &["task", "show", &task_id]).json();
    assert_eq!(
        json!([shown["result"], shown["files"]]),
        json!(["{\"ok\":true}", ["sha256:ab"]])
    );
    let listed = say(&api, &["task", "list", "--status", "done", "--for", "eve"]).list();
    assert_eq!(each(&listed, "id"), [task_id]);
    assert!(
        say(&api, &["task", "list", "--status", "open"])
            .list()
            .is_empty()
    );
    let told = say(&api, &["history", "tasks", "--type", "task.updated"]).list();
    assert_eq!(
        json!([told[0]["body"]["note"], told[1]["body"]["percent"]]),
        json!(["half done", 50])
    );
}

/// Of as many agents as tasks, that all take the oldest one at the same moment, each gets one.
#[test]
fn as_many_agents_as_tasks_get_one_each() {
    const COUNT: usize = 64;
    let api = Api::start();
    let mut asked = BTreeSet::new();
    for number in 0..COUNT {
        let title = format!("task {number}");
        asked.insert(id(&task(&api, "ann", &["new", &title]), "id"));
    }
    let start = |number: usize| {
        let name = format!("agent-{number}");
        verb(&api, &["task", "claim", "--next", "--from", &name])
            .spawn()
            .unwrap()
    };
    let agents: Vec<Child> = (0..COUNT).map(start).collect();
    let mut taken = BTreeSet::new();
    for (number, agent) in agents.into_iter().enumerate() {
        let task = Said::of(agent.wait_with_output().unwrap()).json();
        assert_eq!(task["claimed_by"], format!("agent-{number}"));
        taken.insert(task["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(taken, asked);
    assert_eq!(task(&api, "late", &["claim", "--next"]).code, Some(4));
}

#[test]
fn the_oldest_one_is_taken_and_waited_for() {
    let api = Api::start();
    let first = id(&task(&api, "ann", &["new", "one"]), "id");
    let second = id(&task(&api, "ann", &["new", "two", "--ch", "jobs"]), "id");
    let third = id(&task(&api, "ann", &["new", "three", "--ch", "jobs"]), "id");
    let next = |words: &[&str]| {
        id(
            &task(&api, "bob", &[&["claim", "--next"], words].concat()),
            "id",
        )
    };
    assert_eq!(next(&["--ch", "jobs"]), second);
    assert_eq!(next(&[]), first);
    assert_eq!(next(&["--wait"]), third);
    let waiting = verb(
        &api,
        &["task", "claim", "--next", "--wait", "--from", "eve"],
    )
    .spawn()
    .unwrap();
    task(&api, "bob", &["update", &third, "nothing new"]).json();
    task(&api, "bob", &["abandon", &third]).json();
    let task: Value = Said::of(waiting.wait_with_output().unwrap()).json();
    assert_eq!(
        json!([task["id"], task["claimed_by"]]),
        json!([third, "eve"])
    );
}

#[test]
fn signs_of_life_go_on_through_a_restart_until_the_claim_is_over() {
    let api = Api::start();
    let (data_dir, listen) = (api.data_dir.clone(), api.address().to_owned());
    let task_id = id(&task(&api, "ann", &["new", "one"]), "id");
    task(&api, "bob", &["claim", &task_id, "--lease", "600"]).json();
    let beat = [
        "task",
        "heartbeat",
        &task_id,
        "--every",
        "1",
        "--from",
        "bob",
    ];
    let mut child = verb(&api, &beat).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let held: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        held["claimed-by"].clone()
    };
    assert_eq!(next(), "bob");
    let _data = api.kill();
    let api = Api::start_with(Settings {
        data_dir: Some(data_dir),
        listen: Some(listen),
        ..Settings::default()
    });
    assert_eq!(next(), "bob");
    task(&api, "bob", &["done", &task_id]).json();
    assert_eq!(child.wait().unwrap().code(), Some(6));
}

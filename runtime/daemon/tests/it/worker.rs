//! The worker from outside: what it executes, what it reports, and what it leaves behind, which
//! is nothing.

use super::support::{Api, Settings, Watched, Worker, eventually, gone, signal};
use daemon::worker::process_table::Identity;
use rustix::process::Signal;
use serde_json::{Value, json};

const COMMAND_STORY: [&str; 9] = [
    "run.created",
    "run.claimed",
    "run.started",
    "step.created",
    "tool.invoked",
    "tool.output",
    "artifact.created",
    "tool.succeeded",
    "run.completed",
];

#[tokio::test]
async fn a_command_is_executed_and_told_from_begin_to_end() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let folder = api.data_dir.to_str().unwrap().to_owned();
    let more = json!({"cwd": folder, "env": {"GREETING": "grüezi"}});
    let script = "echo $GREETING; pwd; echo $SIGNALBOX_RUN_ID";
    let mut run = Watched::script(&api, script, more).await;
    let artifact = run.until("artifact.created").await;
    let end = run.until("run.completed").await;
    assert_eq!(run.types, COMMAND_STORY);
    assert_eq!(end["output"]["exit_code"], 0);
    let expected = format!("grüezi\n{folder}\n{}\n", run.run_id);
    assert_eq!(run.printed, expected);
    let blob = artifact["content"]["blob"].as_str().unwrap();
    let reply = api.owner().get(&format!("/v1/blobs/{blob}")).await;
    assert_eq!(reply.text, expected);
    assert_eq!(artifact["size_bytes"], expected.len());
}

#[tokio::test]
async fn what_a_command_must_not_see_or_show() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    // The secret is put together by the program: only its output holds it, in two pieces.
    let script = "env; printf 'key sk-'; sleep 0.3; printf '%040d end\\n' 7";
    let mut run = Watched::script(&api, script, json!({})).await;
    let artifact = run.until("artifact.created").await;
    run.until("run.completed").await;
    let blob = artifact["content"]["blob"].as_str().unwrap();
    let kept = api.owner().get(&format!("/v1/blobs/{blob}")).await.text;
    for text in [&run.printed, &kept] {
        assert!(text.contains("key [redacted] end"), "{text}");
        assert!(text.contains("SIGNALBOX_RUN_ID=") && !text.contains("SIGNALBOX_TOKEN="));
        assert!(!text.contains("engtok_") && !text.contains("SIGNALBOX_OWNER_TOKEN"));
    }
}

#[tokio::test]
async fn how_a_command_can_end_badly() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let command = |argv: Value, more: Value| {
        let mut command = json!({ "argv": argv });
        let members = command.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        json!({ "command": command })
    };
    let table = [
        (
            command(json!(["sh", "-c", "exit 3"]), json!({})),
            "command_failed",
            "exit code 3",
        ),
        (
            command(json!(["sh", "-c", "kill -9 $$"]), json!({})),
            "command_killed",
            "signal 9",
        ),
        (
            command(json!(["no-such-program"]), json!({})),
            "command_not_run",
            "\"no-such-program\" cannot be started",
        ),
        (
            command(json!(["true"]), json!({"cwd": "/no/such/folder"})),
            "command_not_run",
            "/no/such/folder is not there",
        ),
        (
            command(json!(["sleep", "600"]), json!({"timeout_seconds": 1})),
            "timed_out",
            "time limit",
        ),
    ];
    for (input, code, words) in table {
        let mut run = Watched::input(&api, input).await;
        let end = run.until("run.failed").await;
        assert_eq!(end["error"]["code"], code, "{end}");
        assert!(end["message"].as_str().unwrap().contains(words), "{end}");
    }
}

#[tokio::test]
async fn only_the_owner_has_commands_executed() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let local = api.local();
    let room_id = local.room("local").await;
    let marker = api.data_dir.join("marker");
    let input = json!({"command": {"argv": ["touch", marker.to_str().unwrap()]}});
    let body = json!({"room_id": room_id, "input": input});
    let reply = local.post("/v1/runs", body).await;
    let run_id = reply.expect(201)["run_id"].as_str().unwrap().to_owned();
    let mut run = Watched::of(&api, &room_id, &run_id).await;
    let path = format!("/v1/runs/{run_id}/cancel");
    local.post(&path, json!({})).await.expect(200);
    run.until("run.cancelled").await;
    assert!(!run.types.contains(&"tool.invoked".to_owned()) && !marker.exists());
}

#[tokio::test]
async fn a_run_that_asks_for_nothing_is_completed_as_the_contract_says() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let mut run = Watched::input(&api, json!({"anything": 1})).await;
    let invoked = run.until("tool.invoked").await;
    assert_eq!(invoked["tool_name"], "runtime.noop");
    run.until("run.completed").await;
    assert!(!run.types.contains(&"artifact.created".to_owned()));
}

/// A script that prints the ids of itself, of a child in its group and of one that left it, and
/// then does nothing for a long time.
const FAMILY: &str = "echo $$; sleep 600 & echo $!; setsid sh -c 'echo $$; exec sleep 600' & wait";

#[tokio::test]
async fn a_cancel_ends_everything_that_the_command_started() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, FAMILY, json!({})).await;
    let family = run.processes(3).await;
    let path = format!("/v1/runs/{}/cancel", run.run_id);
    api.owner()
        .post(&path, json!({"reason": "enough"}))
        .await
        .expect(200);
    run.until("run.cancelled").await;
    gone(&family).await;
    assert!(run.types.contains(&"tool.failed".to_owned()));
}

#[tokio::test]
async fn a_command_that_ignores_the_polite_order_is_ended_by_force() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let script = "trap '' TERM; echo $$; while true; do sleep 1; done";
    let mut run = Watched::script(&api, script, json!({"timeout_seconds": 1})).await;
    let family = run.processes(1).await;
    let end = run.until("run.failed").await;
    assert_eq!(end["error"]["timed_out"], true);
    gone(&family).await;
}

#[tokio::test]
async fn a_killed_worker_leaves_no_process_behind() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, FAMILY, json!({})).await;
    let family = run.processes(3).await;
    worker.kill();
    gone(&family).await;
}

#[tokio::test]
async fn the_next_worker_ends_what_worker_and_guard_left_behind() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, "echo $PPID; echo $$; exec sleep 600", json!({})).await;
    let processes = run.processes(2).await;
    let (guard, command) = (&processes[0], &processes[1]);
    // Frozen, the worker can do nothing about the end of its guard; then it is killed too. Not the other
    // way round: the system wakes a frozen guard when its worker dies, because its group is orphaned then.
    signal(worker.pid, Signal::STOP);
    // A signal is only sent when `kill` returns; the worker is frozen when the system says so.
    let status = format!("/proc/{}/stat", worker.pid);
    while !std::fs::read_to_string(&status).unwrap().contains(") T ") {
        tokio::task::yield_now().await;
    }
    signal(guard.pid(), Signal::KILL);
    worker.kill();
    gone(std::slice::from_ref(guard)).await;
    assert_eq!(Identity::of(command.pid()).as_ref(), Some(command));
    let _next = Worker::start(&api).await;
    gone(std::slice::from_ref(command)).await;
}

#[tokio::test]
async fn a_command_whose_guard_is_killed_is_ended_and_the_run_fails() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, "echo $PPID; echo $$; exec sleep 600", json!({})).await;
    let processes = run.processes(2).await;
    signal(processes[0].pid(), Signal::KILL);
    let end = run.until("run.failed").await;
    assert!(
        end["message"].as_str().unwrap().contains("was killed"),
        "{end}"
    );
    gone(&processes).await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_ends_its_command_and_says_so() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, FAMILY, json!({})).await;
    let family = run.processes(3).await;
    assert_eq!(worker.stop().await, Some(0));
    gone(&family).await;
    let end = run.until("run.failed").await;
    assert_eq!(end["error"]["code"], "outcome_unknown", "{end}");
    // What it printed until then is kept.
    assert!(run.types.contains(&"artifact.created".to_owned()));
}

#[tokio::test]
async fn what_may_be_done_twice_goes_back_to_the_queue_and_is_done_again() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, FAMILY, json!({"retry": true})).await;
    let family = run.processes(3).await;
    assert_eq!(worker.stop().await, Some(0));
    gone(&family).await;
    run.until("run.lease.released").await;
    let _next = Worker::start(&api).await;
    let claimed = run.until("run.claimed").await;
    assert_eq!(claimed["attempt_no"], 2);
}

#[tokio::test]
async fn a_run_that_is_somebody_elses_by_now_is_stopped_at_once() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let script = "echo $$; while true; do sleep 0.1; echo on; done";
    let mut run = Watched::script(&api, script, json!({})).await;
    let family = run.processes(1).await;
    // The owner may end any run; its holder learns of it by its next report.
    let path = format!("/v1/runs/{}/complete", run.run_id);
    api.owner().post(&path, json!({})).await.expect(200);
    gone(&family).await;
    run.until("run.completed").await;
    let reply = api
        .owner()
        .get(&format!("/v1/events?run_id={}", run.run_id))
        .await;
    let events = reply.expect(200);
    // Nothing of the holder's comes after the end, only what follows on it.
    let types = events["events"].as_array().unwrap().iter();
    let types: Vec<&Value> = types.map(|event| &event["event_type"]).collect();
    assert!(
        types.ends_with(&[&json!("run.completed"), &json!("evidence.manifest.created")]),
        "{types:?}"
    );
}

#[tokio::test]
async fn a_command_goes_on_while_the_api_is_away_and_nothing_is_lost() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    let (gate, address) = (api.data_dir.join("gate"), api.address().to_owned());
    let script = format!(
        "echo begin; while [ ! -e '{}' ]; do sleep 0.05; done; echo end",
        gate.display()
    );
    let mut run = Watched::script(&api, &script, json!({})).await;
    run.lines(1).await;
    let seq = run.seq();
    let stopped = api.kill();
    // It ends while nobody can be told.
    std::fs::write(&gate, "").unwrap();
    let api = Api::start_with(Settings {
        data_dir: Some(stopped.data_dir.clone()),
        listen: Some(address),
        ..Settings::default()
    });
    run.resume(&api, seq).await;
    run.until("run.completed").await;
    assert_eq!(run.printed, "begin\nend\n");
    drop(worker);
}

#[tokio::test]
async fn four_at_once_and_the_fifth_waits() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let gate = api.data_dir.join("gate");
    let script = format!(
        "echo $$; while [ ! -e '{}' ]; do sleep 0.05; done",
        gate.display()
    );
    let mut runs = Vec::new();
    for _ in 0..5 {
        runs.push(Watched::script(&api, &script, json!({})).await);
    }
    for run in runs.iter_mut().take(4) {
        run.lines(1).await;
    }
    let owner = api.owner();
    let path = format!("/v1/runs/{}", runs[4].run_id);
    assert_eq!(
        owner.get(&path).await.expect(200)["run"]["status"],
        "queued"
    );
    std::fs::write(&gate, "").unwrap();
    for run in &mut runs {
        run.until("run.completed").await;
    }
}

#[tokio::test]
async fn long_output_is_shown_in_part_and_kept_whole() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let script = "i=0; while [ $i -lt 40000 ]; do echo \"line $i of many that are all alike\"; i=$((i+1)); done";
    let mut run = Watched::script(&api, script, json!({})).await;
    let artifact = run.until("artifact.created").await;
    run.until("run.completed").await;
    let blob = artifact["content"]["blob"].as_str().unwrap();
    let kept = api.owner().get(&format!("/v1/blobs/{blob}")).await.text;
    let expected: String = (0..40_000)
        .map(|i| format!("line {i} of many that are all alike\n"))
        .collect();
    assert!(kept == expected, "the recording is not what was printed");
    let live = run.printed.len();
    assert!(
        live < kept.len() && kept.starts_with(&run.printed),
        "{live} bytes were shown"
    );
}

#[tokio::test]
async fn a_supervised_worker_shows_that_it_lives_and_ends_with_its_parent() {
    let api = Api::start();
    let worker = Worker::start(&api).await;
    for _ in 0..2 {
        assert_eq!(worker.line(), Some(json!({"alive": true})));
    }
    let mut run = Watched::script(&api, FAMILY, json!({})).await;
    let family = run.processes(3).await;
    assert_eq!(worker.abandon().await, Some(0));
    gone(&family).await;
}

#[tokio::test]
async fn a_worker_without_a_good_token_says_why_it_does_not_start() {
    let api = Api::start();
    for token in ["engtok_unknown", super::support::OWNER_TOKEN] {
        let mut worker = Worker::start_with(&api, token);
        let line = worker.line().expect("a line");
        assert_eq!(
            (&line["ready"], &line["code"]),
            (&json!(false), &json!("start_failed"))
        );
        assert!(
            line["hint"]
                .as_str()
                .unwrap()
                .contains("signalbox engines register")
        );
        assert_eq!(worker.exit_code().await, Some(3));
    }
}

#[tokio::test]
async fn a_worker_whose_token_is_revoked_ends() {
    let api = Api::start();
    let mut first = Worker::start(&api).await;
    // The supervisor rotates the token for the next one.
    let _second = Worker::start(&api).await;
    // It asks for work when there is some, and is refused.
    let mut run = Watched::input(&api, json!({})).await;
    run.until("run.completed").await;
    assert_eq!(first.exit_code().await, Some(1));
}

#[tokio::test]
async fn notes_of_commands_go_with_them() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let mut run = Watched::script(&api, "echo $$", json!({})).await;
    run.until("run.completed").await;
    let notes = api.data_dir.join("commands");
    eventually("the note is erased", || {
        let left = std::fs::read_dir(&notes).map_or(0, Iterator::count);
        async move { (left == 0).then_some(()) }
    })
    .await;
}

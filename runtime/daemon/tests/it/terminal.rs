//! `signalbox run`: the program comes first, the record follows it.

use super::support::{Api, Watched, eventually, gone, say, say_with, signal, verb};
use daemon::worker::process_table::Identity;
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

/// The newest run, watched from its first event.
async fn newest(api: &Api) -> Watched {
    let reply = api.owner().get("/v1/runs?limit=1").await;
    let run = reply.expect(200)["runs"][0].clone();
    let id = |member: &str| run[member].as_str().unwrap().to_owned();
    Watched::of(api, &id("room_id"), &id("run_id")).await
}

#[tokio::test]
async fn a_program_is_untouched_and_recorded() {
    let api = Api::start();
    let script = "cat; echo oh >&2; echo $SIGNALBOX_RUN_ID; exit 7";
    let said = say_with(
        &api,
        &["run", "--", "sh", "-c", script],
        "from the terminal\n",
    );
    assert_eq!(said.code, Some(7));
    let mut run = newest(&api).await;
    assert_eq!(said.stdout, format!("from the terminal\n{}\n", run.run_id));
    assert_eq!(said.stderr, "oh\n");
    let artifact = run.until("artifact.created").await;
    let end = run.until("run.failed").await;
    assert_eq!(end["error"]["exit_code"], 7);
    let blob = artifact["content"]["blob"].as_str().unwrap();
    let kept = api.owner().get(&format!("/v1/blobs/{blob}")).await.text;
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(
        sorted(&kept),
        sorted(&format!("{}{}", said.stdout, said.stderr))
    );
    assert_eq!(sorted(&run.printed), sorted(&kept));
}

#[tokio::test]
async fn the_screen_shows_what_the_log_must_not_hold() {
    let api = Api::start();
    let said = say(&api, &["run", "--", "sh", "-c", "printf 'sk-%040d\\n' 7"]);
    assert_eq!(said.stdout, format!("sk-{:040}\n", 7));
    let mut run = newest(&api).await;
    run.until("run.completed").await;
    assert_eq!(run.printed, "[redacted]\n");
}

#[tokio::test]
async fn bytes_come_through_as_they_are() {
    let api = Api::start();
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i * 7 % 256) as u8).collect();
    let file = api.data_dir.join("bytes");
    std::fs::write(&file, &bytes).unwrap();
    let output = verb(&api, &["run", "--", "cat", file.to_str().unwrap()]).output();
    assert!(
        output.unwrap().stdout == bytes,
        "the output is not what was printed"
    );
    newest(&api).await.until("run.completed").await;
}

#[test]
fn exit_codes_are_those_of_a_shell() {
    let api = Api::start();
    let folder = api.data_dir.to_str().unwrap();
    let table: [(&[&str], i32); 5] = [
        (&["true"], 0),
        (&["sh", "-c", "exit 255"], 255),
        (&["sh", "-c", "kill -TERM $$"], 143),
        (&["no-such-program"], 127),
        (&[folder], 126),
    ];
    for (argv, code) in table {
        let words = [&["run", "--"], argv].concat();
        assert_eq!(say(&api, &words).code, Some(code), "{argv:?}");
    }
}

#[tokio::test]
async fn runs_are_found_in_the_room_that_was_named() {
    let api = Api::start();
    let room_id = api.local().room("Nightly builds").await;
    let named = [
        "run",
        "--room",
        "nightly builds",
        "--title",
        "Backup",
        "--",
        "true",
    ];
    for words in [
        &named[..],
        &["run", "--room", &room_id, "--", "true"],
        &["run", "--", "true"],
        &["run", "--", "true"],
    ] {
        assert_eq!(say(&api, words).code, Some(0), "{words:?}");
    }
    let runs = api.owner().get("/v1/runs").await.expect(200);
    let runs: Vec<(&Value, &Value)> = runs["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (&run["room_id"], &run["title"]))
        .collect();
    // Newest first: two in the room that is made for runs that name none.
    assert_eq!(runs[0].0, runs[1].0);
    assert!(runs[1].0 != room_id.as_str() && runs[2].0 == room_id.as_str());
    assert_eq!(
        (runs[3].0, runs[3].1),
        (&Value::from(room_id), &Value::from("Backup"))
    );

    let marker = api.data_dir.join("marker");
    let words = [
        "run",
        "--room",
        "Nowhere",
        "--",
        "touch",
        marker.to_str().unwrap(),
    ];
    let said = say(&api, &words);
    assert_eq!(said.code, Some(4));
    assert!(
        said.stderr.contains("There is no room \"Nowhere\"") && !marker.exists(),
        "{said:?}"
    );
}

#[tokio::test]
async fn without_a_runtime_the_program_runs_all_the_same() {
    let api = Api::start();
    let command = verb(&api, &["run", "--", "sh", "-c", "echo done; exit 3"]);
    let _data = api.kill();
    let mut command = command;
    let said = super::support::Said::of(command.output().unwrap());
    assert_eq!((said.code, said.stdout.as_str()), (Some(3), "done\n"));
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    assert!(
        said.stderr
            .starts_with("signalbox: this run is not recorded: ")
    );
}

#[tokio::test]
async fn a_runtime_that_goes_away_does_not_hold_the_program_up() {
    let api = Api::start();
    let gate = api.data_dir.join("gate");
    let script = format!(
        "echo begun; while [ ! -e '{}' ]; do sleep 0.05; done; exit 5",
        gate.display()
    );
    let (mut child, first) = begin(&api, &script);
    assert_eq!(first, "begun");
    let _data = api.kill();
    std::fs::write(&gate, "").unwrap();
    let status = eventually("the program ends", || {
        let status = child.try_wait().unwrap();
        async move { status }
    });
    assert_eq!(status.await.code(), Some(5));
}

/// Starts a script under `signalbox run` and waits for its first line.
fn begin(api: &Api, script: &str) -> (Child, String) {
    let mut child = verb(api, &["run", "--", "sh", "-c", script])
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    // Somebody goes on reading: a closed pipe would end the program.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    (child, line.trim().to_owned())
}

#[tokio::test]
async fn a_cancel_in_the_window_ends_the_program_here() {
    let api = Api::start();
    let (mut child, line) = begin(&api, "sleep 600 & echo $$ $!; wait");
    let family: Vec<Identity> = line
        .split(' ')
        .map(|pid| Identity::of(pid.parse().unwrap()).unwrap())
        .collect();
    let mut run = newest(&api).await;
    let path = format!("/v1/runs/{}/cancel", run.run_id);
    api.owner()
        .post(&path, serde_json::json!({}))
        .await
        .expect(200);
    run.until("run.cancelled").await;
    gone(&family).await;
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[tokio::test]
async fn what_would_end_us_is_passed_on_to_the_program() {
    let api = Api::start();
    let (mut child, line) = begin(
        &api,
        "trap 'exit 9' TERM; echo ready; while true; do sleep 0.05; done",
    );
    assert_eq!(line, "ready");
    signal(child.id().cast_signed(), Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(9));
    let end = newest(&api).await.until("run.failed").await;
    assert_eq!(end["error"]["exit_code"], 9);
}

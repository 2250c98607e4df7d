//! Watching channels from the command line, and a program for each message.

use crate::support::{Api, Said, Settings, eventually, say, signal, verb};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

async fn publish(api: &Api, channel: &str, body: Value) {
    let message = json!({"from": "ann", "type": "n", "body": body});
    let path = format!("/ch/{channel}");
    api.local().post(&path, message).await.expect(201);
}

/// Lines of JSON in a file, once there are as many.
async fn read(path: &Path, count: usize) -> Vec<Value> {
    let lines = eventually("the lines are written", || {
        let text = fs::read_to_string(path).unwrap_or_default();
        let is_whole = text.lines().count() >= count && text.ends_with('\n');
        async move { is_whole.then_some(text) }
    })
    .await;
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

#[tokio::test]
async fn nothing_is_lost_or_repeated_while_the_runtime_is_killed() {
    const ROUNDS: u64 = 4;
    const EACH: u64 = 25;
    let mut api = Api::start();
    let (data_dir, listen) = (api.data_dir.clone(), api.address().to_owned());
    let mut kept = Vec::new();
    let total = (ROUNDS * EACH).to_string();
    let mut one = verb(&api, &["sub", "general", "--count", &total])
        .spawn()
        .unwrap();
    let mut all = verb(&api, &["sub", "--count", &total, "--type", "n"])
        .spawn()
        .unwrap();
    let mut several = verb(
        &api,
        &["sub", "general", "other", "--count", &total, "--replay"],
    )
    .spawn()
    .unwrap();
    // They have begun once the runtime knows of them.
    eventually("all watch", || {
        let http = api.local();
        async move { (http.get("/status").await.expect(200)["subscribers"] == 3).then_some(()) }
    })
    .await;
    let mut readers: Vec<_> = [&mut one, &mut all, &mut several]
        .into_iter()
        .map(|child| BufReader::new(child.stdout.take().unwrap()).lines())
        .collect();
    let mut seen: Vec<Vec<String>> = vec![Vec::new(); readers.len()];
    for round in 0..ROUNDS {
        for number in 0..EACH {
            publish(&api, "general", json!({"round": round, "number": number})).await;
        }
        // In the middle of what they have to read.
        for (reader, seen) in readers.iter_mut().zip(&mut seen) {
            seen.push(reader.next().unwrap().unwrap());
        }
        if round + 1 < ROUNDS {
            kept.push(api.kill());
            api = Api::start_with(Settings {
                data_dir: Some(data_dir.clone()),
                listen: Some(listen.clone()),
                ..Settings::default()
            });
        }
    }
    let history: Vec<String> = {
        let said = say(&api, &["history", "general", "-n", "200"]);
        said.stdout.lines().map(str::to_owned).collect()
    };
    assert_eq!(history.len() as u64, ROUNDS * EACH);
    for (reader, mut seen) in readers.into_iter().zip(seen) {
        seen.extend(reader.map(Result::unwrap));
        assert!(
            seen == history,
            "{} lines were seen, and {} said",
            seen.len(),
            history.len()
        );
    }
    for mut child in [one, all, several] {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn a_closed_pipe_ends_it_quietly_though_nothing_is_said() {
    let api = Api::start();
    publish(&api, "general", json!("first")).await;
    let mut child = verb(&api, &["sub", "general", "--replay"]).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    drop(output);
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert!(line.contains("\"first\""), "{line}");
}

#[tokio::test]
async fn messages_are_chosen_by_channel_and_type() {
    let api = Api::start();
    for channel in ["a", "b", "c"] {
        publish(&api, channel, json!(channel)).await;
    }
    let started = ["task", "new", "t", "--from", "ann"];
    say(&api, &started).json();
    let bodies = |words: &[&str]| {
        let said = say(&api, &[&["sub", "--replay"], words].concat());
        let said = said.list().into_iter();
        said.map(|message| message["ch"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(&["c", "a", "-n", "2"]), ["a", "c"]);
    assert_eq!(bodies(&["--type", "task.*", "-n", "1"]), ["tasks"]);
    assert_eq!(bodies(&["--type", "n", "-n", "3"]), ["a", "b", "c"]);
    let first = say(&api, &["history", "-n", "4"]).list()[0]["id"]
        .as_str()
        .unwrap()
        .to_lowercase();
    let later = say(&api, &["sub", "--since", &first, "-n", "1"]).list();
    assert_eq!(later[0]["ch"], "b");
}

/// Programs get what was said word for word, whatever it is, and each once.
#[tokio::test]
async fn each_message_is_handled_once() {
    const COUNT: usize = 24;
    let api = Api::start();
    let dir = tempfile::tempdir().unwrap();
    let trap = dir.path().join("trap");
    let awkward = format!(
        "$(touch {0}) `touch {0}` '; touch {0}; \" \\ ü\n",
        trap.display()
    );
    for number in 0..COUNT {
        publish(&api, "work", json!({"number": number, "text": awkward})).await;
    }
    let history = say(&api, &["history", "work"]).list();
    let count = COUNT.to_string();
    let exec = |out: &Path, flags: &[&str], script: &str| {
        let script = script.replace("OUT", &out.display().to_string());
        let program = ["--", "sh", "-c", script.as_str(), "sh"];
        let begin = ["subexec", "work", "--replay", "--count", &count];
        say(&api, &[&begin[..], flags, &program].concat())
    };
    let given = dir.path().join("given");
    let script = "[ \"$1\" = \"$SIGNALBOX_MESSAGE\" ] && printf '%s\\n' \"$1\" >> OUT";
    let said = exec(&given, &[], script);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        read(&given, COUNT).await,
        history,
        "one after the other, in order"
    );

    let piped = dir.path().join("piped");
    let said = exec(
        &piped,
        &["--jobs", "4", "--stdin"],
        "[ $# = 0 ] && m=$(cat) && printf '%s\\n' \"$m\" >> OUT",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut found = read(&piped, COUNT).await;
    found.sort_by_key(|message| message["id"].to_string());
    assert_eq!(found, history);

    let batches = dir.path().join("batches");
    let said = exec(
        &batches,
        &["--buffer", "10"],
        "printf '%s\\n' \"$1\" >> OUT",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let batches = read(&batches, 3).await;
    let counts: Vec<&Value> = batches.iter().map(|batch| &batch["count"]).collect();
    assert_eq!(counts, [10, 10, 4]);
    let messages = batches
        .iter()
        .flat_map(|batch| batch["messages"].as_array().unwrap());
    assert!(messages.eq(history.iter()));
    assert!(!trap.exists(), "what was said was read as a command");
}

#[tokio::test]
async fn what_goes_wrong_with_a_program_is_told() {
    let api = Api::start();
    publish(&api, "work", json!("x".repeat(200 * 1024))).await;
    publish(&api, "work", json!(1)).await;
    let begin = ["subexec", "work", "--replay", "-n", "2"];
    let said = say(
        &api,
        &[&begin[..], &["--", "sh", "-c", "echo handled"]].concat(),
    );
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), "handled\n"));
    assert!(said.stderr.contains("use --stdin"), "{said:?}");
    let said = say(&api, &[&begin[..], &["--stdin", "--", "wc", "-c"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.stdout
            .lines()
            .next()
            .unwrap()
            .trim()
            .parse::<usize>()
            .unwrap()
            > 200 * 1024
    );
    let said = say(&api, &[&begin[..], &["--", "false"]].concat());
    assert_eq!(
        (said.code, said.stderr.lines().count()),
        (Some(1), 2),
        "{said:?}"
    );
    let said = say(&api, &[&begin[..], &["--", "no-such-program"]].concat());
    assert_eq!(said.code, Some(3), "{said:?}");
}

#[tokio::test]
async fn what_is_buffered_is_handed_over_in_time_and_at_the_end() {
    let api = Api::start();
    let dir = tempfile::tempdir().unwrap();
    let (out, gate) = (dir.path().join("out"), dir.path().join("gate"));
    let script = format!(
        "printf '%s\\n' \"$1\" >> {0}; while [ ! -e {1} ]; do sleep 0.05; done; printf '\"end\"\\n' >> {0}",
        out.display(),
        gate.display()
    );
    publish(&api, "work", json!(1)).await;
    let words = [
        "subexec",
        "work",
        "--replay",
        "--buffer",
        "9",
        "--timeout-ms",
        "1",
        "--",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let child = verb(&api, &words).spawn().unwrap();
    assert_eq!(read(&out, 1).await[0]["count"], 1);
    // It is asked to end while a program runs: that one ends first.
    signal(child.id().cast_signed(), Signal::TERM);
    fs::write(&gate, "").unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(read(&out, 2).await[1], "end");
}

#[tokio::test]
async fn each_message_is_handled_once_though_the_runtime_is_killed() {
    const EACH: usize = 15;
    let api = Api::start();
    let (data_dir, listen) = (api.data_dir.clone(), api.address().to_owned());
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let script = format!("printf '%s\\n' \"$1\" >> {}", out.display());
    let count = (2 * EACH).to_string();
    let words = [
        "subexec", "work", "--replay", "-n", &count, "--", "sh", "-c", &script, "sh",
    ];
    for number in 0..EACH {
        publish(&api, "work", json!(number)).await;
    }
    let child = verb(&api, &words).spawn().unwrap();
    read(&out, 1).await;
    let _data = api.kill();
    let api = Api::start_with(Settings {
        data_dir: Some(data_dir),
        listen: Some(listen),
        ..Settings::default()
    });
    for number in 0..EACH {
        publish(&api, "work", json!(number)).await;
    }
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let history = say(&api, &["history", "work"]).list();
    assert_eq!(read(&out, 2 * EACH).await, history);
}

//! Speaking on the board, reading it, and leaving files.

use crate::cli::id;
use crate::support::{Api, Said, say, say_with, verb};
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;

/// One member of each.
pub fn each(values: &[Value], member: &str) -> Vec<Value> {
    values.iter().map(|value| value[member].clone()).collect()
}

#[test]
fn what_is_said_is_json_or_text_from_words_or_standard_input() {
    let api = Api::start();
    let publish = |words: &[&str], input: &str| {
        let words = [&["pub", "general", "--from", "ann.human"], words].concat();
        id(&say_with(&api, &words, input), "id")
    };
    let first = publish(&["the", "build", "is green"], "");
    publish(&["{\"ok\":true}"], "");
    publish(&["--text", "42"], "");
    publish(&["-7"], "");
    publish(&["-", "--type", "diff"], "two\nlines\n");
    publish(&[], "[1,2]\n");
    publish(&["--", "-v", "--json"], "");
    publish(&["--type", "build.done"], "");
    publish(&["--reply-to", &first, "--file", "sha256:ab", "well"], "");
    for _ in 0..2 {
        publish(&["--idempotency-key", "k", "once"], "");
    }
    let said = say(&api, &["history", "general"]).list();
    let bodies = [
        json!("the build is green"),
        json!({"ok": true}),
        json!("42"),
        json!(-7),
        json!("two\nlines"),
        json!([1, 2]),
        json!("-v --json"),
        json!({}),
        json!("well"),
        json!("once"),
    ];
    assert_eq!(each(&said, "body"), bodies);
    assert_eq!(
        json!([
            said[0]["from"],
            said[0]["type"],
            said[4]["type"],
            said[8]["reply-to"],
            said[8]["files"]
        ]),
        json!(["ann.human", "msg.message", "diff", first, ["sha256:ab"]])
    );
    let late = say(&api, &["history", "--since", &first, "-n", "2"]).list();
    assert_eq!(each(&late, "body"), bodies[1..3]);
    let typed = say(&api, &["history", "general", "--type", "build.*"]).list();
    assert_eq!(each(&typed, "type"), ["build.done"]);
    assert_eq!(say(&api, &["channels"]).list(), [json!({"ch": "general"})]);
}

#[test]
fn lines_are_messages_once_each() {
    let api = Api::start();
    let words = [
        "pub",
        "logs/a b",
        "--lines",
        "--idempotency-key",
        "log",
        "--from",
        "x",
    ];
    let published = say_with(&api, &words, "one\n\n{\"n\":2}\nthree").list();
    assert_eq!(published.len(), 3);
    let again = say_with(&api, &words, "one\n{\"n\":2}\nthree\nfour\n").list();
    assert_eq!(each(&again, "id")[..3], each(&published, "id"));
    let said = say(&api, &["history", "logs/a b"]).list();
    let bodies = [json!("one"), json!({"n": 2}), json!("three"), json!("four")];
    assert_eq!(each(&said, "body"), bodies);
}

#[test]
fn who_speaks() {
    let api = Api::start();
    let mut named = verb(&api, &["pub", "general", "hi"]);
    let said = Said::of(named.env("AGENT_ID", "bot.ann").output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut user = verb(&api, &["pub", "general", "hi"]);
    user.env_remove("AGENT_ID").env("USER", "ann");
    assert_eq!(Said::of(user.output().unwrap()).code, Some(0));
    let said = say(&api, &["history"]).list();
    assert_eq!(each(&said, "from"), ["bot.ann", "ann"]);
    let mut nobody = verb(&api, &["--json", "pub", "general", "hi"]);
    for name in ["AGENT_ID", "USER", "LOGNAME", "USERNAME"] {
        nobody.env_remove(name);
    }
    let said = Said::of(nobody.output().unwrap());
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("AGENT_ID"), "{said:?}");
}

#[test]
fn what_is_wrong_is_told_with_a_code() {
    let api = Api::start();
    let table: [(&[&str], i32, &str); 9] = [
        (&["pub", "general", "--from", "x"], 2, "nothing_to_publish"),
        (
            &["sub", "--since", "what?", "-n", "1"],
            2,
            "invalid_request",
        ),
        (&["sub", "room.room_none"], 4, "not_found"),
        (&["task", "claim", "none", "--from", "x"], 4, "not_found"),
        (
            &["task", "claim", "--next", "--from", "x"],
            4,
            "no_open_task",
        ),
        (
            &["task", "new", "t", "--context", "[1]", "--from", "x"],
            2,
            "invalid_json",
        ),
        (&["file", "get", "sha256:nope"], 2, "invalid_request"),
        (&["file", "put", "/no/such/file"], 4, "file_unreadable"),
        (&["man", "nope"], 4, "unknown_verb"),
    ];
    for (words, code, error) in table {
        let said = say(&api, &[&["--json"], words].concat());
        let body: Value = serde_json::from_str(&said.stderr).expect("JSON on standard error");
        assert_eq!(
            (said.code, &body["error"]),
            (Some(code), &json!(error)),
            "{words:?} {body}"
        );
        assert!(said.stdout.is_empty(), "{words:?}");
    }
    for words in [
        &["sub", "a"][..],
        &["subexec", "a", "--", "true"],
        &["pub", "a", "b", "--from", "x"],
    ] {
        let words = [&["--url", "http://127.0.0.1:9"], words].concat();
        assert_eq!(say(&api, &words).code, Some(7), "{words:?}");
    }
    for words in [
        &["history", "-n", "0"][..],
        &["history", "-n", "201"],
        &["subexec", "a"],
        &["pub", "", "x"],
        &["sub", ""],
        &["history", ""],
    ] {
        assert_eq!(say(&api, words).code, Some(2), "{words:?}");
    }
}

#[test]
fn files_go_in_and_come_out_as_they_are() {
    let api = Api::start();
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let path = dir.path().join("in");
    fs::write(&path, &bytes).unwrap();
    let stored = say(&api, &["file", "put", path.to_str().unwrap()]).json();
    assert_eq!(stored["size"], 3_000_000);
    let hash = stored["hash"].as_str().unwrap();
    let mut piped = verb(&api, &["file", "put", "-"]);
    let output = piped.stdin(fs::File::open(&path).unwrap()).output();
    assert_eq!(Said::of(output.unwrap()).json()["hash"], hash);

    for words in [&["file", "get", hash][..], &["file", "get", hash, "-"]] {
        let output = verb(&api, words).output().unwrap();
        assert!(
            output.status.success() && output.stdout == bytes,
            "{words:?}"
        );
    }
    let out = dir.path().join("out");
    let get = ["file", "get", hash, out.to_str().unwrap()];
    assert_eq!(say(&api, &get).json()["size"], 3_000_000);
    assert!(fs::read(&out).unwrap() == bytes);
    fs::write(&out, "mine").unwrap();
    assert_eq!(say(&api, &get).code, Some(6));
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    assert_eq!(say(&api, &[&get[..], &["--force"]].concat()).code, Some(0));
    assert!(fs::read(&out).unwrap() == bytes);
}

/// What does not have the content that its name says never gets its name here.
#[test]
fn a_forged_file_is_refused() {
    let api = Api::start();
    let stored = say_with(&api, &["file", "put", "-"], "kept").json();
    let hash = stored["hash"].as_str().unwrap();
    let name = hash.strip_prefix("sha256:").unwrap();
    fs::write(
        api.data_dir.join("blobs").join(&name[..2]).join(name),
        "lies",
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let said = say(
        &api,
        &["--json", "file", "get", hash, out.to_str().unwrap()],
    );
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("hash_mismatch"), "{said:?}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert_eq!(say(&api, &["file", "get", hash]).code, Some(1));
}

#[test]
fn who_is_there() {
    let api = Api::start();
    let beat = [
        "presence",
        "beat",
        "--from",
        "bot.ann",
        "--channel",
        "general",
        "--meta",
        "{\"a\":1}",
    ];
    assert_eq!(say(&api, &beat).json()["ok"], true);
    let mut going = verb(
        &api,
        &["presence", "beat", "--from", "bot.bob", "--every", "1"],
    )
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut first = String::new();
    let mut output = std::io::BufReader::new(going.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut first).unwrap();
    let there = say(&api, &["presence"]).list();
    assert_eq!(each(&there, "agent_id"), ["bot.bob", "bot.ann"]);
    assert_eq!(
        json!([there[1]["channels"], there[1]["meta"]]),
        json!([["general"], {"a": 1}])
    );
    // Nobody listens any more.
    drop(output);
    assert_eq!(going.wait().unwrap().code(), Some(0));
}

#[test]
fn the_manual_and_the_prompt() {
    let api = Api::start();
    let prompt = say(&api, &["instruction-prompt"]);
    assert!(
        prompt.stdout.starts_with("## Working with others"),
        "{prompt:?}"
    );
    let object = say(&api, &["--json", "instruction-prompt"]).json();
    assert_eq!(object["prompt"], prompt.stdout);
    let page = say(&api, &["man", "task", "claim"]);
    assert!(
        page.stdout.contains(".TH signalbox-task-claim 1"),
        "{page:?}"
    );
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("man1");
    assert_eq!(
        say(&api, &["man", "--dir", pages.to_str().unwrap()]).code,
        Some(0)
    );
    for page in ["signalbox.1", "signalbox-pub.1", "signalbox-task-claim.1"] {
        assert!(pages.join(page).exists(), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = say(&api, &["completions", shell]).stdout;
        for verb in ["subexec", "presence", "heartbeat", "instruction-prompt"] {
            assert!(script.contains(verb), "{shell} {verb}");
        }
    }
}

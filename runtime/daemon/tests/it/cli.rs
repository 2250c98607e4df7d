//! The verbs of the command line: what they print, and how they end.

mod examples;
mod login;
mod subscribe;
mod talk;
mod tasks;
mod topics;

use super::support::{
    Api, OWNER_TOKEN, Said, Worker, eventually, say, say_as_owner, say_with, signalbox, verb,
};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A member of a JSON answer as text.
pub fn id(said: &Said, member: &str) -> String {
    said.json()[member].as_str().expect(member).to_owned()
}

#[test]
fn rooms_threads_messages_and_search() {
    let api = Api::start();
    let room_id = id(
        &say(&api, &["rooms", "new", "Nightly", "--topic", "At night"]),
        "room_id",
    );
    let rooms = say(&api, &["rooms"]).list();
    assert_eq!(
        (&rooms[0]["room_id"], &rooms[0]["topic"]),
        (&Value::from(room_id), &"At night".into())
    );
    let thread_id = id(
        &say(&api, &["threads", "new", "nightly", "Flaky"]),
        "thread_id",
    );
    assert_eq!(
        say(&api, &["threads", "list", "Nightly"]).list()[0]["thread_id"],
        thread_id.as_str()
    );

    let post = [
        "messages",
        "post",
        &thread_id,
        "-",
        "--as",
        "ann",
        "--idempotency-key",
        "k1",
    ];
    let first = id(&say_with(&api, &post, "a zebra\n"), "message_id");
    assert_eq!(
        id(&say_with(&api, &post, "a zebra\n"), "message_id"),
        first,
        "the same key"
    );
    say(&api, &["messages", "post", &thread_id, "a giraffe"]).json();
    let messages = say(&api, &["messages", "list", &thread_id]).list();
    let texts: Vec<&Value> = messages.iter().map(|m| &m["content_md"]).collect();
    assert_eq!(texts, ["a zebra", "a giraffe"]);
    assert_eq!(messages[0]["sender_id"], "ann");

    let found = say(&api, &["search", "zebra"]).list();
    assert_eq!((found.len(), &found[0]["doc_id"]), (1, &Value::from(first)));
}

#[test]
fn exit_codes_and_errors_for_programs() {
    let api = Api::start();
    say(&api, &["run", "--", "true"]);
    let run_id = say(&api, &["runs"]).list()[0]["run_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let table: [(&[&str], i32, &str); 6] = [
        (&["inspect", "run_nope"], 4, "run_not_found"),
        (&["rooms", "new", " "], 2, "missing_title"),
        (&["runs", "cancel", &run_id], 6, "run_already_ended"),
        (&["threads", "list", "Nowhere"], 4, "room_not_found"),
        (&["rebuild"], 6, "already_running"),
        (&["--url", "http://127.0.0.1:9", "rooms"], 7, "unreachable"),
    ];
    for (words, code, error) in table {
        let said = say(&api, &[&["--json"], words].concat());
        let body: Value = serde_json::from_str(&said.stderr).expect("JSON on standard error");
        assert_eq!(
            (said.code, &body["error"]),
            (Some(code), &Value::from(error)),
            "{words:?}"
        );
        assert!(said.stdout.is_empty() && !body["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(say(&api, &["no-such-verb"]).code, Some(2));
    // Without the owner's token: made by hand, so that no keyring is asked.
    let said = Said::of(
        verb(&api, &["open", "--print"])
            .env("SIGNALBOX_TOKEN", "not-the-owner-s-token")
            .output()
            .unwrap(),
    );
    assert_eq!(said.code, Some(5), "{said:?}");
}

#[tokio::test]
async fn the_owner_registers_engines_and_has_commands_executed() {
    let api = Api::start();
    let _worker = Worker::start(&api).await;
    let engine = say_as_owner(&api, &["engines", "register", "builder"]).json();
    assert!(
        engine["engine_token"]
            .as_str()
            .unwrap()
            .starts_with("engtok_")
    );
    let engines = say_as_owner(&api, &["engines", "list"]).list();
    assert_eq!(engines.len(), 2);
    say(&api, &["rooms", "new", "Nightly"]);
    let words = [
        "runs",
        "new",
        "--room",
        "Nightly",
        "--",
        "echo",
        "by a worker",
    ];
    let run_id = id(&say_as_owner(&api, &words), "run_id");
    let dossier = eventually("the run succeeds", || {
        let dossier = say(&api, &["inspect", &run_id]).json();
        async move { (dossier["run"]["status"] == "succeeded").then_some(dossier) }
    })
    .await;
    assert_eq!(dossier["tool_calls"][0]["tool_name"], "shell.exec");
    assert_eq!(dossier["artifacts"][0]["kind"], "command.output");
    let output = dossier["events"].as_array().unwrap().iter();
    let output: Vec<&Value> = output
        .filter(|event| event["event_type"] == "tool.output")
        .collect();
    assert_eq!(output[0]["data"]["text"], "by a worker\n");
}

#[test]
fn a_link_opens_the_page_once() {
    let api = Api::start();
    let link = id(&say_as_owner(&api, &["open", "--print"]), "link");
    assert!(
        link.starts_with(&format!("{}/app/#/link/", api.url)),
        "{link}"
    );
}

/// Everybody on the machine may read the arguments of a process.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_opens_the_browser_is_given_no_code() {
    use std::os::unix::fs::PermissionsExt;
    let api = Api::start();
    let tools = tempfile::tempdir().unwrap();
    let (opener, told) = (tools.path().join("xdg-open"), tools.path().join("told"));
    // It lies whole or not at all, also when it is looked for at once.
    let script =
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$TOLD.part\" && mv \"$TOLD.part\" \"$TOLD\"\n";
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let page = api.data_dir.join("sign-in.html");
    // What lies there already is replaced, whoever could read it.
    fs::write(&page, "old").unwrap();
    fs::set_permissions(&page, fs::Permissions::from_mode(0o644)).unwrap();
    for _ in 0..2 {
        let output = verb(&api, &["--json", "open"])
            .env("SIGNALBOX_TOKEN", OWNER_TOKEN)
            .env("PATH", format!("{}:{path}", tools.path().display()))
            .env("DISPLAY", ":0")
            .env("TOLD", &told)
            .output();
        let said = Said::of(output.unwrap()).json();
        assert_eq!(said["opened"], true, "{said}");
        let link = said["link"].as_str().unwrap();
        let code = link.rsplit('/').next().unwrap();
        assert!(code.starts_with("once_"), "{link}");
        let words = eventually("the opener is started", || {
            let words = fs::read_to_string(&told).ok();
            async { words }
        })
        .await;
        fs::remove_file(&told).unwrap();
        assert_eq!(
            words,
            format!("{}\n", page.canonicalize().unwrap().display())
        );
        let text = fs::read_to_string(&page).unwrap();
        assert!(
            text.contains(&format!("content=\"0; url={link}\"")),
            "{text}"
        );
        assert!(text.contains("content=\"no-referrer\""), "{text}");
        let mode = fs::metadata(&page).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn events_are_followed_through_a_restart_without_loss_or_repeat() {
    let api = Api::start();
    let (data_dir, listen) = (api.data_dir.clone(), api.address().to_owned());
    say(&api, &["rooms", "new", "one"]);
    let mut child = verb(&api, &["events", "--follow", "--type", "room.created"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut title = || {
        let line = lines.next().unwrap().unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        event["data"]["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(title(), "one");
    say(&api, &["rooms", "new", "two"]);
    assert_eq!(title(), "two");
    let _data = api.kill();
    let api = Api::start_with(super::support::Settings {
        data_dir: Some(data_dir),
        listen: Some(listen),
        ..Default::default()
    });
    for name in ["three", "four"] {
        say(&api, &["rooms", "new", name]);
    }
    assert_eq!([title(), title()], ["three", "four"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A verb that changes something says what came of it, also to a program.
#[tokio::test]
async fn decisions_say_what_came_of_them() {
    let api = Api::start();
    let room = api.local().room("Nightly").await;
    for (verb, status) in [
        ("approve", "approved"),
        ("deny", "denied"),
        ("hold", "held"),
    ] {
        let asked =
            json!({"action": "external.write", "target": "a", "title": "t", "room_id": room});
        let asked = api.local().post("/v1/approvals", asked).await.expect(201);
        let approval_id = asked["approval_id"].as_str().unwrap();
        let decided = say_as_owner(&api, &["approvals", verb, approval_id]).json();
        assert_eq!(
            json!([decided["approval_id"], decided["status"]]),
            json!([approval_id, status])
        );
    }
    let engine = say_as_owner(&api, &["engines", "register", "builder"]).json();
    let token = engine["token_id"].as_str().unwrap();
    let agent = id(&say(&api, &["agents", "register", "Ann"]), "agent_id");
    let incident = id(&say(&api, &["incidents", "open", "Late"]), "incident_id");
    let body = json!({"room_id": room, "title": "t"});
    let run = api.local().post("/v1/runs", body).await.expect(201);
    let run = run["run_id"].as_str().unwrap();
    say(&api, &["incidents", "learn", &incident, "earlier"]).json();
    let table: [(&[&str], &str, &str); 6] = [
        (&["runs", "cancel", run], "run_id", run),
        (&["engines", "revoke", "builder", token], "token_id", token),
        (&["agents", "quarantine", &agent], "agent_id", &agent),
        (&["agents", "unquarantine", &agent], "agent_id", &agent),
        (
            &["incidents", "rca", &incident, "full"],
            "incident_id",
            &incident,
        ),
        (&["incidents", "close", &incident], "incident_id", &incident),
    ];
    for (words, member, value) in table {
        let said = say_as_owner(&api, words).json();
        assert_eq!(said[member], value, "{words:?} {said}");
    }
    let ended = say_as_owner(&api, &["engines", "deactivate", "builder"]).json();
    assert_eq!(ended["engine"]["status"], "inactive");
}

#[tokio::test]
async fn a_backup_brings_the_log_and_its_blobs_back() {
    let api = Api::start();
    let dir = tempfile::tempdir().unwrap();
    say(&api, &["run", "--", "echo", "kept"]);
    let file = dir.path().join("backup.db");
    let saved = say(&api, &["backup", file.to_str().unwrap()]).json();
    assert_eq!(saved["blobs"], 1);
    assert_eq!(
        say(&api, &["backup", file.to_str().unwrap()]).code,
        Some(6),
        "a file that exists"
    );
    assert_eq!(
        say(&api, &["restore", file.to_str().unwrap()]).code,
        Some(6),
        "while it runs"
    );

    // Into a new place, where it serves.
    let place = dir.path().join("restored");
    let on_place = |words: &[&str]| {
        let output = Command::new(signalbox())
            .args(words)
            .arg("--data-dir")
            .arg(&place)
            .stdin(Stdio::null())
            .output();
        Said::of(output.unwrap())
    };
    assert_eq!(
        on_place(&["restore", file.to_str().unwrap()]).json()["blobs"],
        1
    );
    let verdict = on_place(&["verify", "--blobs"]).json();
    assert_eq!(
        (&verdict["valid"], &verdict["log"]["first_fault"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(
        on_place(&["verify", "--incremental"]).json()["log"]["checked"],
        0
    );
    assert_eq!(on_place(&["rebuild"]).code, Some(0));
    let api = Api::start_on(&place);
    let artifact = say(&api, &["runs"]).list()[0]["run_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let dossier = say(&api, &["inspect", &artifact]).json();
    let blob = dossier["artifacts"][0]["content_blob"].as_str().unwrap();
    assert_eq!(
        api.owner().get(&format!("/v1/blobs/{blob}")).await.text,
        "kept\n"
    );
}

#[test]
fn damage_is_found() {
    let api = Api::start();
    say(&api, &["run", "--", "echo", "kept"]);
    let blobs = api.data_dir.join("blobs");
    let folder = fs::read_dir(&blobs)
        .unwrap()
        .flatten()
        .find(|entry| entry.path().is_dir());
    let blob = fs::read_dir(folder.unwrap().path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::write(blob.path(), "forged").unwrap();
    let said = say(&api, &["verify", "--blobs"]);
    let verdict: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (said.code, &verdict["valid"]),
        (Some(1), &Value::from(false))
    );
    assert!(
        verdict["damaged_blobs"][0]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    assert_eq!(say(&api, &["verify"]).code, Some(0));
}

#[test]
fn status_and_doctor_tell_whether_it_works() {
    let api = Api::start();
    let status = say(&api, &["status"]).json();
    assert_eq!(status["components"]["api"]["pid"], api.pid);
    let mut doctor = verb(&api, &["doctor"]);
    let said = Said::of(
        doctor
            .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
            .output()
            .unwrap(),
    );
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let states: Vec<(&str, &str)> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                check["name"].as_str().unwrap(),
                check["state"].as_str().unwrap(),
            )
        })
        .collect();
    for name in [
        "settings",
        "data directory",
        "owner's token",
        "log",
        "runtime",
    ] {
        assert!(states.contains(&(name, "good")), "{name}: {report}");
    }
    let report = say_as_owner(&api, &["diagnostics"]);
    assert!(!report.stdout.contains(OWNER_TOKEN));
    assert!(report.json()["database"]["schema_version"].is_number());
}

#[test]
fn the_interface_describes_itself() {
    let api = Api::start();
    let document = say(&api, &["openapi"]).json();
    assert!(document["paths"]["/v1/runs/claim"]["post"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        let said = say(&api, &["completions", shell]);
        assert!(
            said.code == Some(0) && said.stdout.contains("signalbox"),
            "{shell}"
        );
    }
}

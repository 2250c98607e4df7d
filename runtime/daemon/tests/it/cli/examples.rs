//! What the help, the manual and the prompt show works as it is written: every example is run by a shell.

use crate::support::{Api, OWNER_TOKEN, eventually, signalbox};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Examples that go on until they are ended: that they print something is all that there is to see.
const ENDLESS: [&str; 9] = [
    "signalbox login --user bob",
    "signalbox sub general",
    "signalbox sub",
    "signalbox sub general builds --type 'build.*' | jq --unbuffered .body",
    "signalbox sub general --since MESSAGE_ID",
    "signalbox subexec builds -- ./on-build.sh",
    "signalbox subexec general --type 'msg.*' --jobs 4 --stdin -- jq .body",
    "signalbox subexec logs --buffer 100 --timeout-ms 2000 --stdin -- ./store.sh",
    "signalbox events --follow",
];

/// Examples of the processes themselves, which tests of their own start: on a port and with a token that
/// would not be those of the example.
const PROCESSES: [&str; 3] = [
    "signalbox up --listen 127.0.0.1:4300",
    "signalbox api --listen 127.0.0.1:0",
    "SIGNALBOX_TOKEN=engtok_… signalbox worker --url http://127.0.0.1:4242",
];

/// What a help text calls a verb that has verbs of its own.
fn help(words: &[String]) -> String {
    let output = Command::new(signalbox())
        .args(words)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The verbs that a help text lists.
fn verbs(help: &str) -> Vec<String> {
    let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

/// The examples that a help text shows.
fn shown(help: &str) -> Vec<String> {
    let mut lines = help.lines();
    let mut shown = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(one) = line.trim().strip_prefix("Example: ") {
            shown.push(one.to_owned());
        } else if line.trim() == "Examples:" {
            let block = lines.by_ref().take_while(|line| !line.is_empty());
            shown.extend(block.map(|line| line.trim().to_owned()));
        }
    }
    shown
}

/// All of them: each verb's, those of its verbs included, and those of the prompt and the document.
fn all() -> Vec<String> {
    let mut found = Vec::new();
    let mut left: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = left.pop() {
        let help = help(&words);
        found.extend(shown(&help));
        for verb in verbs(&help).into_iter().rev() {
            left.push([words.clone(), vec![verb]].concat());
        }
    }
    let prompt = include_str!("../../../src/cli/instruction_prompt.md");
    let document = include_str!("../../../../../docs/CLI.md");
    for block in [prompt, document].map(|text| text.split("```sh\n").skip(1)) {
        for block in block {
            let block = block.split("```").next().unwrap();
            if block.starts_with("while task=") {
                found.push(block.to_owned());
            } else {
                found.extend(block.lines().map(str::to_owned));
            }
        }
    }
    found
}

/// A place to run examples in, with everything that they name.
struct Place {
    api: Api,
    dir: tempfile::TempDir,
    room: String,
    thread: String,
    incident: String,
    message: String,
    hash: String,
    count: usize,
}

impl Place {
    async fn new() -> Self {
        let api = Api::start();
        let dir = tempfile::tempdir().unwrap();
        let local = api.local();
        for title in ["Room name", "Nightly", "Nightly builds", "Terminal"] {
            local.room(title).await;
        }
        let room = local.room("Scene").await;
        let made = local
            .post(&format!("/v1/rooms/{room}/threads"), json!({"title": "t"}))
            .await;
        let thread = text(&made.expect(201), "thread_id");
        let made = local.post("/v1/incidents", json!({"title": "t"})).await;
        let incident = text(&made.expect(201), "incident_id");
        let said = json!({"from": "ann", "type": "msg.message", "body": "hello"});
        let message = text(&local.post("/ch/general", said).await.expect(201), "id");
        let mut put = Command::new("sh");
        put.args(["-c", "printf kept | \"$0\" file put -", signalbox()])
            .env("SIGNALBOX_URL", &api.url);
        let stored: Value = serde_json::from_slice(&put.output().unwrap().stdout).unwrap();
        let hash = text(&stored, "hash");
        for folder in [
            "tools",
            "src",
            "backups",
            ".local/share/bash-completion/completions",
        ] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("report.pdf"), "%PDF").unwrap();
        fs::write(dir.path().join("report.md"), "# Report").unwrap();
        fs::write(dir.path().join("app.log"), "a line\n").unwrap();
        std::os::unix::fs::symlink(signalbox(), dir.path().join("tools/signalbox")).unwrap();
        // Programs of others, as far as the examples need them.
        for (name, script) in [
            ("tools/git", "echo a commit"),
            ("tools/make", "echo made"),
            ("tools/npm", "echo tested"),
            ("tools/claude", "echo reviewed"),
            ("tools/man", "cat"),
            ("tools/xdg-open", "true"),
            ("on-build.sh", "echo built"),
            ("store.sh", "cat"),
            ("backup.sh", "echo saved"),
            ("work.sh", "echo worked"),
        ] {
            let path = dir.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let public_key = include_str!("../../fixtures/login_ed25519.pub");
        fs::write(dir.path().join("bob.pub"), public_key).unwrap();
        fs::write(dir.path().join("key.txt"), "a key of somebody else's").unwrap();
        Self {
            api,
            dir,
            room,
            thread,
            incident,
            message,
            hash,
            count: 0,
        }
    }

    /// The example with things that are there in place of the names for them; new ones for those that an
    /// example uses up.
    async fn filled(&self, example: &str) -> String {
        let mut line = example.to_owned();
        let local = self.api.local();
        let here = self.dir.path().display().to_string();
        for (name, value) in [
            ("THREAD_ID", &self.thread),
            ("INCIDENT_ID", &self.incident),
            ("MESSAGE_ID", &self.message),
            ("HASH", &self.hash),
            ("/backups", &format!("{here}/backups")),
        ] {
            line = line.replace(name, value);
        }
        if line.contains("TOPIC_KEY") {
            let body = json!({"username": format!("agent-{}", self.count)});
            let key = self.api.owner().post("/auth/keys", body).await;
            line = line.replace("TOPIC_KEY", &text(&key.expect(200), "token"));
        }
        if line.contains("APPROVAL_ID") {
            let body = json!({"action": "external.write", "target": "a", "title": "t", "room_id": self.room});
            let asked = local.post("/v1/approvals", body).await;
            line = line.replace("APPROVAL_ID", &text(&asked.expect(201), "approval_id"));
        }
        if line.contains("CLAIM_ID") {
            let asked = local.post("/auth/init", json!({"username": "eve"})).await;
            asked.expect(200);
            let waiting = self.api.owner().get("/v1/claims?state=pending").await;
            let claim = text(&waiting.expect(200)["claims"][0], "claim_id");
            line = line.replace("CLAIM_ID", &claim);
        }
        if line.contains("keys remove") {
            let key = json!({"username": "bob"});
            self.api.owner().post("/auth/keys", key).await.expect(200);
        }
        if line.contains("AGENT_ID ") || line.ends_with("AGENT_ID") {
            let made = local.post("/v1/agents", json!({"display_name": "a"})).await;
            line = line.replace("AGENT_ID", &text(&made.expect(201), "agent_id"));
        }
        if line.contains("RUN_ID") {
            let body = json!({"room_id": self.room, "title": "t"});
            let made = self.api.owner().post("/v1/runs", body).await;
            line = line.replace("RUN_ID", &text(&made.expect(201), "run_id"));
        }
        if line.contains("TASK_ID") || line.contains("--next") {
            let asked = local
                .post("/tasks", json!({"from": "ann", "title": "t"}))
                .await;
            let task = text(&asked.expect(201), "id");
            if line.contains("TASK_ID") && !line.contains("task claim") {
                let claim = json!({"from": "bot.ann", "lease_s": 600});
                let path = format!("/tasks/{task}/claim");
                local.post(&path, claim).await.expect(200);
            }
            line = line.replace("TASK_ID", &task);
        }
        line
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}-{}", self.count))
    }

    /// The example in a shell, in a process group of its own.
    fn shell(&self, line: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let tools = self.dir.path().join("tools");
        let data_dir = match line.contains("signalbox restore") {
            true => self.dir.path().join("restored"),
            false => self.api.data_dir.clone(),
        };
        let create = |name: &str| fs::File::create(self.file(name)).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(self.dir.path())
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("HOME", self.dir.path())
            .env("AGENT_ID", "bot.ann")
            .env("SIGNALBOX_URL", &self.api.url)
            .env("SIGNALBOX_DATA_DIR", data_dir)
            .env("SIGNALBOX_TOKEN", OWNER_TOKEN)
            .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
            .stdin(Stdio::null())
            .stdout(create("out"))
            .stderr(create("err"))
            .process_group(0);
        command
    }

    async fn run(&mut self, example: &str) {
        self.count += 1;
        self.try_out(example).await;
    }

    async fn try_out(&self, example: &str) {
        let line = self.filled(example).await;
        let mut child = self.shell(&line).spawn().unwrap();
        let group = Pid::from_raw(child.id().cast_signed()).unwrap();
        let goes_on = ["--every", "tail -f", "while task="];
        let is_endless =
            ENDLESS.contains(&example) || goes_on.iter().any(|words| example.contains(words));
        if is_endless {
            let out = self.file("out");
            eventually(example, || {
                let ended = child.try_wait().unwrap();
                assert!(ended.is_none(), "{example} ended: {}", self.complaint());
                let has_begun = fs::read(&out).is_ok_and(|text| !text.is_empty());
                async move {
                    // It may begin to listen only now.
                    self.say_something().await;
                    has_begun.then_some(())
                }
            })
            .await;
        } else {
            let listens = example.contains("signalbox sub");
            let status = eventually(example, || {
                let ended = child.try_wait().unwrap();
                async move {
                    if listens {
                        self.say_something().await;
                    }
                    ended
                }
            })
            .await;
            let is_unwell = example == "signalbox status" || example == "signalbox doctor";
            // Without a supervisor these have something to say.
            let is_good = status.success() || (is_unwell && status.code() == Some(1));
            assert!(is_good, "{example}\n{line}\n{status}: {}", self.complaint());
        }
        // Also what it left in the background.
        kill_process_group(group, Signal::TERM).ok();
        if is_endless {
            child.wait().unwrap();
        }
    }

    fn complaint(&self) -> String {
        fs::read_to_string(self.file("err")).unwrap_or_default()
    }

    async fn say_something(&self) {
        for (channel, message_type) in [
            ("general", "msg.message"),
            ("builds", "build.done"),
            ("logs", "log"),
        ] {
            let said = json!({"from": "ann", "type": message_type, "body": {"n": 1}});
            let path = format!("/ch/{channel}");
            self.api.local().post(&path, said).await.expect(201);
        }
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().expect(member).to_owned()
}

#[tokio::test]
async fn every_example_works() {
    let examples = all();
    for listed in ENDLESS.iter().chain(&PROCESSES) {
        assert!(
            examples.iter().any(|example| example == listed),
            "nobody shows {listed}"
        );
    }
    let mut place = Place::new().await;
    // The one that an example restores.
    place
        .run("signalbox backup /backups/signalbox-2026-11-21.db")
        .await;
    let mut ran = 0;
    for example in &examples {
        // They need the runtime stopped.
        if PROCESSES.contains(&example.as_str()) || example == "signalbox rebuild" {
            continue;
        }
        place.run(example).await;
        ran += 1;
    }
    assert!(ran > 80, "only {ran} examples were found");
    // A wrong `signalbox rebuild` would be told as such, and not as one that has to wait.
    let output = place.shell("signalbox rebuild").output().unwrap();
    assert_eq!(output.status.code(), Some(6));
}

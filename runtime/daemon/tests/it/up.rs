//! `signalbox up`: one command for everything, which leaves nothing behind.

use super::support::{Http, OWNER_TOKEN, eventually, gone, signal, signalbox};
use daemon::worker::process_table::Identity;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `signalbox up`. Killed when it is dropped.
struct Up {
    child: Child,
    first_line: Value,
}

impl Up {
    fn start(data_dir: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(signalbox())
            .arg("up")
            .arg("--data-dir")
            .arg(data_dir)
            .args(args)
            .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let first_line = serde_json::from_str(&line).expect("a line of JSON");
        Self { child, first_line }
    }

    fn owner(&self) -> Http {
        Http::new(self.first_line["url"].as_str().unwrap()).bearer(OWNER_TOKEN)
    }

    /// The api and the worker, as the status names them.
    async fn children(&self) -> [Identity; 2] {
        let status = self.owner().get("/v1/runtime").await.expect(200);
        ["api", "worker"].map(|name| {
            let pid = status["components"][name]["pid"].as_i64().unwrap();
            Identity::of(i32::try_from(pid).unwrap()).unwrap()
        })
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn serves_executes_and_ends_with_everything_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let mut up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(up.first_line["ready"], true);
    let owner = up.owner();
    let room_id = owner.room("runs").await;
    let body = json!({"room_id": room_id, "input": {"command": {"argv": ["true"]}}});
    let reply = owner.post("/v1/runs", body).await;
    let path = format!("/v1/runs/{}", reply.expect(201)["run_id"].as_str().unwrap());
    eventually("the run succeeds", || async {
        let run = owner.get(&path).await.expect(200);
        (run["run"]["status"] == "succeeded").then_some(())
    })
    .await;
    let children = up.children().await;
    signal(up.child.id().cast_signed(), Signal::INT);
    gone(&children).await;
    assert_eq!(up.child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_killed_supervisor_takes_its_children_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    let children = up.children().await;
    up.child.kill().unwrap();
    gone(&children).await;
}

#[tokio::test]
async fn diagnostics_show_all_three_processes() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    up.children().await;
    let report = up.owner().get("/v1/diagnostics").await.expect(200);
    let usage = report["usage"].as_array().unwrap();
    let names: Vec<&Value> = usage.iter().map(|each| &each["component"]).collect();
    assert_eq!(names, ["api", "worker", "supervisor"]);
    assert_eq!(usage[2]["pid"], up.child.id());
}

#[tokio::test]
async fn the_config_file_names_a_mode_until_a_person_does() {
    let dir = tempfile::tempdir().unwrap();
    let file = supervisor::data_dir::config_file(dir.path());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "runner_mode = \"external\"").unwrap();
    let mode = |up: &Up| {
        let owner = up.owner();
        async move { owner.get("/v1/runtime").await.expect(200)["mode"].clone() }
    };
    let mut up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(mode(&up).await, "external");
    let embedded = json!({"kind": "set_mode", "mode": "embedded"});
    let reply = up.owner().post("/v1/runtime/actions", embedded).await;
    assert_eq!(reply.status, 202);
    eventually("the mode is switched", || async {
        (mode(&up).await == "embedded").then_some(())
    })
    .await;
    signal(up.child.id().cast_signed(), Signal::INT);
    assert_eq!(up.child.wait().unwrap().code(), Some(0));
    let up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(mode(&up).await, "embedded");
}

#[tokio::test]
async fn the_owner_restarts_the_worker_and_switches_it_off_over_http() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    let owner = up.owner();
    let [_, worker] = up.children().await;
    let path = "/v1/runtime/actions";
    let restart = json!({"kind": "restart", "component": "worker"});
    owner.post(path, restart).await;
    gone(std::slice::from_ref(&worker)).await;
    let worker_is = |wanted: &'static str| {
        let owner = owner.clone();
        move || {
            let owner = owner.clone();
            async move {
                let status = owner.get("/v1/runtime").await.expect(200);
                (status["components"]["worker"]["state"] == wanted).then_some(())
            }
        }
    };
    eventually("the worker is back", worker_is("healthy")).await;
    let external = json!({"kind": "set_mode", "mode": "external"});
    owner.post(path, external).await;
    eventually("the worker is off", worker_is("disabled")).await;
}

#[test]
fn a_taken_port_is_told_and_ends_it() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let mut up = Up::start(dir.path(), &["--listen", &address]);
    assert_eq!(
        (&up.first_line["ready"], &up.first_line["code"]),
        (&false.into(), &"port_in_use".into())
    );
    assert!(up.first_line["hint"].is_string());
    assert_eq!(up.child.wait().unwrap().code(), Some(3));
}

#[test]
fn wrong_settings_are_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("config")).unwrap();
    std::fs::write(dir.path().join("config/config.toml"), "colour = \"red\"").unwrap();
    let mut up = Up::start(dir.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(up.first_line["code"], "config_invalid");
    let message = up.first_line["message"].as_str().unwrap();
    assert!(
        message.contains("config.toml") && message.contains("`colour`"),
        "{message}"
    );
    assert_eq!(up.child.wait().unwrap().code(), Some(3));
}

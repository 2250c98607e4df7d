//! How an agent comes to its key from a terminal, and who it is then.

use crate::support::{Api, OWNER_TOKEN, eventually, signalbox};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

fn run(api: &Api, token: Option<&str>, args: &[&str]) -> Output {
    let mut command = Command::new(signalbox());
    command
        .args(args)
        .env("SIGNALBOX_URL", &api.url)
        .env_remove("SIGNALBOX_TOKEN")
        .stdin(Stdio::null());
    if let Some(token) = token {
        command.env("SIGNALBOX_TOKEN", token);
    }
    command.output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whoever this token says somebody is.
fn whoami(api: &Api, token: &str) -> Value {
    lines(&run(api, Some(token), &["whoami"])).remove(0)["actor_id"].clone()
}

#[tokio::test]
async fn the_owner_is_asked_and_the_key_comes_once_they_have_confirmed() {
    let api = Api::start();
    let asks = Command::new(signalbox())
        .args(["login", "--user", "bob"])
        .env("SIGNALBOX_URL", &api.url)
        .env_remove("SIGNALBOX_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let owner = Some(OWNER_TOKEN);
    let claim = eventually("the claim waits", async || {
        lines(&run(&api, owner, &["claims"])).pop()
    })
    .await;
    let id = claim["claim_id"].as_str().unwrap();
    // Without the owner's token nobody is let in.
    assert_eq!(
        run(&api, None, &["claims", "confirm", id]).status.code(),
        Some(5)
    );
    let confirmed = lines(&run(&api, owner, &["claims", "confirm", id])).remove(0);
    assert_eq!(confirmed["state"], "confirmed");
    let told = tokio::task::spawn_blocking(move || asks.wait_with_output().unwrap());
    let told = lines(&told.await.unwrap());
    assert_eq!(told[0]["signature"], claim["signature"]);
    assert_eq!(told[1]["username"], "bob");
    let token = told[1]["token"].as_str().unwrap();
    assert_eq!(whoami(&api, token), "bob");
    let said = run(&api, Some(token), &["channels"]);
    assert_eq!(
        said.status.code(),
        Some(5),
        "a key of the bus reads nothing else"
    );
}

#[tokio::test]
async fn whoever_has_the_private_half_signs() {
    let api = Api::start();
    let home = tempfile::tempdir().unwrap();
    let key = home.path().join("id_ed25519");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    let (private, public) = (key.to_str().unwrap(), format!("{}.pub", key.display()));
    let owner = Some(OWNER_TOKEN);
    let refused = run(&api, owner, &["keys", "add", "bob", private]);
    assert_eq!(refused.status.code(), Some(2), "a private key is not sent");
    let added = lines(&run(&api, owner, &["keys", "add", "bob", &public])).remove(0);
    assert_eq!(added["username"], "bob");
    let given = lines(&run(
        &api,
        None,
        &["login", "--user", "bob", "--key-path", private],
    ));
    assert_eq!(given.len(), 1);
    let token = given[0]["token"].as_str().unwrap();
    assert_eq!(whoami(&api, token), "bob");
    let keys = lines(&run(&api, owner, &["keys"]));
    assert_eq!(
        json!([keys[0]["username"], keys[0]["fingerprint"], keys[0]["live"]]),
        json!(["bob", added["fingerprint"], true])
    );
    lines(&run(&api, owner, &["keys", "remove", "bob"]));
    let again = run(
        &api,
        None,
        &["login", "--user", "bob", "--key-path", private],
    );
    assert_eq!(again.status.code(), Some(4), "the public key is gone");
    assert_eq!(run(&api, Some(token), &["whoami"]).status.code(), Some(5));
}

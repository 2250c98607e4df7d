//! Running `signalbox` verbs as a shell does.

use super::api::{Api, OWNER_TOKEN, signalbox};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a verb printed, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A verb of the binary under test, as a client of `api` without a token.
pub fn verb(api: &Api, words: &[&str]) -> Command {
    let mut command = Command::new(signalbox());
    command
        .args(words)
        .env("SIGNALBOX_URL", &api.url)
        .env("SIGNALBOX_DATA_DIR", &api.data_dir)
        .env_remove("SIGNALBOX_TOKEN")
        .env_remove("SIGNALBOX_OWNER_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a verb to its end.
pub fn say(api: &Api, words: &[&str]) -> Said {
    Said::of(verb(api, words).output().unwrap())
}

/// The same with the owner's token.
pub fn say_as_owner(api: &Api, words: &[&str]) -> Said {
    let mut command = verb(api, words);
    Said::of(
        command
            .env("SIGNALBOX_TOKEN", OWNER_TOKEN)
            .output()
            .unwrap(),
    )
}

/// Runs a verb to its end on a data directory that need not be served.
pub fn say_on(data_dir: &Path, words: &[&str]) -> Said {
    let mut command = Command::new(signalbox());
    command
        .args(words)
        .arg("--data-dir")
        .arg(data_dir)
        .stdin(Stdio::null());
    Said::of(command.output().unwrap())
}

/// Runs a verb to its end with this text on its standard input.
pub fn say_with(api: &Api, words: &[&str], input: &str) -> Said {
    let mut child = verb(api, words).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A verb that refuses its arguments need not read.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    Said::of(child.wait_with_output().unwrap())
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON on standard output of a verb that did what it was asked for.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.stdout).expect("one line of JSON")
    }

    /// What a verb that lists things listed: a line of JSON for each of them.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{self:?}");
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }
}

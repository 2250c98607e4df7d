//! What is said between the supervisor and a child: lines of JSON over stdin and stdout.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};

use crate::credentials::KeyringState;
use crate::machine::{ChildId, Failure, Input, ProbeAnswer};
use crate::status::{Component, RuntimeAction, RuntimeStatus};

/// How much of the end of stderr is kept to explain a crash.
const LAST_WORDS_BYTES_MAX: usize = 1_200;

/// Whether a worker has given a sign of life since it was last looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct SignsOfLife(Arc<AtomicBool>);

impl SignsOfLife {
    fn seen(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn since_last_look(&self) -> ProbeAnswer {
        if self.0.swap(false, Ordering::Relaxed) {
            ProbeAnswer::Ready
        } else {
            ProbeAnswer::Missed
        }
    }
}

/// The first line a child prints.
#[derive(Debug, Deserialize)]
struct ReadyLine {
    ready: bool,
    url: Option<String>,
    version: Option<String>,
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// A later line: the api asks for an action, the worker shows that it lives.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum LaterLine {
    Action { action: RuntimeAction },
    Alive { alive: bool },
}

/// Turns each line that the child prints into an input.
pub(super) async fn read_stdout(
    component: Component,
    child: ChildId,
    stdout: ChildStdout,
    signs_of_life: SignsOfLife,
    events: mpsc::UnboundedSender<Input>,
) {
    let mut lines = BufReader::new(stdout).lines();
    let mut awaiting_ready = true;
    while let Ok(Some(line)) = lines.next_line().await {
        if awaiting_ready && let Ok(first) = serde_json::from_str::<ReadyLine>(&line) {
            awaiting_ready = false;
            signs_of_life.seen();
            events.send(first.into_input(component, child)).ok();
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(LaterLine::Action { action }) if component == Component::Api => {
                events.send(Input::Act(action)).ok();
            }
            Ok(LaterLine::Alive { alive: true }) if component == Component::Worker => {
                signs_of_life.seen();
            }
            Ok(LaterLine::Action { .. } | LaterLine::Alive { .. }) | Err(_) => {
                tracing::warn!(%component, "an unexpected line on stdout was ignored");
            }
        }
    }
}

impl ReadyLine {
    fn into_input(self, component: Component, child: ChildId) -> Input {
        if self.ready {
            return Input::Ready {
                component,
                child,
                url: self.url,
                version: self.version,
            };
        }
        let failure = Failure::reported(
            self.code.unwrap_or_else(|| "start_failed".to_owned()),
            self.message
                .unwrap_or_else(|| format!("The {component} could not start.")),
            self.hint,
        );
        Input::StartFailed {
            component,
            child,
            failure,
        }
    }
}

/// Passes on what the child writes, and returns the end of it.
pub(super) async fn forward_stderr(component: Component, stderr: ChildStderr) -> String {
    let mut lines = BufReader::new(stderr).lines();
    let mut kept = String::new();
    let mut ours = tokio::io::stderr();
    while let Ok(Some(line)) = lines.next_line().await {
        // Without a terminal or log to write to, the child's own log file still has it.
        ours.write_all(format!("[{component}] {line}\n").as_bytes())
            .await
            .ok();
        kept.push_str(&line);
        kept.push('\n');
        if let Some(cut) = kept.len().checked_sub(LAST_WORDS_BYTES_MAX) {
            let cut = (cut..=kept.len())
                .find(|at| kept.is_char_boundary(*at))
                .unwrap_or(0);
            kept.drain(..cut);
        }
    }
    kept
}

/// Keeps stdin open until told otherwise, and tells the api each new status, and where the owner's
/// token lies, over it.
pub(super) async fn feed_stdin(
    component: Component,
    mut stdin: ChildStdin,
    mut status: watch::Receiver<RuntimeStatus>,
    keyring: KeyringState,
    closed: oneshot::Receiver<()>,
) {
    #[derive(Serialize)]
    struct StatusLine<'a> {
        status: &'a RuntimeStatus,
        keyring: &'a KeyringState,
    }
    let feed = async {
        loop {
            let newest = status.borrow_and_update().clone();
            let Ok(mut line) = serde_json::to_vec(&StatusLine {
                status: &newest,
                keyring: &keyring,
            }) else {
                return;
            };
            line.push(b'\n');
            if stdin.write_all(&line).await.is_err() || status.changed().await.is_err() {
                return;
            }
        }
    };
    match component {
        Component::Api => {
            tokio::select! {
                () = feed => {}
                _ = closed => {}
            }
        }
        // Its stdin only says that its supervisor lives.
        Component::Worker => {
            closed.await.ok();
        }
    }
}

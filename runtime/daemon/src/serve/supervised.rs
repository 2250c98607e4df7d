//! The pipes to a supervisor: its status comes in over standard input, requests go out over
//! standard output, and the end of standard input is the end of this process.

use serde::Deserialize;
use serde_json::json;
use std::io::BufRead;
use supervisor::credentials::KeyringState;
use supervisor::status::{RuntimeAction, RuntimeStatus};
use tokio::sync::{mpsc, watch};

/// A line from the supervisor. Either member may be absent.
#[derive(Debug, Deserialize)]
struct Line {
    status: Option<RuntimeStatus>,
    keyring: Option<KeyringState>,
}

/// What the pipes carry, as the service reads it.
pub struct Channel {
    pub status: watch::Receiver<Option<RuntimeStatus>>,
    pub keyring: watch::Receiver<KeyringState>,
    pub actions: Option<mpsc::Sender<RuntimeAction>>,
}

/// Ends with the parent even if it is killed. Standard input covers every system; on Linux the
/// kernel also sends a signal, which reaches a process that is not reading.
pub fn follow_parent(supervised: bool) {
    if supervised {
        #[cfg(target_os = "linux")]
        if let Err(error) =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        {
            tracing::warn!(%error, "the kernel will not tell of the parent's death");
        }
    }
}

impl Channel {
    pub fn open(supervised: bool, keyring: KeyringState) -> Self {
        let (status, status_seen) = watch::channel(None);
        let (keyring, keyring_seen) = watch::channel(keyring);
        if !supervised {
            return Self {
                status: status_seen,
                keyring: keyring_seen,
                actions: None,
            };
        }
        std::thread::spawn(move || read(&status, &keyring));
        let (actions, requested) = mpsc::channel(crate::api::RUNTIME_ACTIONS_MAX);
        tokio::spawn(write(requested));
        Self {
            status: status_seen,
            keyring: keyring_seen,
            actions: Some(actions),
        }
    }
}

/// A thread of its own: a read of standard input cannot be cancelled.
fn read(status: &watch::Sender<Option<RuntimeStatus>>, keyring: &watch::Sender<KeyringState>) {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match serde_json::from_str::<Line>(&line) {
            Ok(line) => {
                if let Some(newest) = line.status {
                    status.send_replace(Some(newest));
                }
                if let Some(state) = line.keyring {
                    keyring.send_replace(state);
                }
            }
            Err(error) => tracing::warn!(%error, "a line from the supervisor cannot be read"),
        }
    }
    // Whatever has been answered is durable: nothing is lost by leaving at once.
    std::process::exit(0);
}

async fn write(mut requested: mpsc::Receiver<RuntimeAction>) {
    while let Some(action) = requested.recv().await {
        super::say(&json!({ "action": action }));
    }
}

//! One child from launch to end, as a task that reports what it sees.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::pipe::{SignsOfLife, feed_stdin, forward_stderr, read_stdout};
use super::process::{Exit, Pipes, Process};
use super::{Config, probe};
use crate::credentials::OWNER_TOKEN_ENV;
use crate::machine::{ChildId, Failure, Input};
use crate::status::{Component, RuntimeStatus};

/// The environment variable that carries the worker's own token.
const WORKER_TOKEN_ENV: &str = "SIGNALBOX_TOKEN";
/// The environment variable that names the data directory.
const DATA_DIR_ENV: &str = "SIGNALBOX_DATA_DIR";
/// How long the pipes of an ended child may stay open; only a stray grandchild can hold them.
const PIPES_TIME_LIMIT: Duration = Duration::from_secs(1);

/// What a launch needs to know.
pub(super) struct Launch {
    pub(super) config: Config,
    pub(super) listen: Option<SocketAddr>,
    /// Where the worker finds the api.
    pub(super) url: Option<String>,
    pub(super) http: reqwest::Client,
    pub(super) status: watch::Receiver<RuntimeStatus>,
}

/// The driver's hold on a child.
pub(super) struct Child {
    pub(super) component: Component,
    pub(super) id: ChildId,
    pub(super) signs_of_life: SignsOfLife,
    kill: mpsc::UnboundedSender<Duration>,
}

impl Child {
    /// Launches a child. Everything further, also that it could not be launched, comes as an input.
    pub(super) fn launch(
        component: Component,
        id: ChildId,
        launch: Launch,
        events: mpsc::UnboundedSender<Input>,
    ) -> Child {
        let (kill, killed) = mpsc::unbounded_channel();
        let signs_of_life = SignsOfLife::default();
        let life = ChildLife {
            component,
            id,
            signs_of_life: signs_of_life.clone(),
            events,
            killed,
        };
        tokio::task::spawn_local(life.live(launch));
        Child {
            component,
            id,
            signs_of_life,
            kill,
        }
    }

    /// Ends the child: politely first, by force after `grace`.
    pub(super) fn kill(&self, grace: Duration) {
        // If the task has gone, so has the child.
        self.kill.send(grace).ok();
    }
}

/// The task of one child.
struct ChildLife {
    component: Component,
    id: ChildId,
    signs_of_life: SignsOfLife,
    events: mpsc::UnboundedSender<Input>,
    killed: mpsc::UnboundedReceiver<Duration>,
}

impl ChildLife {
    async fn live(mut self, launch: Launch) {
        let (component, child) = (self.component, self.id);
        let command = tokio::select! {
            command = command(component, &launch) => command,
            // Ended before it began.
            _ = self.killed.recv() => {
                let (code, signal, last_words) = (None, None, None);
                self.tell(Input::Exited { component, child, code, signal, last_words });
                return;
            }
        };
        let spawned = command.and_then(|command| {
            Process::spawn(command).map_err(|error| spawn_failure(component, &launch, &error))
        });
        match spawned {
            Ok((process, pipes)) => self.attend(process, pipes, launch).await,
            Err(failure) => self.tell(Input::SpawnFailed {
                component,
                child,
                failure,
            }),
        }
    }

    async fn attend(mut self, mut process: Process, pipes: Pipes, launch: Launch) {
        let (component, child) = (self.component, self.id);
        self.tell(Input::Spawned {
            component,
            child,
            pid: process.pid(),
        });
        let stdout = tokio::task::spawn_local(read_stdout(
            component,
            child,
            pipes.stdout,
            self.signs_of_life.clone(),
            self.events.clone(),
        ));
        let stderr = tokio::task::spawn_local(forward_stderr(component, pipes.stderr));
        let (stdin_closer, stdin_closed) = oneshot::channel();
        let keyring = launch.config.owner.keyring;
        tokio::task::spawn_local(feed_stdin(
            component,
            pipes.stdin,
            launch.status,
            keyring,
            stdin_closed,
        ));

        let exit = tokio::select! {
            exit = process.ended() => exit,
            grace = self.killed.recv() => {
                end(&mut process, grace.unwrap_or_default(), stdin_closer).await
            }
        };
        // What it printed last must be heard before its end is.
        within_limit(stdout).await;
        let last_words = within_limit(stderr)
            .await
            .filter(|words| !words.trim().is_empty());
        let Exit { code, signal } = exit;
        self.tell(Input::Exited {
            component,
            child,
            code,
            signal,
            last_words,
        });
    }

    fn tell(&self, input: Input) {
        // The driver only goes when every child has gone.
        self.events.send(input).ok();
    }
}

/// The command line and environment of a child; for the worker this includes getting its token.
async fn command(component: Component, launch: &Launch) -> Result<Command, Failure> {
    let config = &launch.config;
    let mut command = Command::new(&config.program);
    command
        .arg(component.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env(DATA_DIR_ENV, &config.data_dir)
        // Each child gets its own token only: what the worker runs must not find the owner's.
        .env_remove(OWNER_TOKEN_ENV)
        .env_remove(WORKER_TOKEN_ENV);
    match component {
        Component::Api => {
            if let Some(listen) = launch.listen {
                command.args(["--listen", &listen.to_string()]);
            }
            command
                .arg("--data-dir")
                .arg(&config.data_dir)
                .args(&config.api_args)
                .env(OWNER_TOKEN_ENV, config.owner.token.expose());
        }
        Component::Worker => {
            let url = launch.url.as_deref().unwrap_or_default();
            let token = probe::register_worker(&launch.http, url, &config.owner.token).await?;
            command.args(["--url", url]).env(WORKER_TOKEN_ENV, token);
        }
    }
    command.arg("--supervised");
    Ok(command)
}

fn spawn_failure(component: Component, launch: &Launch, error: &io::Error) -> Failure {
    let program = launch.config.program.display();
    let missing = error.kind() == io::ErrorKind::NotFound;
    Failure {
        code: if missing {
            "program_missing"
        } else {
            "spawn_failed"
        }
        .to_owned(),
        message: format!("The {component} could not be started from {program}: {error}."),
        hint: None,
        fatal: missing,
    }
}

/// Polite first, then insistent, then by force.
///
/// The signal comes before the closed stdin: a child leaves at once when its stdin closes, without giving
/// back what it holds.
async fn end(process: &mut Process, grace: Duration, stdin: oneshot::Sender<()>) -> Exit {
    process.terminate();
    if cfg!(unix)
        && let Ok(exit) = tokio::time::timeout(grace / 2, process.ended()).await
    {
        return exit;
    }
    drop(stdin);
    if let Ok(exit) = tokio::time::timeout(grace / 2, process.ended()).await {
        return exit;
    }
    process.kill();
    process.ended().await
}

/// The result of a pipe's reader, if it comes to an end in time.
async fn within_limit<T>(mut reader: JoinHandle<T>) -> Option<T> {
    match tokio::time::timeout(PIPES_TIME_LIMIT, &mut reader).await {
        Ok(read) => read.ok(),
        Err(_) => {
            reader.abort();
            None
        }
    }
}

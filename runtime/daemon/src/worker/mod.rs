//! The worker: the first engine. It has no private door: it claims runs over HTTP, executes what
//! they ask for, and reports, as any engine anywhere can.

mod attempt;
mod gated;
mod groups;
pub mod guard;
mod guarded;
pub mod hold;
pub mod limits;
pub mod output;
mod parent;
pub mod process_table;
pub mod recorder;
mod report;
mod wake;

use crate::client::{Backoff, Client, ClientError, wire};
use attempt::Surroundings;
use groups::Groups;
use hold::Hold;
use limits::{ALIVE_EVERY, POLL_EVERY, RETRY_FIRST, RETRY_MAX, RUNS_MAX, START_PATIENCE};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use wake::Holds;

/// How to work.
#[derive(Clone)]
pub struct WorkerConfig {
    /// Address of the runtime.
    pub url: String,
    /// Of the engine that this worker is.
    pub token: String,
    /// Only runs of this room.
    pub room_id: Option<String>,
    /// Where running commands are noted; the next worker there ends what this one left behind.
    pub data_dir: Option<PathBuf>,
    /// Somebody holds our standard input: end with it, and show that we live.
    pub supervised: bool,
}

/// A start that came to nothing: told on the ready line.
struct StartFailure {
    message: String,
    hint: &'static str,
}

/// Works until it is told to stop, or the runtime refuses it. Returns the exit code.
pub async fn run(config: WorkerConfig) -> u8 {
    if config.supervised {
        parent::follow();
    }
    match start(&config).await {
        Ok(client) => {
            parent::say(
                &json!({"ready": true, "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION")}),
            );
            tracing::info!(url = config.url, "ready");
            Worker::new(config, client).work().await
        }
        Err(failure) => {
            tracing::error!(failure.message, "the worker could not start");
            parent::say(
                &json!({"ready": false, "code": "start_failed", "message": failure.message, "hint": failure.hint}),
            );
            crate::serve::EXIT_START_FAILED
        }
    }
}

/// Finds out which engine the token belongs to, and acts in its workspace.
async fn start(config: &WorkerConfig) -> Result<Client, StartFailure> {
    let unreachable = |error: ClientError| StartFailure {
        message: error.to_string(),
        hint: "Start the runtime with `signalbox up`, or name another with --url.",
    };
    let client = Client::new(&config.url, Some(config.token.clone())).map_err(unreachable)?;
    let deadline = Instant::now() + START_PATIENCE;
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    let me: wire::WhoAmI = loop {
        match client.get("/v1/whoami", &[]).await {
            Ok(me) => break me,
            Err(error) if error.is_transient() && Instant::now() < deadline => {
                tokio::time::sleep(backoff.failed()).await;
            }
            Err(error) if error.is_transient() => return Err(unreachable(error)),
            Err(error) => {
                return Err(StartFailure {
                    message: format!("The runtime does not take the token: {error}"),
                    hint: "Make a new one: signalbox engines register NAME.",
                });
            }
        }
    };
    if me.principal_type != "service" {
        return Err(StartFailure {
            message: "The token is not an engine's.".to_owned(),
            hint: "Make one: signalbox engines register NAME.",
        });
    }
    Ok(client.in_workspace(Some(me.workspace_id)))
}

/// The work loop and what it holds.
struct Worker {
    config: WorkerConfig,
    client: Client,
    holds: Holds,
    work: Arc<Notify>,
    stopping: watch::Sender<bool>,
    attempts: JoinSet<()>,
    claim: JoinSet<Result<Option<Claim>, ClientError>>,
    /// There may be something to claim that no claim under way has asked for.
    hungry: bool,
}

struct Claim {
    run: wire::ClaimedRun,
    asked_at: Instant,
}

impl Worker {
    fn new(config: WorkerConfig, client: Client) -> Self {
        Self {
            config,
            client,
            holds: Holds::default(),
            work: Arc::new(Notify::new()),
            stopping: watch::Sender::new(false),
            attempts: JoinSet::new(),
            claim: JoinSet::new(),
            hungry: true,
        }
    }

    async fn work(mut self) -> u8 {
        if let Some(groups) = self.groups() {
            groups.end_abandoned();
        }
        let mut alive = interval(ALIVE_EVERY);
        let mut poll = interval(POLL_EVERY);
        for ticks in [&mut alive, &mut poll] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let mut follower = tokio::spawn(wake::follow(
            self.client.clone(),
            self.work.clone(),
            self.holds.clone(),
        ));
        let stop = stop_signal();
        tokio::pin!(stop);
        let work = self.work.clone();
        let code = loop {
            self.claim_if_hungry();
            tokio::select! {
                _ = alive.tick() => if self.config.supervised {
                    parent::say(&json!({"alive": true}));
                },
                _ = poll.tick() => self.hungry = true,
                () = work.notified() => self.hungry = true,
                Some(claimed) = self.claim.join_next() => {
                    if let Some(code) = claimed.ok().and_then(|claimed| self.claimed(claimed)) {
                        break code;
                    }
                }
                Some(ended) = self.attempts.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "an attempt broke off; its lease will end");
                    }
                    self.hungry = true;
                }
                refused = &mut follower => {
                    if let Ok(error) = refused {
                        tracing::error!(%error, "the runtime refuses this worker");
                    }
                    break 1;
                }
                () = &mut stop => break 0,
            }
        };
        follower.abort();
        self.stop().await;
        code
    }

    fn groups(&self) -> Option<Groups> {
        self.config.data_dir.as_deref().map(Groups::new)
    }

    /// One claim at a time, off the loop: a runtime that hangs must not make the worker hang.
    fn claim_if_hungry(&mut self) {
        if !self.hungry || !self.claim.is_empty() || self.attempts.len() >= RUNS_MAX {
            return;
        }
        self.hungry = false;
        let (client, room_id) = (self.client.clone(), self.config.room_id.clone());
        self.claim.spawn(async move {
            let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
            let body = json!({ "room_id": room_id });
            loop {
                let asked_at = Instant::now();
                match client.post::<wire::Claimed>("/v1/runs/claim", &body).await {
                    Ok(claimed) => return Ok(claimed.run.map(|run| Claim { run, asked_at })),
                    Err(error) if error.is_transient() => {
                        tracing::debug!(%error, "claiming is tried again");
                        tokio::time::sleep(backoff.failed()).await;
                    }
                    Err(error) => return Err(error),
                }
            }
        });
    }

    /// Begins what was claimed. Returns the exit code when no claim can succeed any more.
    fn claimed(&mut self, claimed: Result<Option<Claim>, ClientError>) -> Option<u8> {
        match claimed {
            Ok(Some(claim)) => {
                self.begin(claim);
                // Where one run waits there may be more.
                self.hungry = true;
            }
            Ok(None) => {}
            Err(ClientError::Refused(refusal)) if refusal.status == 401 => {
                tracing::error!(
                    code = refusal.code,
                    "the runtime does not take the token any more"
                );
                return Some(1);
            }
            Err(error) => tracing::error!(%error, "claiming failed"),
        }
        None
    }

    fn begin(&mut self, claim: Claim) {
        let Claim { run, asked_at } = claim;
        let hold = Hold::new(
            &self.client,
            run.run_id,
            run.claim_token,
            Some(run.claimed_position),
            asked_at,
        );
        let hold = Arc::new(hold);
        self.holds.add(&hold);
        let around = Surroundings {
            url: self.config.url.clone(),
            groups: self.groups(),
            stopping: self.stopping.subscribe(),
        };
        self.attempts
            .spawn(attempt::run(hold, run.execution, around));
    }

    /// Ends what runs and gives it back. What takes too long is ended by its guard.
    async fn stop(mut self) {
        self.stopping.send_replace(true);
        self.claim.shutdown().await;
        let all = async { while self.attempts.join_next().await.is_some() {} };
        let patience = limits::SHUTDOWN_GRACE * 2;
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("runs that could not be given back are left to their leases");
        }
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.unwrap_or_default();
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

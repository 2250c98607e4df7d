//! `signalbox up`: the whole runtime without a window, under the same supervisor as the window's.

use super::Global;
use super::exit::{Exit, Failure};
use super::open::one_time_link;
use super::start::{Settings, Started, start};
use crate::client::Client;
use crate::config::Flags;
use crate::logging::Secrets;
use clap::Args;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use supervisor::machine::Policy;
use supervisor::{
    Component, ComponentState, Config, Handle, OwnerToken, Phase, RuntimeStatus, Supervisor,
};

/// Run Signalbox in this terminal: api, worker and page
///
/// Starts what the desktop window starts, watches over it, and ends it with Ctrl-C. Prints the
/// address and, on a terminal, a link that opens the page as its owner. When the output is not a
/// terminal it prints one line of JSON instead, once everything is ready or cannot be.
///
/// Example: signalbox up --listen 127.0.0.1:4300
#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    settings: Settings,
    /// embedded: execute runs here; external: leave them to engines elsewhere
    /// [env: SIGNALBOX_RUNNER_MODE] [default: as last chosen in the interface, else as the config
    /// file says, else embedded]
    #[arg(long, value_name = "MODE")]
    runner_mode: Option<String>,
}

impl Up {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let flags = Flags {
            runner_mode: self.runner_mode.clone(),
            ..self.settings.flags(global)
        };
        let started = match start("supervisor", flags, Secrets::from_environment()) {
            Ok(started) => started,
            Err(code) => return Ok(code),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.supervise(started))
    }

    async fn supervise(self, started: Started) -> Result<ExitCode, Failure> {
        let _watch = started.follow(|_| {});
        let config = &started.config;
        let owner = supervisor::owner_token(&config.data_dir).map_err(|error| {
            Failure::new(Exit::StartFailed, "no_write_permission", error.to_string())
                .hint("Give your user write permission to the data directory.")
        })?;
        let token = owner.token.clone();
        let handle = Supervisor::start(Config {
            program: std::env::current_exe()?,
            data_dir: config.data_dir.clone(),
            // Otherwise its own settings tell the api, also after they have changed.
            listen: self.settings.listen.is_some().then_some(config.listen),
            mode: config.runner_mode,
            mode_in_file: config.runner_mode_in_file,
            owner,
            api_args: self.settings.api_args(),
            policy: Policy::default(),
        })?;
        let outcome = tokio::select! {
            outcome = watch_over(&handle, &token) => outcome,
            () = stop_signal() => Ok(ExitCode::SUCCESS),
        };
        let ending = handle.clone();
        let ended = tokio::task::spawn_blocking(move || ending.shutdown()).await;
        ended.map_err(|error| Failure::new(Exit::Failed, "panicked", error.to_string()))?;
        outcome
    }
}

/// Tells how the runtime is, until it cannot go on.
async fn watch_over(handle: &Handle, token: &OwnerToken) -> Result<ExitCode, Failure> {
    let mut statuses = handle.subscribe();
    let mut is_announced = false;
    let mut told = None;
    loop {
        let status = statuses.borrow_and_update().clone();
        if let Some(failure) = api_failure(&status) {
            if !is_announced && !std::io::stdout().is_terminal() {
                say(&json!({"ready": false, "code": failure.code, "message": failure.message, "hint": failure.hint}).to_string());
            }
            return Err(failure);
        }
        if !is_announced && is_settled(&status) {
            is_announced = true;
            announce(&status, token).await;
        }
        if let Some(error) = worker_failure(&status)
            && told.as_ref() != Some(&error)
        {
            eprintln!("warning: {error}");
            told = Some(error);
        }
        if statuses.changed().await.is_err() {
            let message = "The supervisor has ended.";
            return Err(Failure::new(Exit::Failed, "supervisor_ended", message));
        }
    }
}

/// Everything serves, or the api does and the rest needs a person.
fn is_settled(status: &RuntimeStatus) -> bool {
    let api = status.components.api.state == ComponentState::Healthy;
    status.phase == Phase::Healthy || (api && status.phase == Phase::Fatal)
}

/// Why the api needs a person. Without a window and without an api nobody could ask for a retry.
fn api_failure(status: &RuntimeStatus) -> Option<Failure> {
    let api = &status.components.api;
    if !matches!(
        api.state,
        ComponentState::Fatal | ComponentState::CrashLooping
    ) {
        return None;
    }
    let code = api.last_error_code.as_deref().unwrap_or("start_failed");
    let message = api.last_error_message.clone();
    let message = message.unwrap_or_else(|| "The api cannot run.".to_owned());
    let failure = Failure::new(Exit::StartFailed, code, message);
    Some(match &api.last_error_hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

fn worker_failure(status: &RuntimeStatus) -> Option<String> {
    let worker = &status.components.worker;
    let failed = matches!(
        worker.state,
        ComponentState::Fatal | ComponentState::CrashLooping
    );
    let why = worker
        .last_error_message
        .as_deref()
        .unwrap_or("no reason given");
    let name = Component::Worker.name();
    failed.then(|| format!("the {name} does not run: {why}"))
}

async fn announce(status: &RuntimeStatus, token: &OwnerToken) {
    let url = status.url.clone().unwrap_or_default();
    if !std::io::stdout().is_terminal() {
        say(&json!({"ready": true, "url": url, "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION")}).to_string());
        return;
    }
    say(&format!("\n  Signalbox runs at  {url}/app/"));
    let client = Client::new(&url, Some(token.expose().to_owned()));
    let link = match client {
        Ok(client) => one_time_link(&client).await,
        Err(error) => Err(error),
    };
    match link {
        Ok(link) => say(&format!(
            "  Open it as its owner with this link, which works once:\n    {link}"
        )),
        Err(error) => tracing::warn!(%error, "no link could be made; `signalbox open` makes one"),
    }
    say("  Ctrl-C ends it.\n");
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody needs the line.
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
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

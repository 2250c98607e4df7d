//! The api process: opens the database, says that it serves, serves, and stops cleanly.

mod background;
mod listener;
mod lock;
mod supervised;

pub use lock::{DataDirLock, LockError};

use crate::api::{self, Access, Identity, Parts, RuntimeLink, Server};
use crate::app::App;
use crate::claw::{Bus, JwtSecret, Signer};
use crate::clock;
use crate::config::EgressSettings;
use crate::gateway::Gateway;
use crate::live::centrifugo::Hall;
use crate::store::StartError;
use kernel::broker::Rules;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use supervisor::credentials;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long open requests may take to end after the order to stop.
const DRAIN: Duration = Duration::from_millis(500);
/// Exit code of a start that failed; the reason is the line on standard output.
pub const EXIT_START_FAILED: u8 = 3;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    /// Somebody holds our standard input: end with it, take its status lines, send it requests.
    pub supervised: bool,
    /// Reloadable: hosts that may be named, and whether everybody needs a token.
    pub access: watch::Receiver<Access>,
    /// Reloadable: requests that a caller may send out in an hour; 0 is as many as it likes.
    pub egress_per_hour: watch::Receiver<u32>,
    /// Reloadable: whom performed requests may reach.
    pub egress: watch::Receiver<EgressSettings>,
    /// Reloadable: minutes after which an incident tells of work that does not move; 0 is never.
    pub stale_minutes: watch::Receiver<u32>,
    /// Reloadable: days after which messages of channels are hidden; 0 hides those of before the start.
    pub messages_days: watch::Receiver<u32>,
    /// Whether topics of agents are open at first.
    pub claw_rules: Rules,
    /// What keys of the event bus are signed with, where others are to check them too.
    pub jwt_secret: Option<JwtSecret>,
}

/// Serves until it is told to stop. Returns the exit code.
pub async fn run(config: ServeConfig) -> u8 {
    match start(&config).await {
        Ok(running) => {
            running.serve().await;
            0
        }
        Err(error) => {
            tracing::error!(code = error.code, message = %error.message, "the api could not start");
            say(
                &json!({"ready": false, "code": error.code, "message": error.message, "hint": error.hint}),
            );
            EXIT_START_FAILED
        }
    }
}

struct Running {
    app: App,
    listener: listener::Listener,
    server: Server,
    hall: Hall,
    data_dir: PathBuf,
    stop: StopSignals,
    // Held for as long as the process serves.
    _lock: DataDirLock,
}

async fn start(config: &ServeConfig) -> Result<Running, StartError> {
    supervised::follow_parent(config.supervised);
    let data_dir = supervisor::data_dir::prepare(&config.data_dir)
        .map_err(|error| no_permission(&config.data_dir, &error))?;
    let lock = DataDirLock::acquire(&data_dir)?;
    let credential = credentials::owner_token(&data_dir).map_err(|error| {
        let message = format!("The owner's token cannot be kept: {error}.");
        StartError::new(
            "no_write_permission",
            message,
            "Give your user write permission to the data directory.",
        )
    })?;
    // The port first: a port that is taken is said before the database is touched.
    let listener = listener::Listener::bind(config.listen)?;
    let address = listener.address();
    let app = App::open(&data_dir)?;
    background::follow_egress_limit(&app, config.egress_per_hour.clone());
    background::sweep_blobs(&app).await;
    let messages_days = *config.messages_days.borrow();
    background::sweep_messages(&app, messages_days).await;
    app.veil().rule_by(config.claw_rules);
    let signer = match &config.jwt_secret {
        Some(secret) => Signer::of_secret(secret.as_bytes()),
        None => Signer::of_owner(credential.token.expose()),
    };
    let bus = Bus::open(app.clone(), signer).map_err(|error| {
        let hint = "Restore a backup: signalbox restore FILE.";
        StartError::new("database_damaged", error.to_string(), hint)
    })?;
    let identity = Identity::of_owner(credential.token.expose());
    let channel = supervised::Channel::open(config.supervised, credential.keyring);
    let link = RuntimeLink {
        status: channel.status,
        actions: channel.actions,
        keyring: channel.keyring,
        started_at: clock::now().to_string(),
        parent_pid: config.supervised.then(std::os::unix::process::parent_id),
    };
    let gateway = Gateway::new(&app, config.egress.clone());
    gateway.settle().await;
    let hall = Hall::default();
    let server = Server::new(Parts {
        app: app.clone(),
        identity,
        bus,
        hall: hall.clone(),
        runtime: link,
        gateway,
        access: config.access.clone(),
        address,
    });
    let messages_days = config.messages_days.clone();
    background::start(&app, config.stale_minutes.clone(), messages_days);
    let url = format!("http://{address}");
    lock.announce(&url);
    write_discovery(&data_dir, &url).map_err(|error| no_permission(&data_dir, &error))?;
    // Before anybody is told where to send it.
    let stop = StopSignals::listen();
    tracing::info!(%url, data_dir = %data_dir.display(), "serving");
    say(
        &json!({"ready": true, "url": url, "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION")}),
    );
    Ok(Running {
        app,
        listener,
        server,
        hall,
        data_dir,
        stop,
        _lock: lock,
    })
}

impl Running {
    async fn serve(self) {
        let (stopping, stopped) = watch::channel(false);
        let mut over = stopped.clone();
        let serving = axum::serve(self.listener, api::router(self.server)).with_graceful_shutdown(
            async move {
                // The sender lives until the end of this function.
                let _ = over.wait_for(|stop| *stop).await;
            },
        );
        let serving = tokio::spawn(serving.into_future());
        self.stop.received().await;
        tracing::info!("stopping");
        stopping.send_replace(true);
        self.hall.close();
        // Live streams never end by themselves; their readers come back to the next process.
        let _ = tokio::time::timeout(DRAIN, serving).await;
        let app = self.app;
        let data_dir = self.data_dir;
        let close = move || {
            background::anchor(&data_dir);
            app.store.close();
            // The next process writes its own; a stale one would only cost a refused connection.
            let _ = std::fs::remove_file(discovery_path(&data_dir));
        };
        let _ = tokio::task::spawn_blocking(close).await;
    }
}

/// Where clients find the running api: `{"url", "pid"}`.
pub fn discovery_path(data_dir: &Path) -> PathBuf {
    data_dir.join("api.json")
}

fn write_discovery(data_dir: &Path, url: &str) -> std::io::Result<()> {
    let text = json!({"url": url, "pid": std::process::id()}).to_string();
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(discovery_path(data_dir))
        .map(drop)
        .map_err(|error| error.error)
}

fn no_permission(data_dir: &Path, error: &std::io::Error) -> StartError {
    let folder = data_dir.display();
    if error.kind() == std::io::ErrorKind::StorageFull {
        let message = format!("The disk that holds {folder} is full.");
        return StartError::new("disk_full", message, "Free some space, then retry.");
    }
    StartError::new(
        "no_write_permission",
        format!("Signalbox cannot use the data directory {folder}: {error}."),
        "Give your user write permission to it, or choose another with --data-dir.",
    )
}

/// The one place that writes to standard output: a line of JSON for whoever started us.
fn say(line: &serde_json::Value) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody needs the line.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Orders to stop, heard from the moment that this is made.
struct StopSignals {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl StopSignals {
    fn listen() -> Self {
        let listen = |kind| {
            signal(kind)
                .inspect_err(|error| tracing::warn!(%error, "a signal to stop is not heard"))
                .ok()
        };
        Self {
            terminate: listen(SignalKind::terminate()),
            interrupt: listen(SignalKind::interrupt()),
        }
    }

    async fn received(mut self) {
        tokio::select! {
            () = next(&mut self.terminate) => {}
            () = next(&mut self.interrupt) => {}
        }
    }
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

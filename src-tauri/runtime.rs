//! The runtime as the window sees it: not there yet, not able to start, or supervised.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use supervisor::config_file;
use supervisor::credentials::{
    self, CredentialError, KeyringAvailability, KeyringState, TokenLocation,
};
use supervisor::diagnostics::{self, Diagnostics, Sources};
use supervisor::machine::Policy;
use supervisor::{
    Config, Handle, OwnerCredential, Phase, RunnerMode, RuntimeAction, RuntimeStatus, Supervisor,
};

use crate::options::Settings;

/// Hears of each new status.
type Listener = Arc<dyn Fn(&RuntimeStatus) + Send + Sync>;

/// The runtime of this window.
pub struct Runtime {
    settings: Settings,
    stage: Mutex<Stage>,
    listener: Mutex<Option<Listener>>,
}

/// How far the runtime has come.
enum Stage {
    /// The keyring is being asked, which may take seconds.
    Opening,
    /// There is nothing to supervise; only another try helps.
    Failed(Box<RuntimeStatus>),
    Supervised {
        handle: Handle,
        owner: OwnerCredential,
    },
    /// The window is quitting; nothing is started any more.
    Ended,
}

impl Runtime {
    pub fn new(settings: Settings) -> Self {
        Runtime {
            settings,
            stage: Mutex::new(Stage::Opening),
            listener: Mutex::new(None),
        }
    }

    /// Starts the runtime in the background. `listener` hears of everything that comes of it.
    pub fn start(self: &Arc<Self>, listener: impl Fn(&RuntimeStatus) + Send + Sync + 'static) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
        self.open_in_background();
    }

    /// The newest status.
    pub fn status(&self) -> RuntimeStatus {
        match &*self.stage() {
            Stage::Opening => RuntimeStatus::not_started(self.mode()),
            Stage::Failed(status) => RuntimeStatus::clone(status),
            Stage::Supervised { handle, .. } => handle.status(),
            Stage::Ended => RuntimeStatus {
                phase: Phase::Stopped,
                ..RuntimeStatus::not_started(self.mode())
            },
        }
    }

    /// Does what a person asks for.
    pub fn act(self: &Arc<Self>, action: RuntimeAction) {
        let mut stage = self.stage();
        match &*stage {
            Stage::Supervised { handle, .. } => handle.act(action),
            Stage::Failed(_) => {
                *stage = Stage::Opening;
                drop(stage);
                self.tell(&self.status());
                self.open_in_background();
            }
            Stage::Opening | Stage::Ended => {}
        }
    }

    /// Where the runtime serves and the token that opens it, as far as known.
    pub fn connection(&self) -> (Option<String>, Option<String>) {
        match &*self.stage() {
            Stage::Supervised { handle, owner } => {
                (handle.status().url, Some(owner.token.expose().to_owned()))
            }
            Stage::Opening | Stage::Failed(_) | Stage::Ended => (None, None),
        }
    }

    /// Collects the report. Blocks for a fraction of a second.
    pub fn diagnostics(&self) -> Diagnostics {
        diagnostics::collect(Sources {
            app_version: env!("CARGO_PKG_VERSION"),
            data_dir: self.data_dir(),
            port: self.settings.listen.map(|listen| listen.port()),
            runtime: self.status(),
            keyring: self.keyring(),
            supervisor_pid: Some(std::process::id()),
            database: None,
        })
    }

    pub fn data_dir(&self) -> &Path {
        &self.settings.data_dir
    }

    /// Ends the children and waits until they are gone. Nothing starts afterwards.
    pub fn shutdown(&self) {
        let before = std::mem::replace(&mut *self.stage(), Stage::Ended);
        if let Stage::Supervised { handle, .. } = before {
            handle.shutdown();
        }
    }

    fn open_in_background(self: &Arc<Self>) {
        let runtime = Arc::clone(self);
        let opened = std::thread::Builder::new()
            .name("runtime".to_owned())
            .spawn(move || runtime.open());
        if let Err(error) = opened {
            self.failed(
                "start_failed",
                &format!("No thread could be started: {error}."),
                "Try again.",
            );
        }
    }

    /// Gets the owner's token, starts the supervisor, and passes on what it says for as long as it runs.
    fn open(&self) {
        let owner = match credentials::owner_token(self.data_dir()) {
            Ok(owner) => owner,
            Err(error) => return self.failed_credential(&error),
        };
        tracing::info!(location = ?owner.keyring.token_location, "the owner's token is at hand");
        let handle = match self.supervise(owner.clone()) {
            Ok(handle) => handle,
            Err(error) => {
                let message = format!("The runtime could not be supervised: {error}.");
                return self.failed(credentials::io_code(&error), &message, "Try again.");
            }
        };
        let mut changes = handle.subscribe();
        {
            let mut stage = self.stage();
            if matches!(*stage, Stage::Ended) {
                drop(stage);
                return handle.shutdown();
            }
            *stage = Stage::Supervised { handle, owner };
        }
        tauri::async_runtime::block_on(async {
            loop {
                let newest = changes.borrow_and_update().clone();
                self.tell(&newest);
                if changes.changed().await.is_err() {
                    break;
                }
            }
        });
    }

    fn supervise(&self, owner: OwnerCredential) -> std::io::Result<Handle> {
        Supervisor::start(Config {
            program: supervisor::sibling_program()?,
            data_dir: self.settings.data_dir.clone(),
            listen: self.settings.listen,
            mode: self.settings.mode,
            mode_in_file: config_file::runner_mode(&self.settings.config_file),
            owner,
            api_args: Vec::new(),
            policy: Policy::default(),
        })
    }

    fn failed_credential(&self, error: &CredentialError) {
        let source = error.source().map(ToString::to_string);
        tracing::error!(%error, source, "there is no owner's token");
        self.failed(error.code(), &error.to_string(), error.hint());
    }

    fn failed(&self, code: &str, message: &str, hint: &str) {
        let status = RuntimeStatus::cannot_start(self.mode(), code, message, hint);
        {
            let mut stage = self.stage();
            if matches!(*stage, Stage::Ended) {
                return;
            }
            *stage = Stage::Failed(Box::new(status.clone()));
        }
        self.tell(&status);
    }

    fn tell(&self, status: &RuntimeStatus) {
        let listener = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(listener) = listener {
            listener(status);
        }
    }

    fn mode(&self) -> RunnerMode {
        self.settings.mode.unwrap_or_default()
    }

    fn keyring(&self) -> KeyringState {
        match &*self.stage() {
            Stage::Supervised { owner, .. } => owner.keyring.clone(),
            Stage::Opening | Stage::Failed(_) | Stage::Ended => KeyringState {
                state: KeyringAvailability::Available,
                detail: "The keyring has not answered yet.".to_owned(),
                token_location: TokenLocation::OsKeyring,
            },
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! `signalbox api`: the process that owns the database and serves it.

use super::Global;
use super::exit::{Exit, Failure};
use crate::api::Access;
use crate::config::{self, Config, ConfigError, Flags, Reloadable, process_env};
use crate::logging::{self, LevelHandle, Secrets};
use crate::serve::{self, EXIT_START_FAILED, ServeConfig};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use supervisor::{Component, data_dir};
use tokio::sync::watch;

/// Serve the database of the data directory over HTTP
///
/// Prints one line of JSON when it serves or cannot start. The owner's token is taken from
/// SIGNALBOX_OWNER_TOKEN, else from the keyring.
#[derive(Debug, Args)]
pub struct Api {
    #[command(flatten)]
    settings: Settings,
    /// Somebody holds standard input: end with it
    #[arg(long)]
    supervised: bool,
}

/// The settings of a runtime, as flags. Environment, then DIR/config.toml, answer for the rest.
#[derive(Debug, Args)]
pub struct Settings {
    /// Address to listen on; port 0 takes a free one [env: SIGNALBOX_LISTEN] [default: 127.0.0.1:4242]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Allow an address that other machines can reach; every caller then needs a token [env: SIGNALBOX_PUBLIC]
    #[arg(long)]
    public: bool,
    /// The config file [env: SIGNALBOX_CONFIG] [default: config.toml in the data directory]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// error, warn, info, debug or trace [env: SIGNALBOX_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// A host name by which browsers may reach the api; may be repeated [env: SIGNALBOX_ALLOWED_HOSTS]
    #[arg(long = "allowed-host", value_name = "HOST")]
    allowed_hosts: Vec<String>,
}

impl Settings {
    pub fn flags(&self, global: &Global) -> Flags {
        Flags {
            data_dir: global.data_dir.clone(),
            config: self.config.clone(),
            listen: self.listen.clone(),
            public: self.public.then_some(true),
            runner_mode: None,
            log_level: self.log_level.clone(),
            allowed_hosts: (!self.allowed_hosts.is_empty()).then(|| self.allowed_hosts.clone()),
        }
    }

    /// The same settings as arguments of an `api` that somebody starts.
    pub fn api_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        let mut pair = |name: &str, value: &str| args.extend([name.to_owned(), value.to_owned()]);
        if let Some(file) = &self.config {
            pair("--config", &file.to_string_lossy());
        }
        if let Some(level) = &self.log_level {
            pair("--log-level", level);
        }
        for host in &self.allowed_hosts {
            pair("--allowed-host", host);
        }
        if self.public {
            args.push("--public".to_owned());
        }
        args
    }
}

impl Api {
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let flags = self.settings.flags(global);
        let config = match Config::load(&flags, &process_env) {
            Ok(config) => config,
            Err(error) => return Ok(start_failed(&error)),
        };
        let level = logging::start(
            Component::Api.name(),
            &data_dir::logs(&config.data_dir),
            &config.reloadable.log_level,
            Secrets::from_environment(),
        )
        .map_err(|error| Failure::new(Exit::StartFailed, "start_failed", error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(serve(config, flags, level, self.supervised));
        Ok(ExitCode::from(code))
    }
}

async fn serve(config: Config, flags: Flags, level: LevelHandle, supervised: bool) -> u8 {
    let (listen, folder) = (config.listen, config.data_dir.clone());
    let first = access(&config.reloadable, !listen.ip().is_loopback());
    let (publish, access_seen) = watch::channel(first);
    // The data directory must be there to be watched; that it cannot be made is told by the start.
    data_dir::prepare(&folder).ok();
    let _watch = match config::watch::watch(config, flags, process_env) {
        Ok((watch, settings)) => {
            tokio::spawn(follow(settings, level, publish, !listen.ip().is_loopback()));
            Some(watch)
        }
        Err(error) => {
            tracing::warn!(%error, "changes of the config file take effect at restart only");
            None
        }
    };
    serve::run(ServeConfig {
        listen,
        data_dir: folder,
        supervised,
        access: access_seen,
    })
    .await
}

async fn follow(
    mut settings: watch::Receiver<Reloadable>,
    level: LevelHandle,
    publish: watch::Sender<Access>,
    token_required: bool,
) {
    while settings.changed().await.is_ok() {
        let settings = settings.borrow_and_update().clone();
        level.set(&settings.log_level);
        publish.send_replace(access(&settings, token_required));
    }
}

fn access(settings: &Reloadable, token_required: bool) -> Access {
    Access {
        allowed_hosts: settings.allowed_hosts.clone(),
        dev_mode: process_env("SIGNALBOX_DEV_MODE").is_some_and(|value| value == "1"),
        token_required,
    }
}

/// The ready line of a start that its settings do not allow.
fn start_failed(error: &ConfigError) -> ExitCode {
    let line = json!({"ready": false, "code": ConfigError::CODE, "message": error.message, "hint": error.hint});
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody needs the line.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
    ExitCode::from(EXIT_START_FAILED)
}

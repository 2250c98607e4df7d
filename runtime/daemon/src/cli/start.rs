//! How the processes of the runtime begin: settings, data directory, log.

use super::Global;
use crate::config::watch::{ConfigWatch, watch};
use crate::config::{Config, ConfigError, Flags, Reloadable, process_env};
use crate::logging::{self, LevelHandle, Secrets};
use crate::serve::EXIT_START_FAILED;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use supervisor::data_dir;

/// The settings of a runtime, as flags. Environment, then the config file, answer for the rest.
#[derive(Debug, Args)]
pub struct Settings {
    /// Address to listen on; port 0 takes a free one [env: SIGNALBOX_LISTEN] [default: 127.0.0.1:4242]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Allow an address that other machines can reach; every caller then needs a token [env: SIGNALBOX_PUBLIC]
    #[arg(long)]
    pub public: bool,
    /// A host name by which browsers may reach the api; may be repeated [env: SIGNALBOX_ALLOWED_HOSTS]
    #[arg(long = "allowed-host", value_name = "HOST")]
    pub allowed_hosts: Vec<String>,
    /// A page of another origin that may call the api, such as http://localhost:5173; may be repeated [env: SIGNALBOX_ALLOWED_ORIGINS]
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,
    #[command(flatten)]
    pub general: General,
}

/// The settings of every process.
#[derive(Debug, Args)]
pub struct General {
    /// The config file [env: SIGNALBOX_CONFIG] [default: config/config.toml in the data directory]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// error, warn, info, debug or trace [env: SIGNALBOX_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl General {
    pub fn flags(&self, global: &Global) -> Flags {
        Flags {
            data_dir: global.data_dir.clone(),
            config: self.config.clone(),
            log_level: self.log_level.clone(),
            ..Flags::default()
        }
    }
}

impl Settings {
    pub fn flags(&self, global: &Global) -> Flags {
        Flags {
            listen: self.listen.clone(),
            public: self.public.then_some(true),
            allowed_hosts: (!self.allowed_hosts.is_empty()).then(|| self.allowed_hosts.clone()),
            allowed_origins: (!self.allowed_origins.is_empty())
                .then(|| self.allowed_origins.clone()),
            ..self.general.flags(global)
        }
    }

    /// The same settings as arguments for an `api` that is started by this process; where it
    /// listens is said separately.
    pub fn api_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        let mut pair = |name: &str, value: &str| args.extend([name.to_owned(), value.to_owned()]);
        if let Some(file) = &self.general.config {
            pair("--config", &file.to_string_lossy());
        }
        if let Some(level) = &self.general.log_level {
            pair("--log-level", level);
        }
        for host in &self.allowed_hosts {
            pair("--allowed-host", host);
        }
        for origin in &self.allowed_origins {
            pair("--allowed-origin", origin);
        }
        if self.public {
            args.push("--public".to_owned());
        }
        args
    }
}

/// A process with its settings, its data directory and its log.
pub struct Started {
    pub config: Config,
    pub level: LevelHandle,
    flags: Flags,
}

/// Reads the settings and starts the log of `component`. What goes wrong is told on the ready
/// line; the exit code is returned.
pub fn start(component: &str, flags: Flags, secrets: Secrets) -> Result<Started, ExitCode> {
    let config = Config::load(&flags, &process_env)
        .map_err(|error| refused(ConfigError::CODE, &error.message, &error.hint))?;
    // Before the first log line: the folder is made for its owner's eyes only. That it cannot be
    // made is told by whoever needs it first.
    data_dir::prepare(&config.data_dir).ok();
    let logs = data_dir::logs(&config.data_dir);
    let level = logging::start(component, &logs, &config.reloadable.log_level, secrets)
        .map_err(|error| refused("start_failed", &error.to_string(), "Look at the settings."))?;
    Ok(Started {
        config,
        level,
        flags,
    })
}

impl Started {
    /// Follows the config file for as long as the result is kept: the log level at once, and
    /// `apply` for the rest. Must be called within an async runtime.
    pub fn follow(&self, apply: impl Fn(&Reloadable) + Send + 'static) -> Option<ConfigWatch> {
        let (watch, mut settings) = watch(self.config.clone(), self.flags.clone(), process_env)
            .inspect_err(|error| {
                tracing::warn!(%error, "changes of the config file take effect at restart only");
            })
            .ok()?;
        let level = self.level.clone();
        tokio::spawn(async move {
            while settings.changed().await.is_ok() {
                let settings = settings.borrow_and_update().clone();
                level.set(&settings.log_level);
                apply(&settings);
            }
        });
        Some(watch)
    }
}

/// The ready line of a start that cannot be.
fn refused(code: &str, message: &str, hint: &str) -> ExitCode {
    let line = json!({"ready": false, "code": code, "message": message, "hint": hint});
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody needs the line.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
    ExitCode::from(EXIT_START_FAILED)
}

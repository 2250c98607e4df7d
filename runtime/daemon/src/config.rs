//! Settings: flag, then environment, then config file, then default. Pure reading; the watch that
//! applies changes while running is in [`watch`].

mod egress;
mod file;
pub mod watch;

pub use egress::EgressSettings;
use file::ConfigFile;
use kernel::broker::Rules;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use supervisor::RunnerMode;
use supervisor::data_dir::{config_file, default_data_dir};

/// Where the api listens when nothing says otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:4242";
/// What is logged when nothing says otherwise.
pub const LOG_LEVEL_DEFAULT: &str = "info";

/// Longest time after which work is said not to move: a year.
pub const STALE_MINUTES_MAX: u32 = 365 * 24 * 60;

/// Days after which messages of channels are hidden when nothing says otherwise.
pub const MESSAGES_DAYS_DEFAULT: u32 = 30;
/// Longest time for which they are shown, days: a century.
pub const MESSAGES_DAYS_MAX: u32 = 36_500;

/// What the command line says. `None` leaves the question to the next source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub data_dir: Option<PathBuf>,
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub public: Option<bool>,
    pub runner_mode: Option<String>,
    pub log_level: Option<String>,
    pub allowed_hosts: Option<Vec<String>>,
    pub allowed_origins: Option<Vec<String>>,
}

/// Every setting of one process, each from its strongest source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub data_dir: PathBuf,
    /// The config file that was, or would have been, read.
    pub file: PathBuf,
    pub listen: SocketAddr,
    /// Whether `listen` may name an address that other machines can reach.
    pub public: bool,
    /// From a flag or the environment.
    pub runner_mode: Option<RunnerMode>,
    /// From the config file: what a person chose in the interface goes before it.
    pub runner_mode_in_file: Option<RunnerMode>,
    /// Whether topics of agents are open at first.
    pub claw_rules: Rules,
    pub reloadable: Reloadable,
}

/// The settings that a running process follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloadable {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,daemon=debug`.
    pub log_level: String,
    /// Host names, beside the loopback ones, by which browsers may reach the api.
    pub allowed_hosts: Vec<String>,
    /// Requests that a caller may send out in an hour; 0 is as many as it likes.
    pub egress_per_hour: u32,
    /// Whom performed requests may reach.
    pub egress: EgressSettings,
    /// Pages of other origins that may call the api, also with the cookies of a session.
    pub allowed_origins: Vec<String>,
    /// Minutes after which an incident tells of work that does not move; 0 is never.
    pub stale_minutes: u32,
    /// Days after which messages of channels are hidden; 0 hides those of before the start.
    pub messages_days: u32,
}

/// A setting that cannot be used. Names the setting and where it was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    pub message: String,
    pub hint: String,
}

impl ConfigError {
    /// Code for programs, the same for every source.
    pub const CODE: &'static str = "config_invalid";

    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl Config {
    /// Reads all sources. `env` looks up an environment variable; empty counts as unset.
    ///
    /// # Errors
    /// When a source holds an unknown key or a value that cannot be used.
    pub fn load(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let data_dir = data_dir(flags.data_dir.as_deref(), &env)?;
        let named = flags
            .config
            .clone()
            .or_else(|| env("SIGNALBOX_CONFIG").map(PathBuf::from));
        let must_exist = named.is_some();
        let path = named.unwrap_or_else(|| config_file(&data_dir));
        let file = ConfigFile::read(&path, must_exist)?;
        let in_file = |key: &str| format!("\"{key}\" in {}", path.display());

        let (listen, said_by) = first([
            (flags.listen.clone(), "--listen".to_owned()),
            (env("SIGNALBOX_LISTEN"), "SIGNALBOX_LISTEN".to_owned()),
            (file.listen, in_file("listen")),
        ])
        .unwrap_or((LISTEN_DEFAULT.to_owned(), "the default".to_owned()));
        let listen = parse_listen(&listen, &said_by)?;
        let public = match (flags.public, env("SIGNALBOX_PUBLIC")) {
            (Some(public), _) => public,
            (None, Some(text)) => parse_bool(&text, "SIGNALBOX_PUBLIC")?,
            (None, None) => file.public.unwrap_or(false),
        };
        refuse_accidental_exposure(listen, public)?;

        let runner_mode = first([
            (flags.runner_mode.clone(), "--runner-mode".to_owned()),
            (
                env("SIGNALBOX_RUNNER_MODE"),
                "SIGNALBOX_RUNNER_MODE".to_owned(),
            ),
        ])
        .map(|(text, said_by)| parse_mode(&text, &said_by))
        .transpose()?;
        let runner_mode_in_file = file
            .runner_mode
            .map(|text| parse_mode(&text, &in_file("runner_mode")))
            .transpose()?;

        let (log_level, said_by) = first([
            (flags.log_level.clone(), "--log-level".to_owned()),
            (env("SIGNALBOX_LOG_LEVEL"), "SIGNALBOX_LOG_LEVEL".to_owned()),
            (file.log_level, in_file("log_level")),
        ])
        .unwrap_or((LOG_LEVEL_DEFAULT.to_owned(), "the default".to_owned()));
        check_log_level(&log_level, &said_by)?;

        let (allowed_hosts, said_by) = first([
            (flags.allowed_hosts.clone(), "--allowed-host".to_owned()),
            (
                env("SIGNALBOX_ALLOWED_HOSTS").map(|text| split_list(&text)),
                "SIGNALBOX_ALLOWED_HOSTS".to_owned(),
            ),
            (file.allowed_hosts, in_file("allowed_hosts")),
        ])
        .unwrap_or_default();
        for host in &allowed_hosts {
            check_host(host, &said_by)?;
        }
        let egress_per_hour = egress_per_hour(&env, file.egress.max_requests_per_hour)?;
        let egress = EgressSettings::read(&env, file.egress, &in_file)?;
        let (allowed_origins, said_by) = first([
            (flags.allowed_origins.clone(), "--allowed-origin".to_owned()),
            (
                env("SIGNALBOX_ALLOWED_ORIGINS").map(|text| split_list(&text)),
                "SIGNALBOX_ALLOWED_ORIGINS".to_owned(),
            ),
            (file.allowed_origins, in_file("allowed_origins")),
        ])
        .unwrap_or_default();
        for origin in &allowed_origins {
            check_origin(origin, &said_by)?;
        }
        let (stale_minutes, said_by) = first([
            (
                env("SIGNALBOX_STALE_MINUTES")
                    .map(|text| parse_minutes(&text, "SIGNALBOX_STALE_MINUTES"))
                    .transpose()?,
                "SIGNALBOX_STALE_MINUTES".to_owned(),
            ),
            (
                file.incidents.stale_minutes,
                in_file("incidents.stale_minutes"),
            ),
        ])
        .unwrap_or_default();
        check_minutes(stale_minutes, &said_by)?;
        let (rules, said_by) = first([
            (
                env("SIGNALBOX_CLAW_RULES"),
                "SIGNALBOX_CLAW_RULES".to_owned(),
            ),
            (file.claw.rules, in_file("claw.rules")),
        ])
        .unwrap_or_default();
        let claw_rules = claw_rules(&rules, &said_by)?;
        let messages_days = messages_days(&env, file.retention.messages_days)?;
        Ok(Self {
            data_dir,
            file: path,
            listen,
            public,
            runner_mode,
            runner_mode_in_file,
            claw_rules,
            reloadable: Reloadable {
                log_level,
                allowed_hosts,
                allowed_origins,
                egress_per_hour,
                egress,
                stale_minutes,
                messages_days,
            },
        })
    }

    /// The keys whose change from `self` to `next` takes effect only at a restart.
    fn changed_for_restart(&self, next: &Config) -> Vec<&'static str> {
        [
            ("listen", self.listen != next.listen),
            ("public", self.public != next.public),
            (
                "runner_mode",
                self.runner_mode_in_file != next.runner_mode_in_file,
            ),
            ("claw.rules", self.claw_rules != next.claw_rules),
        ]
        .into_iter()
        .filter_map(|(key, changed)| changed.then_some(key))
        .collect()
    }
}

/// The data directory: flag, then `SIGNALBOX_DATA_DIR`, then the platform's own place. It is no
/// key of the config file, which lies inside it.
///
/// # Errors
/// When nothing names one and the home directory is unknown.
pub fn data_dir(
    flag: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<PathBuf, ConfigError> {
    flag.map(Path::to_owned)
        .or_else(|| {
            env("SIGNALBOX_DATA_DIR")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
        .or_else(default_data_dir)
        .ok_or_else(|| {
            ConfigError::new(
                "Your home directory is not known, so there is no place for the data.",
                "Name a data directory with --data-dir or SIGNALBOX_DATA_DIR.",
            )
        })
}

/// The environment of this process, as [`Config::load`] wants it.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn first<T, const N: usize>(sources: [(Option<T>, String); N]) -> Option<(T, String)> {
    sources
        .into_iter()
        .find_map(|(value, said_by)| Some((value?, said_by)))
}

fn parse_listen(text: &str, said_by: &str) -> Result<SocketAddr, ConfigError> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        ConfigError::new(
            format!("{said_by} is {text:?}, which is not an address to listen on."),
            format!("Write ADDRESS:PORT, for example {LISTEN_DEFAULT}; port 0 takes a free one."),
        )
    })
}

fn refuse_accidental_exposure(listen: SocketAddr, public: bool) -> Result<(), ConfigError> {
    if public || listen.ip().is_loopback() {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("{listen} can be reached from other machines."),
        "Listen on 127.0.0.1, or allow it with --public (every caller then needs a token).",
    ))
}

fn parse_mode(text: &str, said_by: &str) -> Result<RunnerMode, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError::new(
            format!("{said_by} is {text:?}, which is no runner mode."),
            "Write \"embedded\" or \"external\".",
        )
    })
}

fn parse_bool(text: &str, said_by: &str) -> Result<bool, ConfigError> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        other => Err(ConfigError::new(
            format!("{said_by} is {other:?}, which is neither true nor false."),
            "Write true or false.",
        )),
    }
}

/// The environment goes before the file; the shorter name is that of other runtimes.
fn egress_per_hour(
    env: &dyn Fn(&str) -> Option<String>,
    in_file: Option<u32>,
) -> Result<u32, ConfigError> {
    let names = [
        "SIGNALBOX_EGRESS_MAX_REQUESTS_PER_HOUR",
        "EGRESS_MAX_REQUESTS_PER_HOUR",
    ];
    let said = names
        .into_iter()
        .find_map(|name| env(name).map(|text| (name, text)));
    let Some((name, text)) = said else {
        return Ok(in_file.unwrap_or(0));
    };
    text.parse().map_err(|_| {
        ConfigError::new(
            format!("{name} is {text:?}, which is no number of requests."),
            "Write a whole number; 0 sets no limit.",
        )
    })
}

fn parse_minutes(text: &str, said_by: &str) -> Result<u32, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError::new(
            format!("{said_by} is {text:?}, which is no number of minutes."),
            "Write a whole number; 0 turns it off.",
        )
    })
}

/// The environment goes before the file. Of the name that others gave it, only a number counts, as it
/// did with them.
fn messages_days(
    env: &dyn Fn(&str) -> Option<String>,
    in_file: Option<u32>,
) -> Result<u32, ConfigError> {
    const NAME: &str = "SIGNALBOX_MESSAGES_DAYS";
    let unreadable = |text: &str| {
        ConfigError::new(
            format!("{NAME} is {text:?}, which is no number of days."),
            "Write a whole number; 0 hides what was there before the start.",
        )
    };
    let said = match env(NAME) {
        Some(text) => Some(text.parse().map_err(|_| unreadable(&text))?),
        None => env("WORKSHOP_RETENTION_DAYS")
            .map(|text| text.trim().parse().unwrap_or(MESSAGES_DAYS_DEFAULT)),
    };
    let days = said.or(in_file).unwrap_or(MESSAGES_DAYS_DEFAULT);
    if days <= MESSAGES_DAYS_MAX {
        return Ok(days);
    }
    Err(ConfigError::new(
        format!("retention.messages_days is {days}, which is more than {MESSAGES_DAYS_MAX} days."),
        "Write a smaller number.",
    ))
}

/// Empty is the default.
fn claw_rules(text: &str, said_by: &str) -> Result<Rules, ConfigError> {
    if text.is_empty() {
        return Ok(Rules::default());
    }
    Rules::named(text).ok_or_else(|| {
        ConfigError::new(
            format!("{said_by} is {text:?}, which are no rules for topics."),
            "Write \"seed\" (topics of agents are private) or \"head\" (readable unless locked).",
        )
    })
}

fn check_minutes(minutes: u32, said_by: &str) -> Result<(), ConfigError> {
    if minutes <= STALE_MINUTES_MAX {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("{said_by} is {minutes}, which is more than {STALE_MINUTES_MAX} minutes."),
        "Write a smaller number; 0 turns it off.",
    ))
}

fn check_log_level(text: &str, said_by: &str) -> Result<(), ConfigError> {
    match crate::logging::parse_level(text) {
        Ok(_) => Ok(()),
        Err(why) => Err(ConfigError::new(
            format!("{said_by} is {text:?}, which is no log level ({why})."),
            "Write error, warn, info, debug or trace.",
        )),
    }
}

fn split_list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|host| !host.is_empty())
        .map(str::to_owned)
        .collect()
}

fn check_host(host: &str, said_by: &str) -> Result<(), ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !host.is_empty() && host.bytes().all(plain) {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("{said_by} holds {host:?}, which is not a plain host name."),
        "Write host names without scheme, port or wildcard, for example box.example.org.",
    ))
}

/// Accepts an origin exactly as browsers write it. Over plain http only of this machine: what comes
/// over a network that way may be somebody else's page.
fn check_origin(origin: &str, said_by: &str) -> Result<(), ConfigError> {
    let host = |rest: &str| {
        let (name, port) = match rest.rsplit_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
            None => (rest.to_owned(), None),
        };
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let sound = !name.is_empty()
            && name.bytes().all(plain)
            && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        sound.then_some(name)
    };
    let is_fine = match origin.split_once("://") {
        Some(("http", rest)) => {
            host(rest).is_some_and(|name| ["localhost", "127.0.0.1"].contains(&name.as_str()))
        }
        Some(("https", rest)) => host(rest).is_some(),
        Some((_, _)) | None => false,
    };
    if is_fine {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("{said_by} holds {origin:?}, which is not an origin that can be allowed."),
        "Write scheme, host and port as the browser does, for example http://localhost:5173; \
         plain http only of localhost or 127.0.0.1.",
    ))
}

#[cfg(test)]
mod tests;

//! The config file: TOML, every key optional, no key unknown.

use super::ConfigError;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::Path;

/// The keys that a config file may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    /// Address and port of the api.
    pub listen: Option<String>,
    /// Whether `listen` may be reachable from other machines.
    pub public: Option<bool>,
    /// `embedded` or `external`.
    pub runner_mode: Option<String>,
    /// Followed while running.
    pub log_level: Option<String>,
    /// Followed while running.
    pub allowed_hosts: Option<Vec<String>>,
    /// Followed while running.
    pub allowed_origins: Option<Vec<String>>,
    #[serde(default)]
    pub egress: Egress,
    #[serde(default)]
    pub incidents: Incidents,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub claw: Claw,
}

/// Keys about what leaves this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Egress {
    /// Followed while running.
    pub max_requests_per_hour: Option<u32>,
    /// Followed while running.
    pub allow_hosts: Option<Vec<String>>,
    /// Followed while running.
    pub allow_private_hosts: Option<Vec<String>>,
    /// Followed while running.
    pub timeout_seconds: Option<u32>,
}

/// What opens incidents by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incidents {
    /// Minutes after which work that does not move is told of; 0 is never.
    pub stale_minutes: Option<u32>,
}

/// What is shown for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    /// Days after which messages of channels are hidden. Followed while running.
    pub messages_days: Option<u32>,
}

/// The event bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claw {
    /// `seed` or `head`.
    pub rules: Option<String>,
}

impl ConfigFile {
    /// Reads `path`. A file that is not there holds nothing, unless a person named it.
    pub fn read(path: &Path, must_exist: bool) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(ConfigError::new(
                    format!(
                        "The config file {} cannot be read: {error}.",
                        path.display()
                    ),
                    "Check its name and permissions.",
                ));
            }
        };
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| {
                1 + text
                    .bytes()
                    .take(span.start)
                    .filter(|b| *b == b'\n')
                    .count()
            });
            let place = match line {
                Some(line) => format!("{}, line {line}", path.display()),
                None => path.display().to_string(),
            };
            ConfigError::new(
                format!("{place}: {}.", error.message()),
                "Correct or remove the line; the known keys are listen, public, runner_mode, \
                 log_level, allowed_hosts, allowed_origins, egress.max_requests_per_hour, \
                 egress.allow_hosts, egress.allow_private_hosts, egress.timeout_seconds, \
                 incidents.stale_minutes, retention.messages_days and claw.rules.",
            )
        })
    }
}

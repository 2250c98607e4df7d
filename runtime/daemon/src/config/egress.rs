//! Whom the requests that Signalbox performs may reach, and how long they may take.

use super::file;
use super::{ConfigError, first, split_list};
use crate::effect::egress::HostRule;
use kernel::limits::{
    EGRESS_HOSTS_MAX, EGRESS_TIMEOUT_SECONDS_DEFAULT, EGRESS_TIMEOUT_SECONDS_MAX,
};

/// The settings of performed requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressSettings {
    /// The only hosts that are reached; `None` is every public one that the owner approves.
    pub allow_hosts: Option<Vec<HostRule>>,
    /// Hosts that are reached although their address is not public.
    pub allow_private_hosts: Vec<HostRule>,
    /// Time of one request in all.
    pub timeout_seconds: u32,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            allow_hosts: None,
            allow_private_hosts: Vec::new(),
            timeout_seconds: EGRESS_TIMEOUT_SECONDS_DEFAULT,
        }
    }
}

impl EgressSettings {
    pub(super) fn read(
        env: &dyn Fn(&str) -> Option<String>,
        file: file::Egress,
        in_file: &dyn Fn(&str) -> String,
    ) -> Result<Self, ConfigError> {
        let listed = |name: &str| (env(name).map(|text| split_list(&text)), name.to_owned());
        let allow_hosts = first([
            listed("SIGNALBOX_EGRESS_ALLOW_HOSTS"),
            (file.allow_hosts, in_file("egress.allow_hosts")),
        ]);
        let allow_private_hosts = first([
            listed("SIGNALBOX_EGRESS_ALLOW_PRIVATE_HOSTS"),
            (
                file.allow_private_hosts,
                in_file("egress.allow_private_hosts"),
            ),
        ])
        .unwrap_or_default();
        let name = "SIGNALBOX_EGRESS_TIMEOUT_SECONDS";
        let said = env(name).map(|text| seconds(&text, name)).transpose()?;
        let timeout = first([
            (said, name.to_owned()),
            (file.timeout_seconds, in_file("egress.timeout_seconds")),
        ]);
        let timeout_seconds = match timeout {
            None => EGRESS_TIMEOUT_SECONDS_DEFAULT,
            Some((seconds, said_by)) => bounded(seconds, &said_by)?,
        };
        Ok(Self {
            allow_hosts: allow_hosts.map(hosts).transpose()?,
            allow_private_hosts: hosts(allow_private_hosts)?,
            timeout_seconds,
        })
    }
}

fn hosts((texts, said_by): (Vec<String>, String)) -> Result<Vec<HostRule>, ConfigError> {
    if texts.len() > EGRESS_HOSTS_MAX {
        return Err(ConfigError::new(
            format!("{said_by} names more than {EGRESS_HOSTS_MAX} hosts."),
            "Name fewer.",
        ));
    }
    let read = |text: String| {
        HostRule::parse(&text).ok_or_else(|| {
            ConfigError::new(
                format!("{said_by} holds {text:?}, which is no host."),
                "Write HOST or HOST:PORT without scheme or wildcard, for example api.example.com \
                 or 127.0.0.1:8080.",
            )
        })
    };
    texts.into_iter().map(read).collect()
}

fn seconds(text: &str, said_by: &str) -> Result<u32, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError::new(
            format!("{said_by} is {text:?}, which is no number of seconds."),
            "Write a whole number.",
        )
    })
}

fn bounded(seconds: u32, said_by: &str) -> Result<u32, ConfigError> {
    if (1..=EGRESS_TIMEOUT_SECONDS_MAX).contains(&seconds) {
        return Ok(seconds);
    }
    Err(ConfigError::new(
        format!("{said_by} is {seconds} seconds."),
        format!("Write a number from 1 to {EGRESS_TIMEOUT_SECONDS_MAX}."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags};

    fn load(file: &str, env: &[(&str, &str)]) -> Result<EgressSettings, ConfigError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).expect("a file");
        let flags = Flags {
            data_dir: Some(dir.path().to_owned()),
            config: Some(path),
            ..Flags::default()
        };
        let env = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Ok(Config::load(&flags, &env)?.reloadable.egress)
    }

    #[test]
    fn hosts_and_time() {
        assert_eq!(load("", &[]), Ok(EgressSettings::default()));
        let file = r#"
            [egress]
            allow_hosts = ["api.example.com"]
            allow_private_hosts = ["127.0.0.1:8080", "box.test"]
            timeout_seconds = 5
        "#;
        let rule = |text| HostRule::parse(text).expect(text);
        let expected = EgressSettings {
            allow_hosts: Some(vec![rule("api.example.com")]),
            allow_private_hosts: vec![rule("127.0.0.1:8080"), rule("box.test")],
            timeout_seconds: 5,
        };
        assert_eq!(load(file, &[]), Ok(expected));
        let env = [
            ("SIGNALBOX_EGRESS_ALLOW_HOSTS", "a.test, b.test"),
            ("SIGNALBOX_EGRESS_ALLOW_PRIVATE_HOSTS", "c.test"),
            ("SIGNALBOX_EGRESS_TIMEOUT_SECONDS", "7"),
        ];
        let expected = EgressSettings {
            allow_hosts: Some(vec![rule("a.test"), rule("b.test")]),
            allow_private_hosts: vec![rule("c.test")],
            timeout_seconds: 7,
        };
        assert_eq!(load(file, &env), Ok(expected));
        let nobody = load("egress.allow_hosts = []", &[]).map(|read| read.allow_hosts);
        assert_eq!(nobody, Ok(Some(Vec::new())), "an empty list is a list");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (file, words) in [
            ("egress.allow_hosts = [\"*.a.test\"]", "egress.allow_hosts"),
            (
                "egress.allow_private_hosts = [\"http://a\"]",
                "which is no host",
            ),
            ("egress.timeout_seconds = 0", "egress.timeout_seconds"),
            ("egress.timeout_seconds = 601", "601 seconds"),
            ("egress.allowed = []", "unknown field"),
        ] {
            let error = load(file, &[]).expect_err(file);
            assert!(error.message.contains(words), "{error}");
        }
    }
}

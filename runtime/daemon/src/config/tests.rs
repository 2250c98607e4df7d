#![allow(clippy::unwrap_used)]
use super::*;
use std::fs;

/// Environment variables of a case.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// Loads with a config file of this text, these variables and flags.
fn load(file: &str, env: Variables<'_>, change: impl FnOnce(&mut Flags)) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = config_file(dir.path());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, file).unwrap();
    let mut flags = Flags {
        data_dir: Some(dir.path().to_owned()),
        ..Flags::default()
    };
    change(&mut flags);
    let lookup = |name: &str| {
        env.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Config::load(&flags, &lookup).map_err(|error| {
        assert!(!error.hint.is_empty(), "{error} has no hint");
        error
            .message
            .replace(&dir.path().display().to_string(), "DIR")
    })
}

#[test]
fn flag_then_environment_then_file_then_default() {
    let file = "listen = \"127.0.0.1:3\"";
    let env = [("SIGNALBOX_LISTEN", "127.0.0.1:2")];
    let table: [(&str, Variables<'_>, Option<&str>, &str); 5] = [
        (file, &env, Some("127.0.0.1:1"), "127.0.0.1:1"),
        (file, &env, None, "127.0.0.1:2"),
        (file, &[], None, "127.0.0.1:3"),
        ("", &[], None, "127.0.0.1:4242"),
        (file, &[("SIGNALBOX_LISTEN", "")], None, "127.0.0.1:3"),
    ];
    for (file, env, flag, expected) in table {
        let config = load(file, env, |flags| flags.listen = flag.map(str::to_owned)).unwrap();
        assert_eq!(config.listen.to_string(), expected);
    }
}

#[test]
fn every_key_of_the_file_counts() {
    let file = r#"
        listen = "localhost:5000"
        public = true
        runner_mode = "external"
        log_level = "warn,daemon=debug"
        allowed_hosts = ["box.test", "other"]
        egress.max_requests_per_hour = 60
        allowed_origins = ["http://localhost:5173"]
        incidents.stale_minutes = 30
        retention.messages_days = 7
    "#;
    let config = load(file, &[], |_| {}).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:5000");
    assert!(config.public);
    assert_eq!(config.runner_mode_in_file, Some(RunnerMode::External));
    assert_eq!(config.runner_mode, None);
    assert_eq!(config.reloadable.log_level, "warn,daemon=debug");
    assert_eq!(config.reloadable.allowed_hosts, ["box.test", "other"]);
    assert_eq!(config.reloadable.egress_per_hour, 60);
    assert_eq!(config.reloadable.allowed_origins, ["http://localhost:5173"]);
    assert_eq!(config.reloadable.stale_minutes, 30);
}

#[test]
fn every_variable_counts() {
    let env = [
        ("SIGNALBOX_LISTEN", "0.0.0.0:1"),
        ("SIGNALBOX_PUBLIC", "1"),
        ("SIGNALBOX_RUNNER_MODE", "embedded"),
        ("SIGNALBOX_LOG_LEVEL", "trace"),
        ("SIGNALBOX_ALLOWED_HOSTS", "a.test, b.test,"),
        ("EGRESS_MAX_REQUESTS_PER_HOUR", "7"),
        (
            "SIGNALBOX_ALLOWED_ORIGINS",
            "http://127.0.0.1:5173,https://a.test",
        ),
        ("SIGNALBOX_STALE_MINUTES", "5"),
    ];
    let config = load("", &env, |_| {}).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:1");
    assert_eq!(config.runner_mode, Some(RunnerMode::Embedded));
    assert_eq!(config.reloadable.log_level, "trace");
    assert_eq!(config.reloadable.allowed_hosts, ["a.test", "b.test"]);
    assert_eq!(config.reloadable.egress_per_hour, 7);
    assert_eq!(
        config.reloadable.allowed_origins,
        ["http://127.0.0.1:5173", "https://a.test"]
    );
    assert_eq!(config.reloadable.stale_minutes, 5);
    let both = [
        ("EGRESS_MAX_REQUESTS_PER_HOUR", "7"),
        ("SIGNALBOX_EGRESS_MAX_REQUESTS_PER_HOUR", "8"),
    ];
    let config = load("egress.max_requests_per_hour = 9", &both, |_| {}).unwrap();
    assert_eq!(config.reloadable.egress_per_hour, 8);
}

#[test]
fn what_cannot_be_used_is_named_with_its_source() {
    let table: [(&str, Variables<'_>, &str); 14] = [
        (
            "\ncolour = 1",
            &[],
            "DIR/config/config.toml, line 2: unknown field `colour`",
        ),
        (
            "listen = 4242",
            &[],
            "DIR/config/config.toml, line 1: invalid type",
        ),
        (
            "listen = \"here\"",
            &[],
            "\"listen\" in DIR/config/config.toml is \"here\"",
        ),
        (
            "",
            &[("SIGNALBOX_LISTEN", "x")],
            "SIGNALBOX_LISTEN is \"x\"",
        ),
        (
            "runner_mode = \"both\"",
            &[],
            "\"runner_mode\" in DIR/config/config.toml is \"both\"",
        ),
        (
            "log_level = \"loud\"",
            &[],
            "\"log_level\" in DIR/config/config.toml is \"loud\"",
        ),
        (
            "",
            &[("SIGNALBOX_PUBLIC", "maybe")],
            "SIGNALBOX_PUBLIC is \"maybe\"",
        ),
        (
            "allowed_hosts = [\"*.test\"]",
            &[],
            "\"allowed_hosts\" in DIR/config/config.toml holds \"*.test\"",
        ),
        (
            "[egress]\nper_hour = 1",
            &[],
            "DIR/config/config.toml, line 2: unknown field `per_hour`",
        ),
        (
            "",
            &[("EGRESS_MAX_REQUESTS_PER_HOUR", "-1")],
            "EGRESS_MAX_REQUESTS_PER_HOUR is \"-1\"",
        ),
        (
            "listen = \"0.0.0.0:1\"",
            &[],
            "0.0.0.0:1 can be reached from other machines",
        ),
        (
            "",
            &[("SIGNALBOX_STALE_MINUTES", "soon")],
            "SIGNALBOX_STALE_MINUTES is \"soon\"",
        ),
        (
            "[incidents]\nstale_minutes = 1000000",
            &[],
            "\"incidents.stale_minutes\" in DIR/config/config.toml is 1000000",
        ),
        (
            "[incidents]\nstale = 1",
            &[],
            "DIR/config/config.toml, line 2: unknown field `stale`",
        ),
    ];
    for (file, env, expected) in table {
        let message = load(file, env, |_| {}).unwrap_err();
        assert!(
            message.starts_with(expected),
            "{message:?} against {expected:?}"
        );
    }
}

#[test]
fn an_origin_is_one_exact_page() {
    for (origin, accepted) in [
        ("http://localhost", true),
        ("http://localhost:5173", true),
        ("http://127.0.0.1:80", true),
        ("https://board.example.org", true),
        ("https://board.example.org:8443", true),
        ("http://board.example.org", false),
        ("http://localhost.example.org:5173", false),
        ("http://localhost:5173/", false),
        ("http://localhost:5173/page", false),
        ("http://localhost:0", false),
        ("http://localhost:99999", false),
        ("http://LOCALHOST:5173", false),
        ("http://*.localhost", false),
        ("https://*", false),
        ("https://", false),
        ("http://user@localhost", false),
        ("file://", false),
        ("null", false),
        ("*", false),
        ("localhost:5173", false),
    ] {
        let loaded = load("", &[], |flags| {
            flags.allowed_origins = Some(vec![origin.to_owned()]);
        });
        assert_eq!(loaded.is_ok(), accepted, "{origin}: {loaded:?}");
    }
}

#[test]
fn a_file_that_a_person_named_must_exist() {
    let message = load("", &[], |flags| {
        flags.config = Some("/nowhere/else.toml".into())
    });
    assert!(message.unwrap_err().contains("/nowhere/else.toml"));
}

#[test]
fn only_what_cannot_be_reloaded_waits_for_a_restart() {
    let before = load("", &[], |_| {}).unwrap();
    let after = load(
        "listen = \"127.0.0.1:1\"\nlog_level = \"debug\"",
        &[],
        |_| {},
    )
    .unwrap();
    assert_eq!(before.changed_for_restart(&after), ["listen"]);
    assert_eq!(after.changed_for_restart(&after), [] as [&str; 0]);
}

/// The environment goes before the file; of the older name only a number counts.
#[test]
fn how_long_messages_are_shown() {
    let file = "retention.messages_days = 7";
    let table: [(&str, Variables<'_>, Result<u32, &str>); 7] = [
        ("", &[], Ok(30)),
        (file, &[], Ok(7)),
        (file, &[("WORKSHOP_RETENTION_DAYS", "3")], Ok(3)),
        (file, &[("WORKSHOP_RETENTION_DAYS", "soon")], Ok(30)),
        (
            file,
            &[
                ("SIGNALBOX_MESSAGES_DAYS", "0"),
                ("WORKSHOP_RETENTION_DAYS", "3"),
            ],
            Ok(0),
        ),
        (
            file,
            &[("SIGNALBOX_MESSAGES_DAYS", "soon")],
            Err("SIGNALBOX_MESSAGES_DAYS is \"soon\", which is no number of days."),
        ),
        (
            "retention.messages_days = 36501",
            &[],
            Err("retention.messages_days is 36501, which is more than 36500 days."),
        ),
    ];
    for (file, env, expected) in table {
        let found = load(file, env, |_| ()).map(|config| config.reloadable.messages_days);
        assert_eq!(found, expected.map_err(str::to_owned), "{file} {env:?}");
    }
}

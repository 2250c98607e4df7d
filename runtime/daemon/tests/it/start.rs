//! Starting, and not starting: one line that says why, exit code 3, and nothing touched.

use crate::support::{Api, Failed, OWNER_TOKEN, Settings, files, signalbox};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Path and bytes of everything but logs: a start that fails may say so in its log.
fn snapshot(data_dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let kept = files(data_dir)
        .into_iter()
        .filter(|path| !path.starts_with(data_dir.join("logs")));
    kept.map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect()
}

fn refused(settings: Settings) -> Failed {
    let Err(failed) = Api::try_start(settings) else {
        panic!("it should not have started");
    };
    let line = &failed.line;
    assert_eq!(failed.exit_code, Some(3), "{line}");
    for member in ["message", "hint"] {
        assert!(
            line[member]
                .as_str()
                .is_some_and(|text| text.ends_with('.')),
            "{member}: {line}"
        );
    }
    failed
}

fn on(data_dir: &Path) -> Settings {
    Settings {
        data_dir: Some(data_dir.to_owned()),
        ..Settings::default()
    }
}

fn text<'a>(failed: &'a Failed, member: &str) -> &'a str {
    failed.line[member].as_str().unwrap()
}

#[tokio::test]
async fn a_second_api_on_the_same_data_is_told_who_runs() {
    let api = Api::start();
    api.local().room("room").await;
    let before = snapshot(&api.data_dir);
    let failed = refused(on(&api.data_dir));
    assert_eq!(text(&failed, "code"), "already_running");
    assert!(text(&failed, "message").contains(&api.url), "{failed:?}");
    assert!(
        text(&failed, "message").contains(&api.pid.to_string()),
        "{failed:?}"
    );
    assert_eq!(snapshot(&api.data_dir), before, "nothing was touched");
    api.local().get("/health").await.expect(200);
    // A lock dies with its process, however that ends.
    let stopped = api.kill();
    let again = Api::start_again(stopped);
    assert_eq!(again.head().await, 1);
}

#[tokio::test]
async fn a_port_that_is_taken_names_its_holder_and_leaves_no_database() {
    let holder = Api::start();
    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("data");
    let failed = refused(Settings {
        listen: Some(holder.address().to_owned()),
        ..on(&data_dir)
    });
    assert_eq!(text(&failed, "code"), "port_in_use");
    let port = holder.address().rsplit(':').next().unwrap();
    for part in [port, "signalbox", &holder.pid.to_string()] {
        assert!(
            text(&failed, "message").contains(part),
            "{part}: {failed:?}"
        );
    }
    assert!(!data_dir.join("signalbox.db").exists());
    holder.local().get("/health").await.expect(200);
}

#[tokio::test]
async fn data_of_a_newer_signalbox_is_left_alone() {
    let api = Api::start();
    api.local().room("room").await;
    let stopped = api.stop().await;
    let database = Connection::open(stopped.data_dir.join("signalbox.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let before = snapshot(&stopped.data_dir);
    let failed = refused(on(&stopped.data_dir));
    assert_eq!(text(&failed, "code"), "schema_too_new");
    assert!(text(&failed, "message").contains("999"), "{failed:?}");
    let database =
        |files: &BTreeMap<PathBuf, Vec<u8>>| files[&stopped.data_dir.join("signalbox.db")].clone();
    assert_eq!(database(&snapshot(&stopped.data_dir)), database(&before));
}

#[tokio::test]
async fn a_file_that_is_no_database_of_ours_is_left_alone() {
    // One that counts its versions as we do, and one that does not count.
    let others = [1, 0].map(|version| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("other.db");
        let database = Connection::open(&path).unwrap();
        let tables = "CREATE TABLE room (theirs); INSERT INTO room VALUES (1);";
        database.execute_batch(tables).unwrap();
        database
            .pragma_update(None, "user_version", version)
            .unwrap();
        drop(database);
        std::fs::read(path).unwrap()
    });
    let mut header = b"SQLite format 3\0".to_vec();
    header.extend_from_slice(&[0xab; 8_192]);
    let letter = b"this is not a database, it is a letter".repeat(100);
    for content in [letter, vec![0xff; 100_000], header]
        .into_iter()
        .chain(others)
    {
        let root = tempfile::tempdir().unwrap();
        let data_dir = root.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        let path = data_dir.join("signalbox.db");
        std::fs::write(&path, &content).unwrap();
        let failed = refused(on(&data_dir));
        assert_eq!(text(&failed, "code"), "database_damaged", "{failed:?}");
        assert!(
            std::fs::read(&path).unwrap() == content,
            "the file was changed: {failed:?}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_may_not_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    /// Somebody without rights: permissions do not bind root.
    const NOBODY: u32 = 65_534;
    let root = tempfile::tempdir().unwrap();
    let data_dir = root.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    for folder in [root.path(), &data_dir] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    }
    let is_root = rustix::process::getuid().is_root();
    if is_root && !reachable(Path::new(signalbox())) {
        eprintln!("skipped: root would have to become nobody, who may not reach the binary");
        return;
    }
    let failed = refused(Settings {
        uid: is_root.then_some(NOBODY),
        ..on(&data_dir)
    });
    assert_eq!(text(&failed, "code"), "no_write_permission");
    let nested = refused(Settings {
        uid: is_root.then_some(NOBODY),
        ..on(&data_dir.join("deeper"))
    });
    assert_eq!(text(&nested, "code"), "no_write_permission");
    std::fs::set_permissions(&data_dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether everybody may go down every folder to this file.
#[cfg(unix)]
fn reachable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let open = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|entry| entry.permissions().mode() & 0o001 != 0)
    };
    file.ancestors()
        .filter(|path| !path.as_os_str().is_empty())
        .all(open)
}

#[tokio::test]
async fn settings_that_make_no_sense_are_told() {
    for (args, env, part) in [
        (vec!["--log-level", "loud"], ("X", ""), "--log-level"),
        (
            vec!["--allowed-host", "https://x/"],
            ("X", ""),
            "--allowed-host",
        ),
        (
            vec![],
            ("SIGNALBOX_ALLOWED_HOSTS", "*"),
            "SIGNALBOX_ALLOWED_HOSTS",
        ),
        (
            vec!["--config", "/nowhere/config.toml"],
            ("X", ""),
            "/nowhere/config.toml",
        ),
    ] {
        let failed = refused(Settings {
            args: args.into_iter().map(str::to_owned).collect(),
            env: vec![(env.0.to_owned(), env.1.to_owned())],
            ..Settings::default()
        });
        assert_eq!(text(&failed, "code"), "config_invalid");
        assert!(text(&failed, "message").contains(part), "{failed:?}");
    }
    let failed = refused(Settings {
        listen: Some("nonsense".into()),
        ..Settings::default()
    });
    assert_eq!(text(&failed, "code"), "config_invalid");
}

/// Its standard input ends: so does it, at once. A status that comes that way is what it tells.
#[tokio::test]
async fn a_supervised_api_follows_its_supervisor() {
    let root = tempfile::tempdir().unwrap();
    let mut child = Command::new(signalbox())
        .args([
            "api",
            "--supervised",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
        ])
        .arg(root.path().join("data"))
        .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (&ready["ready"], &ready["pid"]),
        (&json!(true), &json!(child.id()))
    );
    let http = crate::support::Http::new(ready["url"].as_str().unwrap()).bearer(OWNER_TOKEN);
    let mut status = http.get("/v1/runtime").await.expect(200);
    assert_eq!(status["supervised"], false, "nobody has said anything yet");
    status["supervised"] = json!(true);
    status["restart_attempts_total"] = json!(41);
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "this is no line of ours").unwrap();
    writeln!(stdin, "{}", json!({"status": status})).unwrap();
    crate::support::eventually("the status is told", || async {
        let told = http.get("/v1/runtime").await.expect(200);
        (told["restart_attempts_total"] == 41 && told["supervised"] == true).then_some(())
    })
    .await;
    drop(stdin);
    crate::support::eventually("it ends", || {
        let ended = child.try_wait().unwrap();
        async move { ended }
    })
    .await;
    assert!(lines.next().is_none(), "nothing else was ever printed");
}

#[tokio::test]
async fn what_is_secret_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let api = Api::start();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&api.data_dir), 0o700);
    let ready = api.local().get("/ready").await.expect(200);
    assert_eq!(ready["ready"], true);
    let health = api.local().get("/health").await.expect(200);
    assert_eq!(
        (&health["ok"], &health["pid"]),
        (&json!(true), &json!(api.pid))
    );
    let found = std::fs::read_to_string(api.data_dir.join("api.json")).unwrap();
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        (&found["url"], &found["pid"]),
        (&json!(api.url), &json!(api.pid))
    );
    let stopped = api.stop().await;
    assert!(
        !stopped.data_dir.join("api.json").exists(),
        "a stopped api is not found"
    );
    let wal = stopped.data_dir.join("signalbox.db-wal");
    assert!(
        !wal.exists() || std::fs::metadata(&wal).unwrap().len() == 0,
        "folded in"
    );
}

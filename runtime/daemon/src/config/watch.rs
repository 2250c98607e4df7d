//! Following the config file: reloadable settings apply at once, the others are announced.

use super::{Config, Flags, Reloadable};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::watch;

/// Changes that come this close together are one: editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// Keeps the watch alive; dropping it ends it.
#[derive(Debug)]
pub struct ConfigWatch {
    _watcher: RecommendedWatcher,
}

/// Watches the file that `config` was read from. The receiver always holds the settings in force:
/// a file that cannot be used is reported in the log and changes nothing.
///
/// # Errors
/// When the folder of the file cannot be made, or the operating system offers no watch on it.
pub fn watch(
    config: Config,
    flags: Flags,
    env: impl Fn(&str) -> Option<String> + Send + 'static,
) -> notify::Result<(ConfigWatch, watch::Receiver<Reloadable>)> {
    let (publish, settings) = watch::channel(config.reloadable.clone());
    let (poke, pokes) = mpsc::channel();
    let file = config.file.clone();
    // Its folder, not the file: a file that is replaced is another file.
    let folder = folder_of(&file);
    std::fs::create_dir_all(&folder)?;
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let about_the_file = match &event {
            Ok(event) => !event.kind.is_access() && names(event, &file),
            Err(_) => true,
        };
        if about_the_file {
            // The follower is gone only when the process ends.
            poke.send(()).ok();
        }
    })?;
    watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    std::thread::Builder::new()
        .name("config".to_owned())
        .spawn(move || follow(&pokes, config, &flags, &env, &publish))
        .map_err(notify::Error::io)?;
    Ok((ConfigWatch { _watcher: watcher }, settings))
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

fn names(event: &notify::Event, file: &Path) -> bool {
    event
        .paths
        .iter()
        .any(|path| path.file_name() == file.file_name())
}

fn follow(
    pokes: &mpsc::Receiver<()>,
    mut current: Config,
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<String>,
    publish: &watch::Sender<Reloadable>,
) {
    while pokes.recv().is_ok() {
        while pokes.recv_timeout(SETTLE).is_ok() {}
        match Config::load(flags, env) {
            Ok(next) => {
                announce(&current, &next);
                publish.send_if_modified(|settings| {
                    let changed = *settings != next.reloadable;
                    *settings = next.reloadable.clone();
                    changed
                });
                current = next;
            }
            Err(error) => tracing::error!(
                hint = error.hint,
                "the changed config file is not used: {error}"
            ),
        }
    }
}

fn announce(current: &Config, next: &Config) {
    for key in current.changed_for_restart(next) {
        tracing::warn!(key, "a changed setting takes effect at restart");
    }
    if current.reloadable != next.reloadable {
        tracing::info!(
            log_level = next.reloadable.log_level,
            allowed_hosts = next.reloadable.allowed_hosts.join(","),
            egress_per_hour = next.reloadable.egress_per_hour,
            allowed_origins = next.reloadable.allowed_origins.join(","),
            stale_minutes = next.reloadable.stale_minutes,
            "changed settings apply"
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    /// Only a failing test waits this long.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn no_env(_: &str) -> Option<String> {
        None
    }

    fn flags(dir: &Path) -> Flags {
        Flags {
            data_dir: Some(dir.to_owned()),
            ..Flags::default()
        }
    }

    async fn next(settings: &mut watch::Receiver<Reloadable>) -> Reloadable {
        tokio::time::timeout(PATIENCE, settings.changed())
            .await
            .unwrap()
            .unwrap();
        settings.borrow_and_update().clone()
    }

    #[tokio::test]
    async fn a_new_a_replaced_and_a_broken_file() {
        let dir = tempfile::tempdir().unwrap();
        let flags = flags(dir.path());
        let config = Config::load(&flags, &no_env).unwrap();
        let file = config.file.clone();
        let (_watch, mut settings) = watch(config, flags, no_env).unwrap();
        assert_eq!(settings.borrow().log_level, "info");

        fs::write(&file, "log_level = \"debug\"").unwrap();
        assert_eq!(next(&mut settings).await.log_level, "debug");

        // The way editors save: a new file takes the place of the old.
        let draft = dir.path().join("draft");
        fs::write(&draft, "allowed_hosts = [\"box.test\"]").unwrap();
        fs::rename(&draft, &file).unwrap();
        let now = next(&mut settings).await;
        assert_eq!(now.log_level, "info");
        assert_eq!(now.allowed_hosts, ["box.test"]);

        // What cannot be read changes nothing; the next good file counts again.
        fs::write(&file, "colour = \"red\"").unwrap();
        fs::write(&file, "log_level = \"warn\"").unwrap();
        let now = next(&mut settings).await;
        assert_eq!(
            (now.log_level.as_str(), now.allowed_hosts.len()),
            ("warn", 0)
        );
    }
}

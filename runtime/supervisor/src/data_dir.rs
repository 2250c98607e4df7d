//! Where things lie in the data directory.
//!
//! One data directory is one runtime: its database, its logs, its owner. Everything that both the
//! supervisor and its children must agree on by path is named here.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::status::Component;

/// The data directory of this person when neither flag nor environment names one.
///
/// Linux: `$XDG_DATA_HOME/signalbox` or `~/.local/share/signalbox`. macOS: `~/Library/Application
/// Support/signalbox`. Windows: `%LOCALAPPDATA%\signalbox`. `None` if the home is unknown.
pub fn default_data_dir() -> Option<PathBuf> {
    default_from(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
}

fn default_from(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let base = if cfg!(windows) {
        PathBuf::from(env("LOCALAPPDATA")?)
    } else if cfg!(target_os = "macos") {
        PathBuf::from(env("HOME")?).join("Library/Application Support")
    } else {
        // The specification says that a relative XDG_DATA_HOME is to be ignored.
        env("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(env("HOME")?).join(".local/share")))?
    };
    Some(base.join("signalbox"))
}

/// Creates the data directory, readable by its owner only, and returns its canonical path.
///
/// A directory that exists keeps the permissions it has.
///
/// # Errors
/// When the directory cannot be created or resolved.
pub fn prepare(data_dir: &Path) -> io::Result<PathBuf> {
    if !data_dir.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(data_dir)?;
    }
    data_dir.canonicalize()
}

/// The folder of all log files.
pub fn logs(data_dir: &Path) -> PathBuf {
    data_dir.join("logs")
}

/// How the log files of `component` start; a date follows.
pub fn log_prefix(component: Component) -> String {
    format!("{component}.log")
}

/// How the supervisor's own log files start; a date follows.
pub const SUPERVISOR_LOG_PREFIX: &str = "supervisor.log";

/// Where the supervisor remembers what a person chose, such as the runner mode.
pub fn runtime_file(data_dir: &Path) -> PathBuf {
    data_dir.join("runtime.json")
}

/// The runtime's config file, when nobody names another. It has a folder of its own because the
/// folder is watched: beside the database, every page that is written would wake the watcher.
pub fn config_file(data_dir: &Path) -> PathBuf {
    data_dir.join("config").join("config.toml")
}

/// Where the owner's token lies when no keyring can hold it.
pub fn owner_token_file(data_dir: &Path) -> PathBuf {
    data_dir.join("owner-token")
}

/// The page that leads a browser to a one-time link.
pub fn sign_in_page(data_dir: &Path) -> PathBuf {
    data_dir.join("sign-in.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_default_follows_the_desktop_specification() {
        let check = |xdg: Option<&str>, home: Option<&str>| {
            default_from(|name| match name {
                "XDG_DATA_HOME" => xdg.map(OsString::from),
                "HOME" => home.map(OsString::from),
                _ => None,
            })
        };
        assert_eq!(check(Some("/x"), Some("/h")), Some("/x/signalbox".into()));
        assert_eq!(
            check(None, Some("/h")),
            Some("/h/.local/share/signalbox".into())
        );
        assert_eq!(
            check(Some("relative"), Some("/h")),
            Some("/h/.local/share/signalbox".into())
        );
        assert_eq!(check(None, None), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_data_directory_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("temporary directory");
        let dir = prepare(&home.path().join("a/b")).expect("created");
        let mode = fs::metadata(dir).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

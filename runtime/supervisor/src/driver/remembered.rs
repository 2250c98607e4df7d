//! What a person chose and the next start should still know.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data_dir::runtime_file;
use crate::status::RunnerMode;

/// The content of `runtime.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    mode: RunnerMode,
}

/// The mode a person chose last; `None` if nobody did, or if the file cannot be read.
pub(super) fn mode(data_dir: &Path) -> Option<RunnerMode> {
    let path = runtime_file(data_dir);
    let read = match fs::read(&path) {
        Ok(text) => serde_json::from_slice::<Remembered>(&text).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(error),
    };
    match read {
        Ok(remembered) => Some(remembered.mode),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "not readable; nobody chose a mode");
            None
        }
    }
}

/// Remembers the mode. A failure is logged: the mode is in force all the same, until the next start.
pub(super) fn set_mode(data_dir: &Path, mode: RunnerMode) {
    let path = runtime_file(data_dir);
    let staged = path.with_extension("new");
    let written = serde_json::to_vec(&Remembered { mode })
        .map_err(io::Error::other)
        .and_then(|text| fs::write(&staged, text))
        .and_then(|()| fs::rename(&staged, &path));
    if let Err(error) = written {
        tracing::error!(path = %path.display(), %error, "cannot remember the runner mode");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn remembers_and_survives_nonsense() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(mode(dir.path()), None);
        set_mode(dir.path(), RunnerMode::External);
        assert_eq!(mode(dir.path()), Some(RunnerMode::External));
        fs::write(runtime_file(dir.path()), "{\"mode\":\"sideways\"}").unwrap();
        assert_eq!(mode(dir.path()), None);
    }
}

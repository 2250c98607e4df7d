//! Which runtime a client talks to.

use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Where a runtime is looked for when nothing tells more.
pub const URL_DEFAULT: &str = "http://127.0.0.1:4242";

/// What a serving api leaves in its data directory so that clients find it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    pub url: String,
    pub pid: u32,
}

/// Where an api says how it is reached.
pub fn discovery_file(data_dir: &Path) -> PathBuf {
    data_dir.join("api.json")
}

impl Discovery {
    /// Reads the file. `None` when no api is, or was, serving there.
    pub fn read(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(discovery_file(data_dir)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the file, readable by its owner only; it is never seen half written.
    ///
    /// # Errors
    /// When the data directory cannot be written.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        let mut draft = tempfile::Builder::new()
            .prefix(".api-")
            .tempfile_in(data_dir)?;
        serde_json::to_writer(&mut draft, self)?;
        draft
            .persist(discovery_file(data_dir))
            .map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes the file: nothing serves here any more.
    pub fn remove(data_dir: &Path) {
        // A file that stays behind only costs clients a refused connection.
        std::fs::remove_file(discovery_file(data_dir)).ok();
    }
}

/// The base address: flag, then `SIGNALBOX_URL`, then the api of the data directory, then the
/// default. No slash at its end.
pub fn base_url(
    flag: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
    data_dir: Option<&Path>,
) -> String {
    let url = flag
        .map(str::to_owned)
        .or_else(|| env("SIGNALBOX_URL").filter(|url| !url.is_empty()))
        .or_else(|| Discovery::read(data_dir?).map(|found| found.url))
        .unwrap_or_else(|| URL_DEFAULT.to_owned());
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn flag_then_environment_then_discovery_then_default() {
        let dir = tempfile::tempdir().unwrap();
        let env = |name: &str| (name == "SIGNALBOX_URL").then(|| "http://env:2/".to_owned());
        let no_env = |_: &str| None;
        assert_eq!(base_url(None, &no_env, Some(dir.path())), URL_DEFAULT);
        let discovery = Discovery {
            url: "http://127.0.0.1:3".into(),
            pid: 7,
        };
        discovery.write(dir.path()).unwrap();
        assert_eq!(Discovery::read(dir.path()), Some(discovery));
        assert_eq!(
            base_url(None, &no_env, Some(dir.path())),
            "http://127.0.0.1:3"
        );
        assert_eq!(base_url(None, &env, Some(dir.path())), "http://env:2");
        assert_eq!(base_url(Some("http://flag:1"), &env, None), "http://flag:1");
        Discovery::remove(dir.path());
        assert_eq!(base_url(None, &no_env, Some(dir.path())), URL_DEFAULT);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_discovery_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let discovery = Discovery {
            url: URL_DEFAULT.into(),
            pid: 7,
        };
        discovery.write(dir.path()).unwrap();
        let mode = std::fs::metadata(discovery_file(dir.path()))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

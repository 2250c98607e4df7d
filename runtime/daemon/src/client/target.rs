//! Which runtime a client talks to.

use crate::serve::discovery_path;
use serde::Deserialize;
use std::path::Path;

/// Where a runtime is looked for when nothing tells more.
pub const URL_DEFAULT: &str = "http://127.0.0.1:4242";

/// What a serving api leaves in its data directory so that clients find it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Discovery {
    pub url: String,
    pub pid: u32,
}

impl Discovery {
    /// Reads what is there. `None` when no api is, or was, serving on this directory.
    pub fn read(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(discovery_path(data_dir)).ok()?;
        serde_json::from_str(&text).ok()
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
        let data_dir = Some(dir.path());
        assert_eq!(base_url(None, &no_env, data_dir), URL_DEFAULT);
        let text = r#"{"url":"http://127.0.0.1:3","pid":7}"#;
        std::fs::write(discovery_path(dir.path()), text).unwrap();
        assert_eq!(base_url(None, &no_env, data_dir), "http://127.0.0.1:3");
        assert_eq!(base_url(None, &env, data_dir), "http://env:2");
        assert_eq!(base_url(Some("http://flag:1"), &env, None), "http://flag:1");
    }
}

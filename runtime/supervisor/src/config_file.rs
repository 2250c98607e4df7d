//! The one key of the runtime's config file that is about supervision. The api reads and judges the
//! whole file; here what cannot be read counts as not said, and the api's start tells why.

use std::fs;
use std::path::Path;

use crate::status::RunnerMode;

/// The `runner_mode` that the config file names.
pub fn runner_mode(path: &Path) -> Option<RunnerMode> {
    let text = fs::read_to_string(path).ok()?;
    let file: toml::Table = text.parse().ok()?;
    file.get("runner_mode")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_mode_is_a_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        assert_eq!(runner_mode(&path), None);
        for (text, expected) in [
            ("runner_mode = \"external\"", Some(RunnerMode::External)),
            (
                "listen = \"127.0.0.1:1\"\nrunner_mode = \"embedded\"",
                Some(RunnerMode::Embedded),
            ),
            ("listen = \"127.0.0.1:1\"", None),
            ("runner_mode = \"both\"", None),
            ("runner_mode = 1", None),
            ("runner_mode = ", None),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(runner_mode(&path), expected, "{text}");
        }
    }
}

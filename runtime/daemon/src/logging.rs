//! What the processes say about themselves: for people on stderr, as JSON lines in files.
//!
//! Every line passes a filter for secrets on its way out, whatever was logged.

mod secrets;

pub use secrets::Secrets;

use secrets::Masking;
use std::io::IsTerminal;
use std::path::Path;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// Log files kept of each process, one for each day.
const FILES_MAX: usize = 7;

/// Changes the level of a running process.
#[derive(Clone)]
pub struct LevelHandle {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl LevelHandle {
    /// Applies `level` from the next line on. A level that cannot be read changes nothing.
    pub fn set(&self, level: &str) {
        match parse_level(level) {
            Ok(filter) => {
                // The subscriber is gone only when the process ends.
                self.filter.reload(filter).ok();
            }
            Err(why) => tracing::error!("the log level stays as it was: {why}"),
        }
    }
}

/// Reads a level: one word, or `target=level` directives separated by commas.
///
/// # Errors
/// What is wrong with it, for people.
pub fn parse_level(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for directive in text.split(',') {
        let level = directive.rsplit('=').next().unwrap_or_default().trim();
        if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            return Err(format!("{level:?} is not a level"));
        }
    }
    EnvFilter::builder()
        .parse(text)
        .map_err(|error| error.to_string())
}

/// Starts logging for the process: stderr, and files `<component>.log.<date>` in `logs`.
///
/// A folder that cannot be written is reported on stderr and costs only the files: a full disk
/// must not keep anything from starting.
///
/// # Errors
/// When the level cannot be read, or logging was started before.
pub fn start(
    component: &str,
    logs: &Path,
    level: &str,
    secrets: Secrets,
) -> anyhow::Result<LevelHandle> {
    let filter = parse_level(level).map_err(anyhow::Error::msg)?;
    let (filter, handle) = reload::Layer::new(filter);
    let file = open(component, logs);
    let no_file = file.as_ref().err().map(ToString::to_string);
    let for_people = fmt::layer()
        .compact()
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_writer(Masking::new(std::io::stderr, secrets.clone()));
    let for_programs = file
        .ok()
        .map(|file| json_layer(Masking::new(file, secrets)));
    tracing_subscriber::registry()
        .with(filter)
        .with(for_people)
        .with(for_programs)
        .try_init()?;
    if let Some(why) = no_file {
        tracing::warn!("no log file is written to {}: {why}", logs.display());
    }
    Ok(LevelHandle { filter: handle })
}

fn json_layer<S, W>(writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    fmt::layer().json().with_writer(writer)
}

fn open(component: &str, logs: &Path) -> anyhow::Result<RollingFileAppender> {
    std::fs::create_dir_all(logs)?;
    Ok(RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(format!("{component}.log"))
        .max_log_files(FILES_MAX)
        .build(logs)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A place to write that a test can read.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn levels() {
        for good in ["info", "WARN", "info,daemon=debug", "off"] {
            assert!(parse_level(good).is_ok(), "{good}");
        }
        for bad in ["", "loud", "info,daemon=loud", "daemon"] {
            assert!(parse_level(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_planted_token_reaches_a_line() {
        let page = Page::default();
        let target = page.clone();
        let known = "owner-token-without-any-shape".to_owned();
        let shaped = format!("engtok_{}", "ab12".repeat(16));
        let secrets = Secrets::new([known.clone()]);
        let writer = Masking::new(move || target.clone(), secrets);
        let subscriber = tracing_subscriber::registry().with(json_layer(writer));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(token = known, "started with {shaped}");
            tracing::info_span!("request", authorization = format!("Bearer {known}"))
                .in_scope(|| tracing::error!("failed: {known}"));
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("started with [redacted]"), "{text}");
        assert!(
            !text.contains(&known) && !text.contains(&shaped[..20]),
            "{text}"
        );
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn files_carry_the_name_that_diagnostics_look_for() {
        let dir = tempfile::tempdir().unwrap();
        let logs = supervisor::data_dir::logs(dir.path());
        let mut file = open("worker", &logs).unwrap();
        let line =
            r#"{"timestamp":"2026-11-21T00:00:00Z","level":"INFO","fields":{"message":"hello"}}"#;
        std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
        let files = supervisor::log_tail::files(dir.path());
        let lines = supervisor::log_tail::read(&files);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].message, "hello");
    }
}

//! The end of the log files, for people who ask what happened.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::data_dir;
use crate::redact::redact;
use crate::status::Component;

/// How much of the newest file of each component is read.
const TAIL_BYTES: u64 = 64 * 1024;
/// How many lines are shown, over all components.
const LINES_MAX: usize = 200;
/// Longer messages are cut.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Who writes a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogSource {
    Api,
    Worker,
    Supervisor,
}

impl LogSource {
    const ALL: [LogSource; 3] = [LogSource::Api, LogSource::Worker, LogSource::Supervisor];

    fn prefix(self) -> String {
        match self {
            LogSource::Api => data_dir::log_prefix(Component::Api),
            LogSource::Worker => data_dir::log_prefix(Component::Worker),
            LogSource::Supervisor => data_dir::SUPERVISOR_LOG_PREFIX.to_owned(),
        }
    }
}

/// The newest log file of one writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogFile {
    pub component: LogSource,
    pub path: String,
}

/// One line of a log, secrets taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    pub component: LogSource,
    /// As the writer wrote it, RFC 3339.
    pub time: String,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    pub message: String,
}

/// The newest log file of each writer that has one.
pub fn files(dir: &Path) -> Vec<LogFile> {
    LogSource::ALL
        .into_iter()
        .filter_map(|component| {
            let path = newest(&data_dir::logs(dir), &component.prefix())?;
            Some(LogFile {
                component,
                path: path.to_string_lossy().into_owned(),
            })
        })
        .collect()
}

/// The last lines over all of `files`, oldest first. A file that cannot be read has no lines.
pub fn read(files: &[LogFile]) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = files
        .iter()
        .flat_map(|file| {
            let text = tail(Path::new(&file.path)).unwrap_or_default();
            text.lines()
                .filter_map(|line| parse(file.component, line))
                .collect::<Vec<_>>()
        })
        .collect();
    lines.sort_by(|a, b| a.time.cmp(&b.time));
    lines.split_off(lines.len().saturating_sub(LINES_MAX))
}

/// Daily files end in their date, so the greatest name is the newest.
fn newest(logs: &Path, prefix: &str) -> Option<PathBuf> {
    fs::read_dir(logs)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .max()
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line is whole only if the reading began at the beginning.
    let whole = if start == 0 {
        &text
    } else {
        text.split_once('\n').map_or("", |(_, rest)| rest)
    };
    Ok(whole.to_owned())
}

/// A line as the JSON log format writes it; anything else is not shown.
fn parse(component: LogSource, line: &str) -> Option<LogLine> {
    let mut entry: Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let time = text(entry.remove("timestamp"));
    let level = text(entry.remove("level"));
    let mut fields = match entry.remove("fields") {
        Some(Value::Object(fields)) => fields,
        Some(_) | None => Map::new(),
    };
    let mut message = text(fields.remove("message"));
    for (name, value) in fields {
        message.push_str(&format!(" {name}={}", text(Some(value))));
    }
    let message: String = redact(message.trim_start())
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .collect();
    Some(LogLine {
        component,
        time,
        level,
        message,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line(time: &str, message: &str) -> String {
        format!(
            r#"{{"timestamp":"{time}","level":"INFO","fields":{{"message":"{message}","port":4242}},"target":"x"}}"#
        )
    }

    #[test]
    fn merges_by_time_and_takes_the_newest_file() {
        let dir = tempfile::tempdir().unwrap();
        let logs = data_dir::logs(dir.path());
        fs::create_dir(&logs).unwrap();
        fs::write(
            logs.join("api.log.2026-11-20"),
            line("2026-11-20T00:00:00Z", "old"),
        )
        .unwrap();
        let api = [line("2026-11-21T00:00:01Z", "first"), "torn {".to_owned()];
        fs::write(logs.join("api.log.2026-11-21"), api.join("\n")).unwrap();
        fs::write(
            logs.join("worker.log.2026-11-21"),
            line("2026-11-21T00:00:02Z", "with sbo_0123456789abcdef"),
        )
        .unwrap();

        let files = files(dir.path());
        let told: Vec<String> = read(&files)
            .into_iter()
            .map(|l| format!("{:?} {} {}", l.component, l.level, l.message))
            .collect();
        assert_eq!(
            told,
            [
                "Api INFO first port=4242",
                "Worker INFO with [redacted] port=4242"
            ]
        );
    }

    #[test]
    fn a_long_file_is_cut_at_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let logs = data_dir::logs(dir.path());
        fs::create_dir(&logs).unwrap();
        let all: Vec<String> = (0..2_000)
            .map(|n| line(&format!("2026-11-21T00:00:00.{n:06}Z"), &n.to_string()))
            .collect();
        fs::write(logs.join("api.log.2026-11-21"), all.join("\n")).unwrap();
        let lines = read(&files(dir.path()));
        assert_eq!(lines.len(), LINES_MAX);
        assert_eq!(lines.last().unwrap().message, "1999 port=4242");
    }

    #[test]
    fn no_logs_is_no_lines() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(&files(dir.path())), []);
    }
}

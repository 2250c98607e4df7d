//! What the window and its supervisor say about themselves: on stderr for people, in a file as JSON.

use std::io::{self, IsTerminal};
use std::path::Path;

use supervisor::data_dir;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Log files kept, one for each day.
const FILES_MAX: usize = 7;
/// Tauri's own noise is of no use to anybody here.
const LEVEL_DEFAULT: &str = "info,tao=warn,wry=warn,zbus=warn";

/// Starts logging. A folder that cannot be written costs only the file.
pub fn start(data_dir: &Path) {
    let level = std::env::var("SIGNALBOX_LOG_LEVEL")
        .ok()
        .filter(|level| !level.is_empty());
    let filter = EnvFilter::try_new(level.as_deref().unwrap_or(LEVEL_DEFAULT))
        .unwrap_or_else(|_| EnvFilter::new(LEVEL_DEFAULT));
    let file = open(data_dir);
    let no_file = file.as_ref().err().map(ToString::to_string);
    let for_people = fmt::layer()
        .compact()
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(for_people)
        .with(file.ok().map(|file| fmt::layer().json().with_writer(file)))
        .try_init();
    if let Err(error) = started {
        eprintln!("no logging: {error}");
    }
    if let Some(why) = no_file {
        tracing::warn!("no log file is written: {why}");
    }
}

fn open(data_dir: &Path) -> io::Result<RollingFileAppender> {
    let logs = data_dir::logs(data_dir);
    std::fs::create_dir_all(&logs)?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(data_dir::SUPERVISOR_LOG_PREFIX)
        .max_log_files(FILES_MAX)
        .build(logs)
        .map_err(io::Error::other)
}

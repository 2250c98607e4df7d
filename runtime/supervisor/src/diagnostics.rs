//! Everything a person, or someone they ask for help, needs to see about the runtime.
//!
//! Collected on demand by the shell and by the api alike, so that the page works while the api does
//! not. Holds no secret: the token only by its location, log lines and messages redacted.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::credentials::KeyringState;
use crate::log_tail::{self, LogFile, LogLine};
use crate::problems::{self, Problem};
use crate::redact::redact;
use crate::status::{Component, RuntimeStatus, rfc3339};
use crate::usage::{self, ProcessUsage, Program};

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diagnostics {
    pub generated_at: String,
    pub app_version: String,
    /// Name, version and processor architecture of the operating system.
    pub os: String,
    pub data_dir: String,
    /// Absent if the file system does not tell.
    pub data_dir_free_bytes: Option<u64>,
    pub runtime: RuntimeStatus,
    pub usage: Vec<ProcessUsage>,
    pub keyring: KeyringState,
    pub logs: Vec<LogFile>,
    /// The last lines of all logs, oldest first.
    pub log_tail: Vec<LogLine>,
    /// What is wrong, worst first; each with the way out.
    pub problems: Vec<Problem>,
    /// Only the process that has the database open knows; absent otherwise.
    pub database: Option<DatabaseFacts>,
}

/// Facts about the open database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatabaseFacts {
    pub schema_version: i64,
    pub sqlite_version: String,
    pub size_bytes: u64,
    pub wal_bytes: u64,
    /// Number of events in the log.
    pub events: u64,
    /// Position of the newest event; 0 when the log is empty.
    pub head_position: u64,
}

/// What only the asking process knows.
#[derive(Debug)]
pub struct Sources<'a> {
    pub app_version: &'a str,
    pub data_dir: &'a Path,
    /// The port the api is meant to listen on, to name who holds it; 0 or `None` if any will do.
    pub port: Option<u16>,
    pub runtime: RuntimeStatus,
    pub keyring: KeyringState,
    /// The supervising process, if known.
    pub supervisor_pid: Option<u32>,
    pub database: Option<DatabaseFacts>,
}

/// Collects the report.
///
/// Blocks for a fraction of a second (processor usage, log files): call it where blocking is allowed.
pub fn collect(sources: Sources<'_>) -> Diagnostics {
    let mut runtime = sources.runtime;
    redact_errors(&mut runtime);
    let data_dir_free_bytes = free_bytes(sources.data_dir);
    let logs = log_tail::files(sources.data_dir);
    Diagnostics {
        generated_at: rfc3339(clock::wall()),
        app_version: sources.app_version.to_owned(),
        os: operating_system(),
        data_dir: sources.data_dir.to_string_lossy().into_owned(),
        data_dir_free_bytes,
        usage: usage::measure(&processes(&runtime, sources.supervisor_pid)),
        log_tail: log_tail::read(&logs),
        logs,
        problems: problems::find(
            &runtime,
            &sources.keyring,
            data_dir_free_bytes,
            sources.port,
        ),
        keyring: sources.keyring,
        database: sources.database,
        runtime,
    }
}

fn processes(runtime: &RuntimeStatus, supervisor_pid: Option<u32>) -> Vec<(Program, u32)> {
    let of = |component| runtime.components.get(component).pid;
    [
        (Program::Api, of(Component::Api)),
        (Program::Worker, of(Component::Worker)),
        (Program::Supervisor, supervisor_pid),
    ]
    .into_iter()
    .filter_map(|(program, pid)| Some((program, pid?)))
    .collect()
}

fn redact_errors(runtime: &mut RuntimeStatus) {
    let clean = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = redact(text);
        }
    };
    clean(&mut runtime.last_error_message);
    for component in [&mut runtime.components.api, &mut runtime.components.worker] {
        clean(&mut component.last_error_message);
        clean(&mut component.last_error_hint);
    }
}

fn operating_system() -> String {
    let version = sysinfo::System::long_os_version();
    format!(
        "{} ({})",
        version.unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        std::env::consts::ARCH
    )
}

/// Space that an ordinary user may still write where `path` lies.
#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// Space left on the disk with the longest mount point above `path`.
#[cfg(not(unix))]
fn free_bytes(path: &Path) -> Option<u64> {
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    disks
        .iter()
        .filter(|disk| path.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len())
        .map(sysinfo::Disk::available_space)
}

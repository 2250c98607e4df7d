//! What the numbers were measured on, and the room the measurement needs.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Subscribers, clients and the files of the databases, for us and for the runtime that inherits the limit.
const FILES_NEEDED: u64 = 4_096;
/// The same where ten thousand subscribers come.
const FILES_WANTED: u64 = 16_384;
/// Files of ours that are no subscribers.
const FILES_RESERVED: u64 = 512;

/// Names and values a reader needs to compare two runs.
pub fn description(file_system: &str) -> Vec<(&'static str, String)> {
    vec![
        ("commit", output("git", &["rev-parse", "--short", "HEAD"])),
        (
            "uncommitted changes",
            if output("git", &["status", "--porcelain"]).is_empty() {
                "no"
            } else {
                "yes"
            }
            .to_owned(),
        ),
        ("processor", processor()),
        (
            "cores",
            std::thread::available_parallelism()
                .map_or(0, usize::from)
                .to_string(),
        ),
        ("memory", field("/proc/meminfo", "MemTotal:")),
        (
            "kernel",
            fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
        ),
        ("file system", file_system.to_owned()),
        ("sqlite", rusqlite::version().to_owned()),
    ]
}

fn processor() -> String {
    field("/proc/cpuinfo", "model name")
        .trim_start_matches(':')
        .trim()
        .to_owned()
}

fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or("")
        .trim()
        .to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// Subscribers that may be open at once.
pub fn subscribers_max() -> usize {
    let current = getrlimit(Resource::Nofile).current.unwrap_or(FILES_WANTED);
    usize::try_from(current.saturating_sub(FILES_RESERVED)).unwrap_or(usize::MAX)
}

/// Raises the soft limit on open files as far as the hard one lets us.
pub fn raise_file_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    ensure!(
        maximum >= FILES_NEEDED,
        "1,000 subscribers need {FILES_NEEDED} open files; the hard limit is {maximum}"
    );
    let wanted = FILES_WANTED.min(maximum);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised).context("the limit on open files cannot be raised")?;
    }
    Ok(())
}

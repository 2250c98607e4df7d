//! The system's table of processes, read from /proc. Elsewhere than on Linux it is empty: what is
//! built on it is a second line of defence there is none of.

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::fs;

/// One process, as far as it matters here.
struct Entry {
    pid: Pid,
    parent: i32,
    state: u8,
    /// Since boot, in ticks: together with the id it names one process for ever.
    started: u64,
}

/// One process for ever: its id, and when it was started in which boot of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pid: i32,
    birth: String,
}

impl Identity {
    /// The living process that has `pid` now.
    pub fn of(pid: i32) -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let entry = read(Pid::from_raw(pid)?)?;
        let birth = format!("{} {}", boot.trim(), entry.started);
        // What has ended cannot be ended again.
        (entry.state != b'Z').then_some(Self { pid, birth })
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Kills the process group that this process leads, if it is still this process. Returns
    /// whether it was.
    pub fn kill_group(&self) -> bool {
        match Pid::from_raw(self.pid) {
            Some(leader) if Self::of(self.pid).as_ref() == Some(self) => {
                kill_process_group(leader, Signal::KILL).is_ok()
            }
            Some(_) | None => false,
        }
    }
}

/// The living children of `parent`.
pub fn children_of(parent: Pid) -> Vec<Pid> {
    matching(|entry| entry.parent == parent.as_raw_pid() && entry.state != b'Z')
}

/// The children of `parent` that have ended and wait to be reaped.
pub fn zombies_of(parent: Pid) -> Vec<Pid> {
    matching(|entry| entry.parent == parent.as_raw_pid() && entry.state == b'Z')
}

/// Everything below `root`, children before their children.
pub fn descendants_of(root: Pid) -> Vec<Pid> {
    let all = entries();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).map(|pid| pid.as_raw_pid()) {
        let children = all.iter().filter(|entry| entry.parent == parent);
        found.extend(children.map(|entry| entry.pid));
        at += 1;
    }
    found.remove(0);
    found
}

fn matching(wanted: impl Fn(&Entry) -> bool) -> Vec<Pid> {
    let found = entries().into_iter().filter(wanted);
    found.map(|entry| entry.pid).collect()
}

fn entries() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter_map(read)
        .collect()
}

fn read(pid: Pid) -> Option<Entry> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    parse(pid, &text)
}

/// The name is in brackets and may hold anything, so fields are counted after the last bracket.
fn parse(pid: Pid, stat: &str) -> Option<Entry> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    Some(Entry {
        pid,
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_cannot_pose_as_fields() {
        let stat = "7 (a) Z 1 (b) S 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0";
        let entry = parse(Pid::from_raw(7).unwrap(), stat).unwrap();
        assert_eq!((entry.state, entry.parent, entry.started), (b'S', 3, 4242));
    }

    #[test]
    fn a_child_is_seen_while_it_lives() {
        let us = rustix::process::getpid();
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        let identity = Identity::of(pid.as_raw_pid());
        assert!(identity.is_some());
        assert_eq!(Identity::of(pid.as_raw_pid()), identity);
        assert!(children_of(us).contains(&pid) && descendants_of(us).contains(&pid));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!children_of(us).contains(&pid));
        assert_eq!(Identity::of(pid.as_raw_pid()), None);
    }
}

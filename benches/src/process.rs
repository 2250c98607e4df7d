//! Memory and processor time of a process and everything it started, from /proc.

use std::collections::BTreeMap;
use std::fs;

/// Scheduler ticks per second in /proc; fixed by the Linux ABI on every architecture Signalbox is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// One look at a process tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Names of the processes, sorted.
    pub names: Vec<String>,
    /// Proportional set size: shared pages are counted once, divided among their users.
    pub pss_bytes: u64,
    pub cpu_seconds: f64,
    /// Times a thread gave up the processor by itself: each is a wake-up sooner or later.
    pub wake_ups: u64,
}

/// Usage of `root` and all its descendants. Processes that end while we look are left out.
pub fn usage_of_tree(root: u32) -> Usage {
    let mut usage = Usage::default();
    for pid in tree(root) {
        let Some(stat) = read(pid, "stat").as_deref().and_then(parse_stat) else {
            continue;
        };
        usage.names.push(stat.name);
        usage.cpu_seconds += stat.ticks as f64 / TICKS_PER_SECOND;
        usage.pss_bytes += read(pid, "smaps_rollup")
            .as_deref()
            .and_then(parse_pss)
            .unwrap_or(0);
        usage.wake_ups += wake_ups(pid);
    }
    usage.names.sort();
    usage
}

/// `root` and its descendants.
pub fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in all_processes() {
        if let Some(stat) = read(pid, "stat").as_deref().and_then(parse_stat) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while let Some(pid) = found.get(at).copied() {
        found.extend(children.get(&pid).into_iter().flatten());
        at += 1;
    }
    found
}

/// The first process below `root` whose name starts with `name` (the kernel cuts names at 15 bytes).
pub fn descendant(root: u32, name: &str) -> Option<u32> {
    let cut = &name[..name.len().min(15)];
    tree(root).into_iter().find(|pid| {
        read(*pid, "stat")
            .as_deref()
            .and_then(parse_stat)
            .is_some_and(|stat| stat.name.starts_with(cut))
    })
}

fn all_processes() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn read(pid: u32, file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
}

struct Stat {
    name: String,
    parent: u32,
    ticks: u64,
}

/// The name is in brackets and may hold anything, brackets included, so fields are counted after the last one.
fn parse_stat(text: &str) -> Option<Stat> {
    let (before, after) = text.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let user: u64 = fields.get(11)?.parse().ok()?;
    let system: u64 = fields.get(12)?.parse().ok()?;
    Some(Stat {
        name,
        parent: fields.get(1)?.parse().ok()?,
        ticks: user + system,
    })
}

fn parse_pss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

fn wake_ups(pid: u32) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return 0;
    };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
        .filter_map(|status| parse_voluntary(&status))
        .sum()
}

fn parse_voluntary(status: &str) -> Option<u64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{parse_pss, parse_stat, parse_voluntary, tree, usage_of_tree};

    #[test]
    fn stat_with_a_malicious_name() {
        let text = "42 (a) S 1 (b)) S 7 42 42 0 -1 4194560 9 0 0 0 150 50 3 4 20 0 8 0 100 1 2";
        let stat = parse_stat(text).unwrap();
        assert_eq!(
            (stat.name.as_str(), stat.parent, stat.ticks),
            ("a) S 1 (b)", 7, 200)
        );
    }

    #[test]
    fn pss_is_not_confused_with_its_parts() {
        let text = "559a-7ffe ---p 0 00:00 0 [rollup]\nRss: 9000 kB\nPss:        1234 kB\nPss_Dirty: 5 kB\n";
        assert_eq!(parse_pss(text), Some(1_234 * 1_024));
    }

    #[test]
    fn voluntary_switches() {
        let text = "Name:\tx\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t900\n";
        assert_eq!(parse_voluntary(text), Some(17));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_tree_holds_the_child_we_started() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let ours = std::process::id();
        assert!(tree(ours).contains(&child.id()));
        let usage = usage_of_tree(ours);
        assert!(usage.names.len() >= 2 && usage.pss_bytes > 0, "{usage:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!tree(ours).contains(&child.id()));
    }
}

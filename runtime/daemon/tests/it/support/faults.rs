//! System calls that fail, or do not come back, when the test says so: `strace` stands between the
//! program and the kernel.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Calls that make data durable. Which of them a program uses is its own choice.
pub const SYNC: &str = "fsync,fdatasync";

/// What goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Names of system calls, separated by commas.
    pub calls: &'static str,
    /// `error=EIO` or `signal=KILL`.
    pub outcome: &'static str,
    /// Which call of each name in each thread, counted from 1.
    pub nth: u64,
    /// Only calls that are about one of these files of the data directory; empty is all.
    pub files: &'static [&'static str],
}

/// A fault that waits for its call, and what came of it.
pub struct Injection {
    words: Vec<String>,
    log: PathBuf,
}

impl Fault {
    /// Prepares the fault for one process; what happens is noted beside the data directory.
    pub fn inject(&self, data_dir: &Path) -> Injection {
        let log = data_dir.with_extension("calls.txt");
        let mut words = words(&log);
        // The filter makes all other calls fast, but loses the signals of a fault.
        if self.outcome.starts_with("error") {
            words.push("--seccomp-bpf".to_owned());
        }
        for file in self.files {
            words.push("-P".to_owned());
            words.push(data_dir.join(file).display().to_string());
        }
        words.push("-e".to_owned());
        words.push(format!("trace={}", self.calls));
        words.push("-e".to_owned());
        words.push(format!(
            "inject={}:{}:when={}",
            self.calls, self.outcome, self.nth
        ));
        Injection { words, log }
    }
}

/// The tracer is no parent of the program: the program stays ours to wait for.
fn words(log: &Path) -> Vec<String> {
    let words = ["strace", "-D", "-f", "-y", "-qq", "-e", "signal=none", "-o"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.push(log.display().to_string());
    words
}

/// Whether system calls can be made to fail here; if not, why is printed.
pub fn faults_work() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut words = words(&folder.path().join("calls.txt"));
    words.extend(["-e", "inject=fsync:error=EIO:when=65000", "true"].map(str::to_owned));
    let tried = Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            eprintln!("skipped: strace may not trace here ({})", reason.trim());
            false
        }
        Err(error) => {
            eprintln!("skipped: strace does not start ({error})");
            false
        }
    }
}

impl Injection {
    /// Words that run a program with the fault, before the words of the program.
    pub fn wrapper(&self) -> Vec<String> {
        self.words.clone()
    }

    /// The calls so far, one a line, with the files that they were about and their results.
    pub fn calls(&self) -> Vec<String> {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// How many calls have failed so far.
    pub fn happened(&self) -> usize {
        let calls = self.calls();
        calls.iter().filter(|line| is_injected(line)).count()
    }

    /// The calls since the first that failed, without that.
    pub fn calls_afterwards(&self) -> Vec<String> {
        let calls = self.calls().into_iter();
        calls
            .skip_while(|line| !is_injected(line))
            .skip(1)
            .collect()
    }
}

fn is_injected(line: &str) -> bool {
    line.contains("(INJECTED)")
}

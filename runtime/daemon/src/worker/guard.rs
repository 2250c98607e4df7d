//! `signalbox guard`: stands between the worker and one command.
//!
//! The command runs in a process group of its own. The guard ends with it, or ends it: when it is
//! told to, or when the other end of its standard input is gone, which is how a worker that was
//! killed looks from here. Nothing that the command started in its group outlives the guard.

use super::process_table;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The order to end the command politely.
pub(super) const TERMINATE: u8 = b't';
/// The order to end it by force.
pub(super) const KILL: u8 = b'k';
/// From the polite order to force, when the worker is gone and nobody else will give it.
const ORPHAN_GRACE: Duration = Duration::from_secs(2);
/// Rounds of killing processes that left the group; each ends one generation of them.
const ADOPTED_ROUNDS_MAX: usize = 100;

/// What the guard tells the worker, one line of JSON each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// The command runs; its process id is the id of its group.
    Started {
        pid: i32,
    },
    NotStarted {
        message: String,
        missing: bool,
    },
    Exited {
        code: i32,
    },
    Signaled {
        signal: i32,
    },
}

/// Runs `argv` under guard until it has ended. Reports go to standard input, which must be a
/// socket. Returns the exit code of the guard itself, which nobody needs.
///
/// # Errors
/// When standard input is not such a socket, or the operating system refuses to wait.
pub fn run(argv: &[String]) -> std::io::Result<u8> {
    let control = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    // Descendants that outlive their parents become ours, so that they can be ended too.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
    let Some((program, arguments)) = argv.split_first() else {
        return Ok(2);
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let message = format!("{program:?} cannot be started: {error}.");
            report(&control, &Report::NotStarted { message, missing });
            return Ok(127);
        }
    };
    let pid = child.id().cast_signed();
    report(&control, &Report::Started { pid });
    let group = Arc::new(Group::new(pid));
    let orders = group.clone();
    let listening = control.try_clone()?;
    std::thread::spawn(move || obey(listening, &orders));
    let status = group.wait(&mut child)?;
    report(&control, &ended(status));
    Ok(0)
}

fn report(mut control: &UnixStream, report: &Report) {
    if let Ok(mut line) = serde_json::to_string(report) {
        line.push('\n');
        // A worker that is gone hears nothing; the end of the command needs no witness.
        control.write_all(line.as_bytes()).ok();
    }
}

fn ended(status: ExitStatus) -> Report {
    match status.code() {
        Some(code) => Report::Exited { code },
        None => Report::Signaled {
            signal: status.signal().unwrap_or_default(),
        },
    }
}

/// Carries out orders for as long as the worker lives, and the last one itself.
fn obey(mut control: UnixStream, group: &Group) {
    let mut order = [0];
    loop {
        match control.read(&mut order) {
            Ok(1) if order[0] == TERMINATE => group.signal(Signal::TERM),
            Ok(1) => group.end(),
            Ok(_) | Err(_) => break,
        }
    }
    group.signal(Signal::TERM);
    std::thread::sleep(ORPHAN_GRACE);
    group.end();
}

/// The process group of the command.
struct Group {
    state: Mutex<State>,
}

struct State {
    /// The leader, while its id cannot belong to anybody else.
    leader: Option<Pid>,
    /// The command is to end with everything that it started.
    is_ending: bool,
}

impl Group {
    fn new(pid: i32) -> Self {
        let leader = Pid::from_raw(pid);
        Self {
            state: Mutex::new(State {
                leader,
                is_ending: false,
            }),
        }
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_ending = true;
        if let Some(leader) = state.leader {
            // A group that is gone already needs no signal.
            kill_process_group(leader, signal).ok();
        }
    }

    /// Kills the group and everything that left it.
    fn end(&self) {
        self.signal(Signal::KILL);
        let leader = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.leader
        };
        kill_adopted(leader);
    }

    /// Waits for the leader, then ends what is left of its group.
    fn wait(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        let leader = Pid::from_raw(child.id().cast_signed());
        if let Some(leader) = leader {
            wait_unreaped(leader)?;
        }
        // Until it is reaped, no other process can have the leader's id.
        let is_ending = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(leader) = state.leader.take() {
                kill_process_group(leader, Signal::KILL).ok();
            }
            state.is_ending
        };
        let status = child.wait()?;
        if is_ending {
            kill_adopted(None);
        }
        Ok(status)
    }
}

/// Waits until `leader` has ended, and leaves its status to be read. Descendants that became ours
/// and ended are reaped meanwhile.
fn wait_unreaped(leader: Pid) -> std::io::Result<()> {
    let leave = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::All, leave) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let over = waitid(WaitId::Pid(leader), leave | WaitIdOptions::NOHANG)?;
        if over.is_some() {
            return Ok(());
        }
        for orphan in process_table::zombies_of(rustix::process::getpid()) {
            if orphan != leader {
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
                waitid(WaitId::Pid(orphan), options).ok();
            }
        }
    }
}

/// Kills the processes that became ours because their parents ended. Each may leave children that
/// become ours in turn.
fn kill_adopted(leader: Option<Pid>) {
    for _ in 0..ADOPTED_ROUNDS_MAX {
        let adopted = process_table::children_of(rustix::process::getpid());
        let adopted: Vec<Pid> = adopted
            .into_iter()
            .filter(|pid| Some(*pid) != leader)
            .collect();
        if adopted.is_empty() {
            return;
        }
        for pid in adopted {
            kill_process(pid, Signal::KILL).ok();
            if leader.is_none() {
                waitid(WaitId::Pid(pid), WaitIdOptions::EXITED).ok();
            }
        }
        if leader.is_some() {
            // The thread that waits for the leader reaps them, and does the rest at the end.
            return;
        }
    }
}

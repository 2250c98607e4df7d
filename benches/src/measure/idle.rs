//! What it costs to have it open and do nothing: the runtime alone, and the whole desktop app on a virtual screen.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::daemon::Daemon;
use crate::process::{Usage, descendant, usage_of_tree};

/// After start there is work: caches, first probes, first checkpoints. It is not idleness.
const SETTLE: Duration = Duration::from_secs(10);
const WINDOW_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct Idle {
    pub processes: Vec<String>,
    pub pss_bytes: u64,
    /// Of one processor.
    pub cpu_percent: f64,
    pub wake_ups_per_second: f64,
}

/// API and worker under the supervisor, without a window.
pub async fn runtime(binary: &Path, data_dir: &Path, watched: Duration) -> Result<Idle> {
    let daemon = Daemon::start_supervised(binary, data_dir).await?;
    let idle = watch(daemon.pid, watched).await?;
    daemon.stop().await?;
    Ok(idle)
}

/// The window, its web processes and the runtime it supervises. The screen itself is not counted.
pub async fn desktop(desktop: &Path, data_dir: &Path, watched: Duration) -> Result<Idle> {
    std::fs::create_dir_all(data_dir)?;
    let (mut screen, display) = virtual_screen().await?;
    let log = File::create(data_dir.join("bench-desktop.log"))?;
    // A session bus of its own, so that the user's running window and keyring are not involved.
    let mut session = Command::new("dbus-run-session")
        .arg("--")
        .arg(desktop)
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .env("SIGNALBOX_DATA_DIR", data_dir)
        .env("SIGNALBOX_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .context("dbus-run-session cannot be started")?;
    let session_pid = session.id().context("the session ended at once")?;
    let measured = async {
        let name = desktop
            .file_name()
            .and_then(|name| name.to_str())
            .context("a window without a name")?;
        let window = timeout(WINDOW_WITHIN, complete_window(session_pid, name)).await;
        watch(
            window.context("the window did not come up with its page and its runtime")?,
            watched,
        )
        .await
    };
    let idle = measured.await;
    session.kill().await?;
    screen.kill().await?;
    idle
}

/// The window's process, once its page, the API and the worker run below it.
async fn complete_window(session: u32, name: &str) -> u32 {
    loop {
        if let Some(window) = descendant(session, name) {
            let names = usage_of_tree(window).names;
            let runtimes = names.iter().filter(|name| *name == "signalbox").count();
            if runtimes >= 2 && names.iter().any(|name| name.starts_with("WebKitWebProces")) {
                return window;
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn virtual_screen() -> Result<(Child, String)> {
    let mut screen = Command::new("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("Xvfb cannot be started")?;
    let mut line = String::new();
    let stdout = screen.stdout.take().context("no standard output")?;
    BufReader::new(stdout).read_line(&mut line).await?;
    ensure!(!line.trim().is_empty(), "Xvfb ended without a screen");
    Ok((screen, format!(":{}", line.trim())))
}

async fn watch(root: u32, watched: Duration) -> Result<Idle> {
    sleep(SETTLE).await;
    let before = usage_of_tree(root);
    let started = Instant::now();
    sleep(watched).await;
    let after = usage_of_tree(root);
    between(&before, after, started.elapsed())
}

/// Processor time is only comparable while the same processes live.
fn between(before: &Usage, after: Usage, elapsed: Duration) -> Result<Idle> {
    if before.names != after.names {
        bail!(
            "processes came or went while idle: {:?}, then {:?}",
            before.names,
            after.names
        );
    }
    let seconds = elapsed.as_secs_f64();
    Ok(Idle {
        cpu_percent: (after.cpu_seconds - before.cpu_seconds) / seconds * 100.0,
        wake_ups_per_second: after.wake_ups.saturating_sub(before.wake_ups) as f64 / seconds,
        pss_bytes: after.pss_bytes,
        processes: after.names,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::between;
    use crate::process::Usage;

    fn usage(names: &[&str], cpu_seconds: f64, wake_ups: u64) -> Usage {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Usage {
            names,
            pss_bytes: 9,
            cpu_seconds,
            wake_ups,
        }
    }

    #[test]
    fn differences_per_second() {
        let idle = between(
            &usage(&["a"], 1.0, 100),
            usage(&["a"], 1.1, 140),
            Duration::from_secs(20),
        )
        .unwrap();
        assert!((idle.cpu_percent - 0.5).abs() < 1e-9);
        assert!((idle.wake_ups_per_second - 2.0).abs() < 1e-9);
        assert_eq!(idle.pss_bytes, 9);
    }

    #[test]
    fn a_restarted_process_spoils_the_difference() {
        assert!(
            between(
                &usage(&["a", "b"], 1.0, 1),
                usage(&["a"], 1.0, 1),
                Duration::from_secs(1)
            )
            .is_err()
        );
    }
}

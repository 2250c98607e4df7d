//! The runtime under measurement: started as its supervisor starts it, ended politely or not.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::http::Address;

/// Known to the runtime and to us, for the length of a measurement.
const OWNER_TOKEN: &str = "sbo_6d6561737572656d656e7420746f6b656e206f66206f6e652072756e206f6e6c79";
const READY_WITHIN: Duration = Duration::from_secs(120);
const STOPPED_WITHIN: Duration = Duration::from_secs(60);

pub struct Daemon {
    child: Child,
    /// Kept open: closing it would tell the runtime that its reader has gone.
    _stdout: BufReader<ChildStdout>,
    pub address: Address,
    /// From just before the process was started until its ready line arrived.
    pub ready_after: Duration,
    pub pid: u32,
}

impl Daemon {
    /// The API alone, on a free port.
    pub async fn start(binary: &Path, data_dir: &Path) -> Result<Self> {
        Self::start_as(binary, "api", data_dir).await
    }

    /// API and worker under the supervisor.
    pub async fn start_supervised(binary: &Path, data_dir: &Path) -> Result<Self> {
        Self::start_as(binary, "up", data_dir).await
    }

    async fn start_as(binary: &Path, role: &str, data_dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(data_dir)?;
        let log = File::create(data_dir.join("bench-stderr.log"))?;
        let started = Instant::now();
        let mut child = Command::new(binary)
            .args([
                OsStr::new(role),
                "--listen".as_ref(),
                "127.0.0.1:0".as_ref(),
            ])
            .args(["--data-dir".as_ref(), data_dir.as_os_str()])
            .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        timeout(READY_WITHIN, stdout.read_line(&mut line))
            .await
            .context("the runtime did not become ready")??;
        let ready_after = started.elapsed();
        let ready: Value =
            serde_json::from_str(&line).with_context(|| format!("no ready line but {line:?}"))?;
        if ready["ready"] != Value::Bool(true) {
            bail!("the runtime could not start: {line}");
        }
        let url = ready["url"].as_str().context("a ready line without url")?;
        let host = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let address = Address {
            host,
            token: Some(OWNER_TOKEN.to_owned()),
        };
        let pid = child.id().context("the runtime ended at once")?;
        Ok(Self {
            child,
            _stdout: stdout,
            address,
            ready_after,
            pid,
        })
    }

    /// Asks the runtime to stop and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.pid)
            .ok()
            .and_then(Pid::from_raw)
            .context("a process id out of range")?;
        kill_process(pid, Signal::TERM).context("the runtime could not be asked to stop")?;
        let status = timeout(STOPPED_WITHIN, self.child.wait())
            .await
            .context("the runtime did not stop")??;
        // Asked before it listens for the question, it simply ends; what it acknowledged is durable either way.
        if !status.success() && status.signal() != Some(Signal::TERM.as_raw()) {
            bail!("the runtime stopped with {status}");
        }
        Ok(())
    }

    /// Takes the process away without a word.
    pub async fn kill(mut self) -> Result<()> {
        self.child
            .kill()
            .await
            .context("the runtime could not be killed")
    }
}

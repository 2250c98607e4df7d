//! Starting, killing and starting again `signalbox api`.

use super::http::Http;
use super::{DEADLINE, eventually};
use rustix::process::{Pid, Signal};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use tempfile::TempDir;

/// The owner's token of every api that a test starts.
pub const OWNER_TOKEN: &str = "sbo_0123456789abcdef0123456789abcdef";

/// How to start an api.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where it keeps its data; a new directory by default.
    pub data_dir: Option<PathBuf>,
    /// `--listen`; a free port by default.
    pub listen: Option<String>,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Program and arguments that run the api, such as `strace -f`.
    pub wrapper: Vec<String>,
    /// The user to run as, by number.
    pub uid: Option<u32>,
}

/// A running api. Killed when it is dropped, and by the end of its standard input if the test dies.
pub struct Api {
    child: Child,
    _stdin: Option<ChildStdin>,
    /// Pid of the api itself, whatever wraps it.
    pub pid: u32,
    pub url: String,
    pub data_dir: PathBuf,
    /// Everything it wrote to standard error.
    pub stderr: PathBuf,
    lines: mpsc::Receiver<String>,
    kept: Vec<TempDir>,
}

/// An api that did not start: its one line, and its exit code. One that was killed before it could
/// say a line has neither.
#[derive(Debug)]
pub struct Failed {
    pub line: Value,
    pub exit_code: Option<i32>,
}

/// The binary under test.
pub fn signalbox() -> &'static str {
    env!("CARGO_BIN_EXE_signalbox")
}

impl Api {
    /// Starts on a new data directory. Call it from the test's own thread: the api ends with it.
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    /// Starts on a data directory that is there.
    pub fn start_on(data_dir: &Path) -> Self {
        Self::start_with(Settings {
            data_dir: Some(data_dir.to_owned()),
            ..Settings::default()
        })
    }

    /// Starts on the data of one that has stopped, and keeps them until it ends.
    pub fn start_again(stopped: Stopped) -> Self {
        let mut api = Self::start_on(&stopped.data_dir);
        api.kept.extend(stopped.kept);
        api
    }

    /// The same, where clients know it: at its own `127.0.0.1:PORT`.
    pub fn start_again_at(stopped: Stopped, listen: String) -> Self {
        let mut api = Self::start_with(Settings {
            data_dir: Some(stopped.data_dir.clone()),
            listen: Some(listen),
            ..Settings::default()
        });
        api.kept.extend(stopped.kept);
        api
    }

    pub fn start_with(settings: Settings) -> Self {
        match Self::try_start(settings) {
            Ok(api) => api,
            Err(failed) => panic!("the api did not start: {failed:?}"),
        }
    }

    pub fn try_start(settings: Settings) -> Result<Self, Failed> {
        let root = tempfile::tempdir().unwrap();
        let data_dir = settings
            .data_dir
            .unwrap_or_else(|| root.path().join("data"));
        let stderr = root.path().join("stderr.txt");
        let mut words = settings.wrapper.clone();
        words.push(signalbox().to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args([
                "api",
                "--supervised",
                "--listen",
                settings.listen.as_deref().unwrap_or("127.0.0.1:0"),
            ])
            .arg("--data-dir")
            .arg(&data_dir)
            .args(&settings.args)
            .env("SIGNALBOX_OWNER_TOKEN", OWNER_TOKEN)
            .envs(settings.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).unwrap());
        #[cfg(unix)]
        if let Some(uid) = settings.uid {
            std::os::unix::process::CommandExt::uid(&mut command, uid);
        }
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let lines = follow(&mut child);
        let line = lines.recv_timeout(DEADLINE);
        let died = line == Err(mpsc::RecvTimeoutError::Disconnected);
        let Ok(line) = line else {
            // Ended, or hung, without a word.
            child.kill().unwrap();
            let status = child.wait().unwrap();
            if status.signal() == Some(Signal::KILL.as_raw()) && died {
                let exit_code = status.code();
                let line = Value::Null;
                return Err(Failed { line, exit_code });
            }
            let said = std::fs::read_to_string(&stderr).unwrap_or_default();
            panic!("the api said nothing on standard output ({status}); on standard error: {said}");
        };
        let line: Value = serde_json::from_str(&line).expect("the first line is JSON");
        if line["ready"] != true {
            let exit_code = child.wait().unwrap().code();
            return Err(Failed { line, exit_code });
        }
        Ok(Self {
            pid: line["pid"].as_u64().unwrap() as u32,
            url: line["url"].as_str().unwrap().to_owned(),
            child,
            _stdin: stdin,
            data_dir,
            stderr,
            lines,
            kept: vec![root],
        })
    }

    /// Speaks with the owner's token.
    pub fn owner(&self) -> Http {
        Http::new(&self.url).bearer(OWNER_TOKEN)
    }

    /// Speaks without a token.
    pub fn local(&self) -> Http {
        Http::new(&self.url)
    }

    /// Speaks with an engine's token, which the owner issues first.
    pub async fn engine(&self, actor_id: &str) -> Http {
        let body = serde_json::json!({"actor_id": actor_id});
        let reply = self.owner().post("/v1/engines/register", body).await;
        let token = reply.expect(201)["engine_token"]
            .as_str()
            .unwrap()
            .to_owned();
        self.local().bearer(&token)
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The next line on standard output after the ready line.
    pub fn line(&self) -> Value {
        let line = self.lines.recv_timeout(DEADLINE).expect("a line");
        serde_json::from_str(&line).unwrap()
    }

    /// Position of the newest event of the default workspace; 0 when there is none.
    pub async fn head(&self) -> u64 {
        let reply = self.owner().get("/v1/events?order=desc&limit=1").await;
        reply.expect(200)["events"][0]["position"]
            .as_u64()
            .unwrap_or(0)
    }

    /// Kills it as a power cut would, without a chance to clean up, and keeps the data.
    pub fn kill(mut self) -> Stopped {
        self.end();
        Stopped {
            data_dir: self.data_dir.clone(),
            stderr: self.stderr.clone(),
            kept: std::mem::take(&mut self.kept),
        }
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) -> Stopped {
        let (status, stopped) = self.ask_to_stop().await;
        assert!(status.success(), "{status}");
        stopped
    }

    /// The same for one that may be dead already, or end otherwise.
    pub async fn ask_to_stop(mut self) -> (ExitStatus, Stopped) {
        let pid = Pid::from_raw(self.pid as i32).unwrap();
        // Until it is waited for, nobody else gets its number.
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        let child = &mut self.child;
        let status = eventually("the api stops", || {
            let status = child.try_wait().unwrap();
            async move { status }
        })
        .await;
        let stopped = Stopped {
            data_dir: self.data_dir.clone(),
            stderr: self.stderr.clone(),
            kept: std::mem::take(&mut self.kept),
        };
        (status, stopped)
    }

    fn end(&mut self) {
        // What wraps the api does not take it along.
        if self.pid != self.child.id()
            && let Some(pid) = Pid::from_raw(self.pid as i32)
        {
            rustix::process::kill_process(pid, Signal::KILL).ok();
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.end();
    }
}

/// The data of an api that does not run any more.
pub struct Stopped {
    pub data_dir: PathBuf,
    pub stderr: PathBuf,
    kept: Vec<TempDir>,
}

/// Standard output line by line; ends with the process.
fn follow(child: &mut Child) -> mpsc::Receiver<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

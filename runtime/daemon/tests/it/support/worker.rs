//! A real `signalbox worker`, and looking at the processes that it starts.

use super::api::{Api, signalbox};
use super::{DEADLINE, Live, eventually};
use daemon::worker::process_table::Identity;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

/// A running worker. Killed when it is dropped.
pub struct Worker {
    child: Child,
    pub pid: i32,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
}

impl Worker {
    /// Registers the embedded worker and starts it, as the supervisor does.
    pub async fn start(api: &Api) -> Self {
        let body = json!({"actor_id": "embedded_worker", "rotate": true});
        let reply = api.owner().post("/v1/engines/register", body).await;
        let engine = reply.expect(201);
        let token = engine["engine_token"].as_str().unwrap();
        let worker = Self::start_with(api, token);
        let ready = worker.line().expect("a ready line");
        assert_eq!(ready["ready"], true, "{ready}");
        worker
    }

    /// Starts it with this token and leaves its first line to be read.
    pub fn start_with(api: &Api, token: &str) -> Self {
        let mut child = Command::new(signalbox())
            .args(["worker", "--supervised", "--url", &api.url])
            .arg("--data-dir")
            .arg(&api.data_dir)
            .env("SIGNALBOX_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            pid: child.id().cast_signed(),
            stdin: child.stdin.take(),
            child,
            lines,
        }
    }

    /// The next line on standard output; `None` when it ended.
    pub fn line(&self) -> Option<Value> {
        let line = self.lines.recv_timeout(DEADLINE);
        match line {
            Ok(line) => Some(serde_json::from_str(&line).expect("a line of JSON")),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the worker said nothing"),
        }
    }

    /// Kills it as the system would when memory runs out.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and returns its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        signal(self.pid, rustix::process::Signal::TERM);
        self.exit_code().await
    }

    /// Lets go of its standard input, as a supervisor that dies does, and returns its exit code.
    pub async fn abandon(mut self) -> Option<i32> {
        self.stdin = None;
        self.exit_code().await
    }

    pub async fn exit_code(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let status = eventually("the worker ends", || {
            let status = child.try_wait().unwrap();
            async move { status }
        });
        status.await.code()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub fn signal(pid: i32, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Waits until none of these processes lives.
pub async fn gone(processes: &[Identity]) {
    let look = || {
        let alive = processes
            .iter()
            .any(|process| Identity::of(process.pid()).as_ref() == Some(process));
        async move { (!alive).then_some(()) }
    };
    eventually("the processes end", look).await;
}

/// A run that the owner has executed, watched from its first event.
pub struct Watched {
    pub run_id: String,
    pub room_id: String,
    live: Live,
    /// What it has printed so far, both streams.
    pub printed: String,
    /// Types of its events so far; output in a row counts once.
    pub types: Vec<String>,
    pub last: Value,
}

impl Watched {
    /// Has a shell script executed, with more members of `input.command`.
    pub async fn script(api: &Api, script: &str, more: Value) -> Self {
        let mut command = json!({"argv": ["sh", "-c", script]});
        if let (Some(command), Value::Object(more)) = (command.as_object_mut(), more) {
            command.extend(more);
        }
        Self::input(api, json!({ "command": command })).await
    }

    /// Creates a run with this input in a room of its own.
    pub async fn input(api: &Api, input: Value) -> Self {
        let owner = api.owner();
        let room_id = owner.room("runs").await;
        let body = json!({"room_id": room_id, "input": input});
        let reply = owner.post("/v1/runs", body).await;
        let run_id = reply.expect(201)["run_id"].as_str().unwrap().to_owned();
        Self::of(api, &room_id, &run_id).await
    }

    /// Watches a run that is there.
    pub async fn of(api: &Api, room_id: &str, run_id: &str) -> Self {
        let path = format!("/v1/streams/rooms/{room_id}");
        Self {
            live: Live::open(&api.owner(), &path, None).await,
            run_id: run_id.to_owned(),
            room_id: room_id.to_owned(),
            printed: String::new(),
            types: Vec::new(),
            last: Value::Null,
        }
    }

    /// Watches on from where it was, after the api came back.
    pub async fn resume(&mut self, api: &Api, after: u64) {
        let path = format!("/v1/streams/rooms/{}", self.room_id);
        self.live = Live::open(&api.owner(), &path, Some(after)).await;
    }

    /// Follows it until an event of this type, and returns that event's data.
    pub async fn until(&mut self, event_type: &str) -> Value {
        loop {
            self.next().await;
            if self.types.last().map(String::as_str) == Some(event_type) {
                return self.last["data"].clone();
            }
        }
    }

    /// Follows it until it has printed this many lines, and returns them.
    pub async fn lines(&mut self, count: usize) -> Vec<String> {
        while self.printed.matches('\n').count() < count {
            self.next().await;
        }
        self.printed.lines().map(str::to_owned).collect()
    }

    /// Follows it until it has printed the ids of `count` processes.
    pub async fn processes(&mut self, count: usize) -> Vec<Identity> {
        let lines = self.lines(count).await;
        let pids = lines.iter().take(count).map(|line| line.trim().parse());
        pids.map(|pid| Identity::of(pid.expect("a process id")).expect("it lives"))
            .collect()
    }

    /// The sequence of the newest event seen.
    pub fn seq(&self) -> u64 {
        self.last["stream_seq"].as_u64().unwrap()
    }

    async fn next(&mut self) {
        loop {
            let frame = self.live.next().await.expect("the stream goes on");
            if frame.data["run_id"] != self.run_id.as_str() {
                continue;
            }
            if frame.event == "tool.output" {
                self.printed
                    .push_str(frame.data["data"]["text"].as_str().unwrap());
            }
            if frame.event != "tool.output" || self.types.last() != Some(&frame.event) {
                self.types.push(frame.event);
            }
            self.last = frame.data;
            return;
        }
    }
}

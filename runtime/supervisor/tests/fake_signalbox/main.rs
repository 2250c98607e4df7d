//! A program that keeps the contract of `signalbox api` and `signalbox worker`, or breaks it as told.
//!
//! What the n-th start does stands in the n-th line of `plan-api` or `plan-worker` in the data
//! directory; the last line goes for all later starts, and no file means `serve`.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let role = args[1].clone();
    let after = |flag: &str| {
        args.iter()
            .position(|arg| arg == flag)
            .map(|at| args[at + 1].clone())
    };
    let dir = PathBuf::from(std::env::var("SIGNALBOX_DATA_DIR").unwrap());
    if role == "up" {
        return up(dir);
    }
    let behaviour = note_start(&dir, &role);
    let (word, detail) = behaviour.split_once(' ').unwrap_or((&behaviour, ""));
    match word {
        "exit" => {
            eprintln!("last words of {role}");
            std::process::exit(detail.parse().unwrap());
        }
        "fail" => {
            say(&json!({"ready": false, "code": detail, "message": "cannot", "hint": "do this"}));
            std::process::exit(3);
        }
        "silent" => wait_forever(),
        _ => {}
    }
    if word == "stubborn" {
        ignore_terminate();
    } else {
        follow_supervisor(word == "obey");
    }
    if word == "parent" {
        #[expect(
            clippy::zombie_processes,
            reason = "to be ended by the supervisor is its purpose"
        )]
        let child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        fs::write(dir.join("grandchild"), child.id().to_string()).unwrap();
    }
    match role.as_str() {
        "api" => api(&dir, &after("--listen").unwrap(), word, detail),
        "worker" => worker(&after("--url").unwrap(), word),
        other => panic!("no role {other}"),
    }
}

/// Supervises like the real thing, until killed.
fn up(dir: PathBuf) {
    let handle = supervisor::Supervisor::start(supervisor::Config {
        program: std::env::current_exe().unwrap(),
        data_dir: dir,
        listen: Some(([127, 0, 0, 1], 0).into()),
        mode: None,
        mode_in_file: None,
        owner: supervisor::OwnerCredential::overridden(
            supervisor::OwnerToken::parse("sbo_owner_of_the_test").unwrap(),
        ),
        api_args: Vec::new(),
        policy: supervisor::machine::Policy::default(),
    })
    .unwrap();
    let mut status = handle.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        while let Ok(()) = status.changed().await {
            say(&json!(*status.borrow_and_update()));
        }
    });
}

/// Writes down who was started with what, and says what this start is to do.
fn note_start(dir: &Path, role: &str) -> String {
    let starts = dir.join(format!("starts-{role}"));
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(&starts)
        .unwrap();
    let env = |name| std::env::var(name).ok();
    let start = json!({
        "args": std::env::args().skip(1).collect::<Vec<_>>(),
        "owner_token": env("SIGNALBOX_OWNER_TOKEN"),
        "token": env("SIGNALBOX_TOKEN"),
    });
    writeln!(file, "{start}").unwrap();
    let count = fs::read_to_string(&starts).unwrap().lines().count();
    let plan = fs::read_to_string(dir.join(format!("plan-{role}"))).unwrap_or_default();
    plan.lines()
        .take(count)
        .last()
        .unwrap_or("serve")
        .to_owned()
}

fn say(line: &Value) {
    println!("{line}");
}

fn wait_forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// Ends with its supervisor. Obedient, it asks for external mode as soon as it is told that all is well.
fn follow_supervisor(obedient: bool) {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).unwrap();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let told: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if obedient
                && told["status"]["phase"] == "healthy"
                && told["keyring"]["token_location"] == "environment"
            {
                say(&json!({"action": {"kind": "set_mode", "mode": "external"}}));
            }
        }
        std::process::exit(0);
    });
}

/// Hears neither the signal nor the closed stdin.
fn ignore_terminate() {
    #[cfg(unix)]
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate()).unwrap();
            while terminate.recv().await.is_some() {}
        });
    });
}

fn worker(url: &str, word: &str) {
    say(&json!({"ready": true, "pid": std::process::id(), "version": url}));
    if word == "deaf" {
        wait_forever();
    }
    loop {
        say(&json!({"alive": true}));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn api(dir: &Path, listen: &str, word: &str, detail: &str) {
    let listener = match TcpListener::bind(listen) {
        Ok(listener) => listener,
        Err(error) => {
            let message = format!("{listen} is taken: {error}");
            say(&json!({"ready": false, "code": "port_in_use", "message": message}));
            std::process::exit(3);
        }
    };
    let url = format!("http://{}", listener.local_addr().unwrap());
    say(&json!({"ready": true, "url": url, "pid": std::process::id(), "version": "0.0.0"}));
    for stream in listener.incoming() {
        if word == "deaf" {
            wait_forever();
        }
        serve(
            stream.unwrap(),
            dir,
            if word == "unready" {
                Some(detail)
            } else {
                None
            },
        );
    }
}

/// Answers one request on one connection.
fn serve(stream: TcpStream, dir: &Path, unready: Option<&str>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, answer) = match head.split(' ').nth(1).unwrap() {
        "/ready" => match unready {
            Some(code) => (
                503,
                json!({"ready": false, "code": code, "message": "not now"}),
            ),
            None => (200, json!({"ready": true})),
        },
        "/v1/engines/register" => {
            fs::write(dir.join("registered"), [head.as_bytes(), &body].concat()).unwrap();
            (201, json!({"engine_token": "engtok_of_the_worker"}))
        }
        "/act" => {
            say(&json!({"action": serde_json::from_slice::<Value>(&body).unwrap()}));
            (202, json!({}))
        }
        _ => (404, json!({"error": "not found"})),
    };
    let body = answer.to_string();
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok();
}
